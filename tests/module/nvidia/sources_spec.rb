# frozen_string_literal: true

require 'fileutils'
require 'nvidia/node'
require 'tmpdir'

RSpec.describe 'nvidia', type: :class do
  include NvidiaNode

  keys = {
    'debian-12' => %w[debian12 EB693B3035CD5710E231E123A4B469963BF863CC], 'debian-13' => %w[debian13 02182E60104FCDC26EAE1B8597A5D4CB8793F200],
    'ubuntu-22.04' => %w[ubuntu2204 EB693B3035CD5710E231E123A4B469963BF863CC], 'ubuntu-24.04' => %w[ubuntu2404 EB693B3035CD5710E231E123A4B469963BF863CC],
    'rocky-9' => %w[rhel9 610C7B14E068A878070DA4E99CD0A493D42D0685]
  }

  keys.each do |system, (folder, fingerprint)|
    context "on #{system} with NVIDIA's repository" do
      let(:facts) { NvidiaNode.facts(system) }
      let(:params) { NVIDIAS }
      let(:key) { system == 'rocky-9' ? '/etc/pki/rpm-gpg/RPM-GPG-KEY-fleet-nvidia' : '/etc/apt/keyrings/fleet-nvidia.asc' }
      let(:source) { system == 'rocky-9' ? '/etc/yum.repos.d/fleet-nvidia.repo' : APT_SOURCE }

      it 'has its key checked against the fingerprint before it is there, and before anything reads it' do
        is_expected.to contain_file(key).with(content: KEY, validate_cmd: "/usr/local/lib/nvidia/is-key #{fingerprint} %")
        is_expected.to contain_file(key).that_requires(['File[/usr/local/lib/nvidia/is-key]', "Package[#{system == 'rocky-9' ? 'gnupg2' : 'gpg'}]"])
        is_expected.to contain_class('nvidia::key').that_comes_before("File[#{source}]")
      end

      it 'takes from there what this key has signed' do
        address = "https://developer.download.nvidia.com/compute/cuda/repos/#{folder}/x86_64"
        said = catalogue.resource('File', source)[:content].lines.map(&:chomp)
        expected = {
          'rocky-9' => ["baseurl=#{address}", 'gpgcheck=1', "gpgkey=file://#{key}"],
        }.fetch(system, ["URIs: #{address}", 'Suites: /', "Signed-By: #{key} #{fingerprint}"])
        expect(said).to include(*expected)
      end
    end
  end

  it 'takes a mirror with a key of its own, too' do
    mirror = { repository: 'http://mirror.example.org/cuda', repository_key_fingerprint: 'A' * 40 }
    inside = on('ubuntu-24.04', NVIDIAS.merge(mirror))
    expect(inside.resource('File', APT_SOURCE)[:content]).to match(%r{^URIs: http://mirror\.example\.org/cuda$}).and match(/ A{40}$/)
    expect(inside.resource('File', '/etc/apt/keyrings/fleet-nvidia.asc')[:validate_cmd]).to include(' AAAA')
  end

  it 'lets nothing of NVIDIA\'s repository be known to a node that has the driver of its system' do
    known = on('ubuntu-24.04').resources.map { |one| one.title.to_s }
    expect(known.grep(%r{keyrings|sources\.list|is-key})).to eq([])
  end

  it 'has apt look once more only where it does not know all that is wanted' do
    look = ->(system, parameters = {}) { on(system, parameters).resource('Exec', APT_LOOK) }
    expect(look.call('debian-12')[:unless])
      .to eq("test $(apt-cache policy nvidia-kernel-dkms libcuda1 nvidia-smi nvidia-persistenced | grep -c '^  Candidate: [^(]') -eq 4")
    expect(look.call('debian-12')[:command]).to eq('/usr/local/lib/nvidia/non-free')
    expect(look.call('debian-12', NVIDIAS)[:command]).to eq('apt-get -q update')
    expect(look.call('ubuntu-22.04')[:command]).to eq('apt-get -q update')
    expect(look.call('rocky-9', NVIDIAS)).to be_nil
  end

  describe 'the order on a node of apt' do
    let(:facts) { NvidiaNode.facts('debian-12') }
    let(:params) { NVIDIAS }

    it { is_expected.to contain_file(APT_PIN).that_comes_before("Exec[#{APT_LOOK}]") }
    it { is_expected.to contain_file(APT_SOURCE).that_comes_before("Exec[#{APT_LOOK}]") }
    it { is_expected.to contain_exec(APT_LOOK).that_comes_before('Package[nvidia-driver-cuda]') }
  end

  # dracut builds neither its rescue image nor kdump's with the others, and nobody that of a kernel that was removed: they are
  # never newer than the file.
  { 'debian-12' => ['vmlinuz-6.1', 'initrd.img-6.1', %w[initrd.img-6.0], 'update-initramfs -u -k all'],
    'rocky-9' => ['vmlinuz-5.14', 'initramfs-5.14.img', %w[initramfs-5.13.img], 'dracut --force --regenerate-all'] }
    .each do |system, (kernel, image, gone, command)|
    it "builds the images of #{system}'s boots anew while one is older than the file that keeps nouveau out" do
      Dir.mktmpdir do |boot|
        exec = on(system, NVIDIAS).resource('Exec', 'nvidia: have the next boot leave nouveau out')
        off = "#{boot}/off.conf"
        unless_ = exec[:unless].gsub('/boot', boot).sub('/etc/modprobe.d/fleet-nouveau-off.conf', off)
        done = -> { system(unless_) }
        File.write(off, '')
        expect(done.call).to be(true)
        others = %w[initramfs-0-rescue-1.img vmlinuz-0-rescue-1 initramfs-5.14kdump.img] + gone
        others.push(kernel).each { |other| File.utime(1, 1, File.new("#{boot}/#{other}", 'w')) }
        expect(done.call).to be(true)
        File.utime(1, 1, File.new("#{boot}/#{image}", 'w'))
        expect(done.call).to be(false)
        FileUtils.touch("#{boot}/#{image}", mtime: Time.now + 1)
        expect(done.call).to be(true)
        expect(exec[:command]).to eq(command)
      end
    end
  end

  it 'keeps nouveau out' do
    expect(on('debian-12').resource('File', '/etc/modprobe.d/fleet-nouveau-off.conf')[:content]).to eq("blacklist nouveau\noptions nouveau modeset=0\n")
  end
end
