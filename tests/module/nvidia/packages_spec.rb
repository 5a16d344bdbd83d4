# frozen_string_literal: true

require 'nvidia/node'
require 'tmpdir'

RSpec.describe 'nvidia', type: :class do
  include NvidiaNode

  # system, where from, kind of modules => the packages
  named = {
    ['debian-12', {}] => %w[nvidia-kernel-dkms libcuda1 nvidia-smi nvidia-persistenced],
    ['debian-13', { kernel_modules: 'open' }] => %w[nvidia-open-kernel-dkms libcuda1 nvidia-smi nvidia-persistenced],
    ['debian-12', NVIDIAS] => %w[nvidia-kernel-open-dkms nvidia-driver-cuda nvidia-persistenced],
    ['debian-13', NVIDIAS.merge(kernel_modules: 'proprietary')] => %w[nvidia-kernel-dkms nvidia-driver-cuda nvidia-persistenced],
    ['ubuntu-22.04', {}] => %w[nvidia-headless-580-server-open nvidia-utils-580-server],
    ['ubuntu-24.04', { branch: '570', kernel_modules: 'proprietary' }] => %w[nvidia-headless-570-server nvidia-utils-570-server],
    ['ubuntu-22.04', NVIDIAS] => %w[nvidia-headless-580-open nvidia-utils-580],
    ['ubuntu-24.04', NVIDIAS.merge(branch: '570', kernel_modules: 'proprietary')] => %w[nvidia-headless-570 nvidia-utils-570],
    ['rocky-9', { repository_key: KEY }] => %w[nvidia-driver kmod-nvidia-open-dkms nvidia-driver-cuda nvidia-persistenced],
    ['rocky-9', NVIDIAS.merge(kernel_modules: 'proprietary')] => %w[nvidia-driver kmod-nvidia-latest-dkms nvidia-driver-cuda nvidia-persistenced],
  }

  named.each do |(system, parameters), packages|
    context "on #{system} with #{parameters.keys.empty? ? 'nothing said' : parameters.reject { |key, _| key == :repository_key }}" do
      let(:facts) { NvidiaNode.facts(system) }
      let(:params) { parameters }

      it { is_expected.to compile.with_all_deps }

      it 'takes these packages, once their headers are there' do
        expect(drivers(catalogue)).to match_array(packages)
        is_expected.to contain_class('nvidia::headers').that_comes_before('Class[nvidia::packages]')
        is_expected.to contain_class('nvidia::sources').that_comes_before('Class[nvidia::headers]')
      end
    end
  end

  it 'has each branch of the module nvidia-driver as a stream of its own on Rocky' do
    stream = ->(parameters) { on('rocky-9', NVIDIAS.merge(parameters)).resource('Package', 'nvidia-driver').to_hash }
    expect(stream.call({})).to include(ensure: '580-open', provider: 'dnfmodule', enable_only: true)
    expect(stream.call(kernel_modules: 'proprietary', branch: '570')[:ensure]).to eq('570-dkms')
  end

  it 'brings the headers of the running kernel, and on Debian those of the kernels that follow it' do
    headers = lambda do |system|
      node = on(system, NVIDIAS)
      node.resources.select { |one| one.type == 'Package' }.map(&:title).grep(/headers|devel/) + [node.resource('Exec', HEADERS)[:command].split.last]
    end
    expect(headers.call('debian-12')).to match_array(%w[linux-headers-6.1.0-50-cloud-amd64 linux-headers-cloud-amd64])
    expect(headers.call('debian-13')).to match_array(%w[linux-headers-6.12.117+deb13-amd64 linux-headers-amd64])
    expect(headers.call('ubuntu-24.04')).to eq(%w[linux-headers-6.8.0-150-aws])
    expect(headers.call('rocky-9')).to match_array(%w[kernel-devel-5.14.0-687.12.1.el9_8.x86_64 kernel-devel-matched])
  end

  # What the system's programs say of the headers of the running kernel, each of its own words.
  programs = {
    'debian-12' => {
      'dpkg-query' => { installed: 'echo installed', bare: 'exit 1', removed: 'echo config-files' },
      'apt-cache' => { known: "printf 'linux-headers:\\n  Candidate: 6.1.176-1\\n'", gone: "printf 'linux-headers:\\n  Candidate: (none)\\n'", unheard: ':' },
    },
    'rocky-9' => {
      'rpm' => { installed: 'echo kernel-devel', bare: ':' },
      'dnf' => { known: 'echo kernel-devel', gone: ':' },
    },
  }
  programs.each do |system, answers|
    (list, had), (look, offered) = answers.to_a
    had.to_a.product(offered.to_a).each do |(has, listed), (is, looked)|
      done = has == :installed || is != :known
      it "#{done ? 'has nothing to do for' : 'installs'} headers on #{system} that are #{has} and #{is}: a mirror may have them no more" do
        Dir.mktmpdir do |folder|
          { list => listed, look => looked }.each { |name, script| File.write("#{folder}/#{name}", "#!/bin/sh\n#{script}\n", perm: 0o755) }
          guard = on(system, NVIDIAS).resource('Exec', HEADERS)[:unless]
          expect(system({ 'PATH' => "#{folder}:#{ENV.fetch('PATH')}" }, guard)).to be(done)
        end
      end
    end
  end

  describe 'what is on the node already' do
    systems = { 'debian-12' => NVIDIAS, 'ubuntu-24.04' => {}, 'rocky-9' => NVIDIAS }

    systems.each do |system, parameters|
      it "stays as it is on #{system} where it is of the branch that is asked for" do
        expect(each_driver(on(system, parameters, installed: '580.95.05'), :ensure)).to eq('installed')
        expect(each_driver(on(system, parameters), :ensure)).to eq('installed')
      end

      it "gives way on #{system} to the branch that is asked for, and to no other" do
        expect(each_driver(on(system, parameters.merge(branch: '580'), installed: '570.172.08'), :ensure)).to eq('latest')
        expect(each_driver(on(system, parameters, installed: '570.172.08'), :ensure)).to eq('installed')
      end
    end

    it 'is never removed by apt, but for another branch that was asked for, or where an older one may come' do
      options = ->(parameters, installed) { each_driver(on('ubuntu-24.04', parameters, installed: installed), :install_options) }
      kept = %w[--no-install-recommends --no-remove]
      expect(options.call({}, nil)).to eq(kept)
      expect(options.call({}, '580.95.05')).to eq(kept)
      expect(options.call({ kernel_modules: 'proprietary' }, '580.95.05')).to eq(kept)
      expect(options.call({ branch: '580' }, '570.172.08')).to eq(%w[--no-install-recommends])
      expect(options.call({ branch: '580', allow_downgrade: true }, '615.71.09')).to eq(%w[--no-install-recommends --allow-downgrades])
    end

    it 'says the branch where nobody else does' do
      expect(drivers(on('ubuntu-24.04', {}, installed: '615.71.09'))).to eq(%w[nvidia-headless-615-server-open nvidia-utils-615-server])
      expect(on('debian-13', NVIDIAS, installed: '615.71.09').resource('File', APT_PIN)[:content]).to match(/^Pin: version 615\.\*$/)
      expect(on('rocky-9', NVIDIAS, installed: '615.71.09').resource('Package', 'nvidia-driver')[:ensure]).to eq('615-open')
    end

    it 'says the kind of modules where nobody else does, since apt removes none for another' do
      proprietary = { installed: '580.95.05', kernel_modules: 'proprietary' }
      expect(drivers(on('ubuntu-24.04', {}, **proprietary))).to eq(%w[nvidia-headless-580-server nvidia-utils-580-server])
      expect(drivers(on('debian-13', NVIDIAS, **proprietary))).to include('nvidia-kernel-dkms')
      expect(on('rocky-9', NVIDIAS, **proprietary).resource('Package', 'nvidia-driver')[:ensure]).to eq('580-dkms')
      expect(drivers(on('debian-13', {}, installed: '550.163.01', kernel_modules: 'open'))).to include('nvidia-open-kernel-dkms')
      expect(drivers(on('ubuntu-24.04', { kernel_modules: 'open' }, **proprietary))).to include('nvidia-headless-580-server-open')
    end

    it 'stays on Debian whatever branch it is, where Debian has none to choose' do
      kept = on('debian-12', {}, installed: '615.71.09')
      expect(each_driver(kept, :ensure)).to eq('installed')
      expect(each_driver(kept, :install_options)).to include('--no-remove')
    end
  end

  describe 'an exact version' do
    it 'is pinned for all that is of the driver, and there is no other for what is named' do
      pinned = on('debian-12', { version: '535.261.03' })
      expect(pinned.resource('File', APT_PIN)[:content]).to match(/^Package: nvidia-\* .*\nPin: version 535\.261\.03-\*\nPin-Priority: 990$/)
        .and match(/^Package: nvidia-kernel-dkms libcuda1 nvidia-smi\nPin: version \*\nPin-Priority: -1$/)
      expect(each_driver(pinned, :ensure)).to eq('latest')
    end

    it 'says its branch' do
      expect(drivers(on('ubuntu-24.04', { version: '570.172.08' }))).to include('nvidia-headless-570-server-open')
    end

    it 'is what dnf installs' do
      expect(each_driver(on('rocky-9', NVIDIAS.merge(version: '580.95.05')), :ensure)).to eq('580.95.05')
    end

    it 'may be an older one where that is allowed' do
      down = on('debian-12', { version: '535.161.08', allow_downgrade: true }, installed: '535.261.03')
      expect(down.resource('File', APT_PIN)[:content]).to match(/^Pin-Priority: 1001$/)
    end
  end

  it 'pins the branch of NVIDIA\'s repository, which has all of them, and leaves Ubuntu\'s own packages of these names out' do
    pin = ->(system, parameters) { on(system, parameters).resource('File', APT_PIN) }
    expect(pin.call('debian-13', NVIDIAS)[:content]).to match(/^Pin: version 580\.\*$/).and match(/^Package: nvidia-kernel-open-dkms nvidia-driver-cuda$/)
    expect(pin.call('debian-13', NVIDIAS)[:content]).not_to include('Ubuntu')
    expect(pin.call('ubuntu-24.04', NVIDIAS)[:content]).to match(/\A#.*\n\n#.*\nPackage: .*\nPin: release o=Ubuntu\nPin-Priority: -1\n\nPackage: nvidia-\* /)
    expect(pin.call('ubuntu-24.04', {})[:ensure]).to eq('absent')
  end

  it 'pins what else NVIDIA\'s repository has below what is on a node, and knows nothing of it where it is not used' do
    of_nvidia = ->(parameters) { on('debian-13', parameters).resource('File', APT_PIN)[:content] }
    expect(of_nvidia.call(NVIDIAS)).to match(/^Package: \*\nPin: release o=NVIDIA\nPin-Priority: 1$/)
    expect(of_nvidia.call(version: '550.163.01')).not_to include('o=NVIDIA')
  end
end
