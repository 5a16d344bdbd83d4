# frozen_string_literal: true

require 'nvidia/node'

RSpec.describe 'nvidia', type: :class do
  include NvidiaNode

  none = { 'present' => false, 'gpus' => [], 'driver' => DRIVERLESS, 'reboot_required' => false }

  SYSTEMS.each do |system, bare|
    { 'that says nothing of cards' => bare, 'without a card' => bare.merge('nvidia' => none) }.each do |what, told|
      context "on a node #{what}, #{system}" do
        let(:facts) { told }

        it 'has nothing to do' do
          is_expected.to compile.with_all_deps
          expect(catalogue.resources.map(&:type).uniq).to match_array(%w[Stage Class])
        end
      end
    end

    context "on #{system} where the driver comes by another way" do
      let(:facts) { NvidiaNode.facts(system, installed: '999.1.1') }
      let(:params) { { driver: 'unmanaged' } }
      let(:found) { catalogue.resources.reject { |one| %w[Stage Class].include?(one.type) } }

      it 'tells of it and of the cards, and touches nothing' do
        is_expected.to compile.with_all_deps
        expect(found.reject { |one| one[:ensure] == 'absent' }.map(&:title)).to match_array(
          ['/var/lib/nvidia', METRIC, '/usr/local/lib/nvidia', *TEXTFILE, 'nvidia-metrics.service', 'have systemd read nvidia-metrics.service anew',
           'nvidia-metrics', 'nvidia-metrics.timer', 'nvidia: stop nvidia-dcgm-exporter.service']
        )
        expect(found.select { |one| one[:ensure] == 'absent' }.map(&:title)).to eq([EXPORTER])
      end
    end
  end

  it 'tells that a reboot is needed in a file, which no run changes while that is so' do
    content = ->(needed) { on('debian-12', {}, installed: '535.261.03', reboot_required: needed).resource('File', METRIC)[:content] }
    expect(content.call(true)).to match(/^nvidia_driver_reboot_required 1$/)
    expect(content.call(false)).to match(/^nvidia_driver_reboot_required 0$/)
    expect(content.call(true).lines - content.call(false).lines).to eq(["nvidia_driver_reboot_required 1\n"])
  end

  it 'restarts nothing and runs nothing for what has changed, but what tells of the cards for its own unit' do
    SYSTEMS.each_key do |system|
      [{}, { reboot_required: true }].each do |told|
        all = on(system, NVIDIAS, installed: '580.95.05', **told).resources
        restarted = all.reject { |one| one[:notify].nil? && one[:subscribe].nil? }.map { |one| [one.title, one[:notify], one[:subscribe].ref] }
        unit = system == 'debian-13' ? 'nvidia-metrics.timer' : 'nvidia-dcgm-exporter.service'
        expect(restarted).to eq([[unit, nil, "File[/etc/systemd/system/#{unit}]"]])
        expect(all.select { |one| one.type == 'Exec' }.map { |one| one[:unless] || one[:onlyif] }).to all(start_with('test '))
      end
    end
  end

  describe 'the daemon' do
    let(:daemon) { ->(parameters, **told) { on('debian-12', parameters, **told).resource('Service', 'nvidia-persistenced') } }

    it 'is started where the driver that is installed is the one that is loaded' do
      expect(daemon.call({}, installed: '535.261.03').to_hash).to include(ensure: 'running', enable: true)
      expect(daemon.call({}).to_hash).to include(enable: true)
      expect(daemon.call({})[:ensure]).to be_nil
      expect(daemon.call({}, installed: '535.261.03', loaded: '535.161.08', reboot_required: true)[:ensure]).to be_nil
    end

    it 'is left as it is where nobody wants it' do
      expect(daemon.call({ persistence: false }, installed: '535.261.03')).to be_nil
      expect(drivers(on('debian-12', { persistence: false }))).not_to include('nvidia-persistenced')
    end

    it 'keeps the cards initialised on Ubuntu, too, where its unit says not to' do
      file = '/etc/systemd/system/nvidia-persistenced.service.d/persistence.conf'
      expect(on('ubuntu-24.04').resource('File', file)[:content]).to match(/^ExecStart=\nExecStart=.* --persistence-mode/).and match(/^StopWhenUnneeded=no$/)
      expect(on('debian-12').resource('File', file)).to be_nil
    end
  end

  it 'holds the driver against upgrades that nobody asked for' do
    expect(on('debian-12').resource('File', APT_HOLD)[:content]).to match(/^Unattended-Upgrade::Package-Blacklist \{\n  "\^nvidia-";$/)
    expect(on('debian-12', { hold: false, hold_kernel: false }).resource('File', APT_HOLD)[:ensure]).to eq('absent')
    repo = ->(parameters) { on('rocky-9', NVIDIAS.merge(parameters)).resource('File', '/etc/yum.repos.d/fleet-nvidia.repo')[:content] }
    expect(repo.call({})).to match(/^excludepkgs=nvidia-\*,kmod-nvidia-\*,libnvidia-\*$/)
    expect(repo.call(hold: false)).not_to include('excludepkgs')
    expect(each_driver(on('rocky-9', NVIDIAS), :install_options)).to eq(%w[--disableexcludes=fleet-nvidia])
  end

  # What unattended-upgrades does with these: re.match() of each with a name (is_pkgname_in_blacklist of 2.9.1).
  left_alone = lambda do |catalogue, names|
    patterns = catalogue.resource('File', APT_HOLD)[:content].scan(/^  "(.+)";$/).flatten.map { |text| Regexp.new(text) }
    names.select { |name| patterns.any? { |pattern| pattern.match?(name) } }
  end
  kernels = %w[
    linux-image-amd64 linux-image-6.1.0-50-cloud-amd64 linux-headers-amd64 linux-headers-6.1.0-50-common linux-image-generic
    linux-modules-6.8.0-150-aws linux-modules-extra-6.8.0-150-aws linux-modules-nvidia-580-server-open-6.8.0-150-aws
  ]
  others = %w[linux-libc-dev linux-base openssl puppet-agent]

  it 'has unattended upgrades leave each package of the driver alone, and no other' do
    named = drivers(on('debian-12')) + drivers(on('debian-13', NVIDIAS)) + drivers(on('ubuntu-22.04')) + %w[libnvidia-ml1 firmware-nvidia-gsp]
    expect(left_alone.call(on('debian-12'), named)).to eq(named)
    expect(left_alone.call(on('debian-12', { hold: false }), named)).to eq([])
    expect(left_alone.call(on('debian-12'), others)).to eq([])
  end

  it 'has them leave the kernel and its modules alone, too, unless somebody wants its fixes without being asked' do
    expect(left_alone.call(on('ubuntu-24.04'), kernels)).to eq(kernels)
    expect(left_alone.call(on('ubuntu-24.04', { hold: false }), kernels)).to eq(kernels)
    expect(left_alone.call(on('ubuntu-24.04', { hold_kernel: false }), kernels)).to eq([])
  end
end
