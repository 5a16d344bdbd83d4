# frozen_string_literal: true

require 'indextts2/catalogue'

RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  let(:facts) { SYSTEMS.fetch('debian-12').merge(CARDS) }
  let(:params) { { ensure: 'absent' } }

  it { is_expected.to compile.with_all_deps }

  it 'ends a switch, and whoever may ask for one, before it touches what the switch is about' do
    units = ['releases@indextts2.service', FRONT, *INSTANCES].map { |unit| "Service[#{unit}]" }
    files = [FRONT, *INSTANCES].map { |unit| "/etc/systemd/system/#{unit}" } + ['/var/lib/releases/indextts2.json', '/opt/indextts2/releases']
    is_expected.to contain_class('indextts2::restart').that_comes_before('File[/etc/releases/indextts2.json]')
    is_expected.to contain_file('/etc/releases/indextts2.json').with_ensure('absent').that_comes_before(units.first)
    is_expected.to contain_service(FRONT).that_requires(units.first).that_comes_before(units.drop(2))
    files.each { |file| is_expected.to contain_file(file).with_ensure('absent').that_requires(units) }
  end

  it 'takes the links of what starts at boot, while the units are there that say which' do
    ['releases@indextts2.service', FRONT].each { |unit| is_expected.to contain_service(unit).with_enable(false) }
  end

  it 'stops what is-active does not call active: a switch under way, and what starts again and again' do
    ['releases@indextts2.service', FRONT, *INSTANCES].each do |unit|
      asks = catalogue.resource('Service', unit)[:status].sub("/bin/systemctl show --property=ActiveState #{unit}", 'echo ActiveState=$0')
      found = %w[active activating deactivating reloading inactive failed].select { |state| system('/bin/sh', '-c', asks, state) }
      expect(found).to eq(%w[active activating deactivating reloading])
      is_expected.to contain_service(unit).with_ensure('stopped')
    end
  end

  it 'takes what the program releases has written, with what a kill left' do
    beside = ['/var/lib/releases/indextts2.json.new', '/var/lib/releases/indextts2.json.broken']
    beside += INSTANCES.map { |unit| "/etc/systemd/system/#{unit}.new" }
    beside.each { |file| is_expected.to contain_file(file).with_ensure('absent') }
  end

  %w[source.git releases state build].each do |folder|
    it { is_expected.to contain_file("/opt/indextts2/#{folder}").with(ensure: 'absent', force: true) }
  end

  %w[tts-user tts-build indextts2-front].each do |account|
    it { is_expected.to contain_user(account).with_ensure('absent') }
  end

  it 'leaves cache_hub and what holds it alone' do
    touched = catalogue.resources.select { |resource| resource.type == 'File' }.map(&:title)
    expect(touched.grep(%r{\A/opt/indextts2(/cache_hub.*)?\z})).to be_empty
  end
end
