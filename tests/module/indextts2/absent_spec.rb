# frozen_string_literal: true

require 'fileutils'
require 'tmpdir'
require 'indextts2/catalogue'

RSpec.describe 'indextts2', type: :class do
  include Indextts2Catalogue

  let(:facts) { SYSTEMS.fetch('debian-12').merge(CARDS) }
  let(:params) { { ensure: 'absent' } }

  it { is_expected.to compile.with_all_deps }

  it 'ends a switch, and whoever may ask for one, before it touches what the switch is about' do
    units = ['releases@indextts2.service', FRONT, WEB_UIS].map { |unit| "Service[#{unit}]" }
    files = ["/etc/systemd/system/#{FRONT}", '/var/lib/releases/indextts2.json', '/opt/indextts2/releases']
    is_expected.to contain_class('indextts2::restart').that_comes_before('File[/etc/releases/indextts2.json]')
    is_expected.to contain_file('/etc/releases/indextts2.json').with_ensure('absent').that_comes_before(units.first)
    is_expected.to contain_service(FRONT).that_requires(units.first).that_comes_before(units.drop(2))
    files.each { |file| is_expected.to contain_file(file).with_ensure('absent').that_requires(units) }
    is_expected.to contain_exec('indextts2: remove the units of its web UIs').that_requires(units).that_comes_before('File[/opt/indextts2/releases]')
  end

  it 'takes the links of what starts at boot, while the units are there that say which' do
    ['releases@indextts2.service', FRONT].each { |unit| is_expected.to contain_service(unit).with_enable(false) }
  end

  it 'stops what is-active does not call active: a switch under way, and what starts again and again' do
    ['releases@indextts2.service', FRONT, WEB_UIS].each do |unit|
      asks = catalogue.resource('Service', unit)[:status].sub("/bin/systemctl show --property=ActiveState '#{unit}'", 'echo ActiveState=$0')
      found = %w[active activating deactivating reloading inactive failed].select { |state| system('/bin/sh', '-c', asks, state) }
      expect(found).to eq(%w[active activating deactivating reloading])
      is_expected.to contain_service(unit).with_ensure('stopped')
    end
  end

  it 'stops whatever web UI runs, of cards, too, that it is told nothing of' do
    asks = catalogue.resource('Service', WEB_UIS)[:status].sub("/bin/systemctl show --property=ActiveState '#{WEB_UIS}'", 'printf "$0"')
    of_none = ''
    found = [of_none, 'inactive', "failed\n\nActiveState=inactive", "inactive\n\nActiveState=active", "activating\n\nActiveState=failed"].select do |states|
      system('/bin/sh', '-c', asks, states.empty? ? '' : "ActiveState=#{states}\n")
    end
    expect(found).to eq(["inactive\n\nActiveState=active", "activating\n\nActiveState=failed"])
  end

  it 'takes the units of all web UIs, with what a kill left, and no other' do
    Dir.mktmpdir do |folder|
      others = %w[indextts2-front.service indextts2-webui@.service.d other-webui@0-blue.service]
      FileUtils.mkdir("#{folder}/#{others[1]}")
      FileUtils.touch((others + %w[indextts2-webui@0-blue.service indextts2-webui@1-green.service indextts2-webui@7-blue.service.new]).map { |file| "#{folder}/#{file}" })
      command, guard = %i[command onlyif].map { |part| catalogue.resource('Exec', 'indextts2: remove the units of its web UIs')[part].sub('/etc/systemd/system', folder) }
      expect(system('/bin/sh', '-c', guard)).to be(true)
      expect(system('/bin/sh', '-c', command)).to be(true)
      expect(Dir.children(folder)).to match_array(others)
      expect(system('/bin/sh', '-c', guard)).to be(false)
    end
  end

  it 'takes what the program releases has written, with what a kill left' do
    %w[json json.new json.broken map map.new prom prom.new].each do |suffix|
      is_expected.to contain_file("/var/lib/releases/indextts2.#{suffix}").with_ensure('absent').that_requires("Service[#{FRONT}]")
    end
    watch = 'releases-watch@indextts2.service'
    is_expected.to contain_service(watch).with(ensure: 'stopped', enable: false).that_requires('File[/etc/releases/indextts2.json]')
    is_expected.to contain_file('/var/lib/releases/indextts2.prom').that_requires("Service[#{watch}]")
  end

  it 'asks for nothing of cards' do
    lost = { 'nvidia' => CARDS['nvidia'].merge('driver' => { 'loaded' => '580.95.05' }, 'lost' => ['0000:3b:00.0'], 'error' => 'lost: 0000:3b:00.0') }
    expect { compiled(params, facts: facts.merge(lost)) }.not_to raise_error
    expect { compiled(params.merge(port: 65_533, gpus: [63])) }.not_to raise_error
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
