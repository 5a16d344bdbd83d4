# frozen_string_literal: true

require 'nvidia/node'

RSpec.describe 'nvidia', type: :class do
  include NvidiaNode

  # @return what a resource is wanted to be: nil where it is not in the catalogue
  def wanted(catalogue, type, title)
    catalogue.resource(type, title)&.then { |one| one[:ensure] }
  end

  by_exporter = { 'debian-12' => NVIDIAS, 'ubuntu-22.04' => NVIDIAS, 'ubuntu-24.04' => NVIDIAS, 'rocky-9' => NVIDIAS }
  # and where NVIDIA has no exporter for the system
  by_file = { 'debian-12' => {}, 'ubuntu-22.04' => {}, 'ubuntu-24.04' => { driver: 'unmanaged' }, 'rocky-9' => { driver: 'unmanaged' }, 'debian-13' => NVIDIAS }

  by_file.each do |system, parameters|
    context "on #{system} with #{parameters.fetch(:driver, 'the driver of the system')}" do
      let(:facts) { NvidiaNode.facts(system, installed: '580.95.05') }
      let(:params) { parameters }

      it { is_expected.to compile.with_all_deps }

      it 'asks nvidia-smi by a timer, as an account that has nothing else' do
        TEXTFILE.first(3).each { |file| is_expected.to contain_file(file).with(ensure: 'file', owner: 'root', mode: file == TEXTFILE.first ? '0755' : '0644') }
        is_expected.to contain_file('/var/lib/nvidia/cards.prom').with(ensure: 'link', target: '/var/lib/nvidia/cards/cards.prom')
        is_expected.to contain_user('nvidia-metrics').with(system: true, shell: '/usr/sbin/nologin', password: '!')
        is_expected.to contain_service('nvidia-metrics.timer').with(ensure: 'running', enable: true)
        is_expected.to contain_user('nvidia-metrics').that_comes_before('Class[nvidia::textfile]')
        is_expected.to contain_class('nvidia::report').that_comes_before('Class[nvidia::metrics]')
        is_expected.to contain_service('nvidia-metrics.timer').that_requires('File[/usr/local/lib/nvidia/metrics]')
        is_expected.to contain_service('nvidia-metrics.timer').that_subscribes_to('File[/etc/systemd/system/nvidia-metrics.timer]')
        is_expected.to contain_units__reread('nvidia-metrics.service')
          .that_requires('File[/etc/systemd/system/nvidia-metrics.service]').that_comes_before('Service[nvidia-metrics.timer]')
      end

      it 'has no exporter of NVIDIA\'s' do
        is_expected.not_to contain_package('datacenter-gpu-manager-exporter')
        is_expected.to contain_file(EXPORTER).with(ensure: 'absent')
        is_expected.to contain_exec('nvidia: stop nvidia-dcgm-exporter.service').that_comes_before("File[#{EXPORTER}]")
      end
    end
  end

  by_exporter.each do |system, parameters|
    context "on #{system} with the driver of NVIDIA's repository" do
      let(:facts) { NvidiaNode.facts(system, installed: '580.95.05') }
      let(:params) { parameters }

      it { is_expected.to compile.with_all_deps }

      it 'has NVIDIA\'s exporter of the same repository, whose unit never is the one of the package' do
        is_expected.to contain_package('datacenter-gpu-manager-exporter').with(ensure: 'installed')
        is_expected.to contain_file(EXPORTER).that_comes_before('Package[datacenter-gpu-manager-exporter]')
        is_expected.to contain_user('nvidia-metrics').that_comes_before('Class[nvidia::exporter]')
        is_expected.to contain_class('nvidia::sources').that_comes_before('Class[nvidia::metrics]')
        is_expected.to contain_package('datacenter-gpu-manager-exporter').that_comes_before('Service[nvidia-dcgm-exporter.service]')
        is_expected.to contain_service('nvidia-dcgm-exporter.service').with(ensure: 'running', enable: true)
        is_expected.to contain_service('nvidia-dcgm-exporter.service').that_subscribes_to("File[#{EXPORTER}]")
      end

      it 'asks nvidia-smi for nothing' do
        is_expected.not_to contain_service('nvidia-metrics.timer')
        [*TEXTFILE, '/var/lib/nvidia/cards'].each { |file| is_expected.to contain_file(file).with(ensure: 'absent') }
        is_expected.to contain_file('/var/lib/nvidia/cards').with(force: true, backup: false)
        is_expected.to contain_exec('nvidia: stop nvidia-metrics.service').that_comes_before('File[/etc/systemd/system/nvidia-metrics.service]')
        is_expected.to contain_file('/var/lib/nvidia/cards').that_requires(['Exec[nvidia: stop nvidia-metrics.timer]', 'Exec[nvidia: stop nvidia-metrics.service]'])
      end
    end
  end

  it 'has the exporter listen on loopback, on the port that is asked for, and nobody else reach it' do
    text = ->(parameters) { on('debian-12', NVIDIAS.merge(parameters)).resource('File', EXPORTER)[:content] }
    expect(text.call({})).to match(/ --address 127\.0\.0\.1:9400$/).and match(/^IPAddressAllow=localhost\nIPAddressDeny=any$/)
    expect(text.call(metrics_port: 9500)).to match(/ --address 127\.0\.0\.1:9500$/)
  end

  it 'starts the exporter only where the driver that is installed is the one that is loaded' do
    exporter = ->(**told) { on('rocky-9', NVIDIAS, **told).resource('Service', 'nvidia-dcgm-exporter.service').to_hash }
    [{}, { installed: '580.95.05', loaded: nil }, { installed: '580.95.05', reboot_required: true }].each do |told|
      expect(exporter.call(**told)).to include(enable: true).and(satisfy { |service| service[:ensure].nil? })
    end
  end

  it 'removes nothing for the exporter, and takes what it needs only' do
    options = ->(system) { on(system, NVIDIAS).resource('Package', 'datacenter-gpu-manager-exporter')[:install_options] }
    expect(options.call('ubuntu-24.04')).to eq(%w[--no-install-recommends --no-remove])
    expect(options.call('rocky-9')).to be_nil
  end

  # Of apt's pins, tests/unit/test_nvidia_pin.py has apt itself say so.
  it 'has the package of the exporter kept out by no hold of the driver' do
    excluded = on('rocky-9', NVIDIAS).resource('File', '/etc/yum.repos.d/fleet-nvidia.repo')[:content][/^excludepkgs=(.*)$/, 1].split(',')
    needed = %w[datacenter-gpu-manager-exporter datacenter-gpu-manager-4-core]
    expect(excluded.select { |pattern| needed.any? { |name| File.fnmatch(pattern, name) } }).to eq([])
  end

  [{}, NVIDIAS, { driver: 'unmanaged' }].each do |parameters|
    it "tells nothing where nobody wants it, with #{parameters.fetch(:driver, 'the driver of the system')}" do
      all = on('debian-12', parameters.merge(metrics: false), installed: '580.95.05')
      expect(all.resources.select { |one| %w[User Service Package].include?(one.type) }.map(&:title).grep(/metrics|exporter/)).to eq([])
      [*TEXTFILE, '/var/lib/nvidia/cards', EXPORTER].each { |file| expect(wanted(all, 'File', file)).to eq('absent') }
      %w[nvidia-metrics.timer nvidia-metrics.service nvidia-dcgm-exporter.service].each do |unit|
        stop = all.resource('Exec', "nvidia: stop #{unit}")
        expect(stop[:command]).to eq("systemctl disable --now #{unit}")
        expect(stop[:unless]).to eq("test ! -e /etc/systemd/system/#{unit}")
      end
    end
  end
end
