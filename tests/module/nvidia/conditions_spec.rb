# frozen_string_literal: true

require 'nvidia/reader'

# Conditions that no description shows, each made of one that does.
RSpec.describe 'the fact nvidia' do
  include Reader

  FIRST_OF_TWO = [['0', 'GPU-1', '46068', '8.9', '00000000:01:00.0', '[N/A]', 'NVIDIA L40S']].freeze
  MODULE = 'lib/modules/3.10.0-693.el7.x86_64/modules.dep'

  describe 'of the driver' do
    it 'says that none is installed' do
      expect(changed('fine', 'files' => {}, 'links' => {})).to include('driver' => {}, 'reboot_required' => false, 'error' => "NVIDIA's driver is not installed")
    end

    it 'takes no empty word for a version' do
      expect(changed('fine') { |machine| machine.put('sys/module/nvidia/version', '') }['driver']).to eq('kernel_modules' => 'open', 'installed' => '595.71.05', 'branch' => '595')
    end

    # Where a module is signed, or a kernel is not built for it, letters are missing.
    { 'POE' => 'proprietary', 'PO' => 'proprietary', 'OE' => 'open', 'O' => 'open', '' => nil }.each do |letters, kind|
      it "knows its modules by the letters '#{letters}' of the kernel" do
        expect(changed('fine') { |machine| machine.put('sys/module/nvidia/taint', "#{letters}\n") }['driver']['kernel_modules']).to eq(kind)
      end
    end

    it 'takes no link without a file, and no circle of links, for a library' do
      path = 'usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1'
      ['libnvidia-ml.so.595.71.05', 'libnvidia-ml.so.1', '/etc/nowhere'].each do |target|
        fact = changed('fine', 'files' => { 'sys/module/nvidia/version' => '595.71.05' }, 'links' => { path => target })
        expect(fact['driver']).to eq('loaded' => '595.71.05', 'branch' => '595')
      end
    end

    it 'follows links with whole paths below the root that it was given' do
      fact = changed('fine', 'links' => { 'usr/lib64/libnvidia-ml.so.1' => '/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.595.71.05' })
      expect(fact['driver']['installed']).to eq('595.71.05')
    end

    it 'finds the library in Debian\'s own folder without the links that lead there' do
      folder = 'usr/lib/x86_64-linux-gnu/nvidia/current'
      fact = changed('mismatch', 'links' => { "#{folder}/libnvidia-ml.so.1" => 'libnvidia-ml.so.525.85.12' })
      expect(fact['driver']['installed']).to eq('525.85.12')
    end

    it 'wants no reboot where the module has only to be loaded' do
      fact = changed('not-loaded') { |machine| machine.put(MODULE, "extra/nvidia.ko.xz:\n") }
      expect(fact).to include('reboot_required' => false, 'error' => 'the module nvidia is not loaded: modprobe nvidia, and dmesg where that fails')
    end

    it 'names the newest kernel that has the module, by its numbers' do
      fact = changed('not-loaded') { |machine| %w[957.9 1062 1127].each { |build| machine.put("lib/modules/3.10.0-#{build}.el7.x86_64/modules.dep", "extra/nvidia.ko.xz:\n") } }
      expect(fact['error']).to match(/reboot into 3.10.0-1127.el7.x86_64\z/)
    end

    it 'wants no reboot where no newer kernel has the module: the machine would boot the same' do
      ['3.10.0-1127.el7.x86_64', '3.9.0', '4.0.0'].zip([true, false, true]).each do |kernel, newer|
        fact = changed('not-loaded') { |machine| File.rename("#{machine.root}/lib/modules/3.10.0-957.el7.x86_64", "#{machine.root}/lib/modules/#{kernel}") }
        expect(fact).to include('reboot_required' => newer, 'error' => newer ? /reboot into #{kernel}\z/ : /has no module nvidia: install its headers/)
      end
    end

    # As dkms says that it installs them on Debian: /lib/modules/6.12.85+deb13-amd64/updates/dkms/nvidia-current.ko.xz, and
    # those of nvidia-open-kernel-dkms as nvidia-current-open.ko.xz
    ['updates/dkms/nvidia-current.ko.xz', 'updates/dkms/nvidia-current-open.ko.xz', 'updates/dkms/nvidia-tesla-470.ko', 'kernel/nvidia-535srv/nvidia.ko', 'nvidia.ko.zst'].each do |file|
      it "knows #{file} for the module" do
        fact = changed('not-loaded') { |machine| machine.put(MODULE, "kernel/fs/xfs.ko:\n#{file}: kernel/drm.ko\n") }
        expect(fact['error']).to match(/modprobe nvidia/)
      end
    end

    ['updates/dkms/nvidia-current-uvm.ko', 'updates/dkms/nvidia-current-open-uvm.ko.xz', 'extra/nvidia-drm.ko.xz', 'kernel/drivers/i2c/busses/i2c-nvidia-gpu.ko',
     'kernel/drivers/usb/typec/altmodes/typec_nvidia.ko'].each do |file|
      it "does not take #{file} for the module, nor a module that needs it" do
        fact = changed('not-loaded') { |machine| machine.put(MODULE, "#{file}: extra/nvidia.ko\n") }
        expect(fact['error']).to match(/has no module nvidia/)
      end
    end

    it 'wants no reboot for nouveau before NVIDIA\'s driver is there' do
      fact = changed('nouveau', 'files' => {}, 'links' => {})
      expect(fact).to include('reboot_required' => false, 'error' => "nouveau holds 0000:01:00.0: install NVIDIA's driver")
    end

    it 'wants a reboot where only nvidia-smi knows of the mismatch, since the library is in no place that it knows' do
      said = "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.178\n"
      fact = changed('mismatch', 'links' => {}, 'says' => said)
      expect(fact).to include('reboot_required' => true, 'driver' => { 'loaded' => '520.56.06', 'kernel_modules' => 'proprietary', 'branch' => '520' }, 'error' => /mismatch': reboot/)
    end

    it 'says that there is no nvidia-smi to ask, and nothing of what only that could tell' do
      fact = changed('fine') { |machine| File.delete(machine.program) }
      expect(fact).to include('gpus' => [], 'lost' => [], 'error' => %r{\A\S+/nvidia-smi is not there to be asked\z})
    end

    it 'wants a reboot for a mismatch without nvidia-smi, too' do
      expect(changed('mismatch') { |machine| File.delete(machine.program) }['reboot_required']).to be(true)
    end
  end

  describe 'of a card' do
    it 'is lost where nvidia-smi lists others and not it' do
      expect(changed('fine', 'cards' => FIRST_OF_TWO)).to include('lost' => ['0000:91:00.0'], 'error' => 'lost: 0000:91:00.0: look for Xid in dmesg and reboot')
    end

    it 'is lost where the driver did not take it on, and does not know it' do
      fact = changed('fine', 'cards' => FIRST_OF_TWO, 'folders' => []) { |machine| File.delete("#{machine.root}/sys/bus/pci/devices/0000:91:00.0/driver") }
      expect(fact['lost']).to eq(['0000:91:00.0'])
    end

    it 'is lost where it left the bus and the driver still knows it' do
      fact = changed('fine', 'cards' => FIRST_OF_TWO) { |machine| FileUtils.rm_r("#{machine.root}/sys/bus/pci/devices/0000:91:00.0") }
      expect(fact).to include('present' => true, 'lost' => ['0000:91:00.0'])
    end

    it 'is lost where the last one left the bus, and none is present' do
      fact = changed('fine') { |machine| FileUtils.rm_r("#{machine.root}/sys/bus/pci/devices") }
      expect(fact).to include('present' => false, 'gpus' => [], 'lost' => ['0000:01:00.0', '0000:91:00.0'], 'error' => /\Alost: /)
    end

    it 'is lost where the driver could start none' do
      fact = changed('fine', 'says' => "No devices were found\n", 'exit_code' => 6)
      expect(fact).to include('lost' => ['0000:01:00.0', '0000:91:00.0'], 'error' => /No devices were found': look for NVRM in dmesg/)
    end

    it 'is not lost where nvidia-smi told of none, as long as the driver has a fault' do
      expect(changed('fine', 'says' => "Failed to initialize NVML: Unknown Error\n", 'exit_code' => 255)['lost']).to eq([])
    end

    it 'is not lost where another driver holds it' do
      fact = changed('fine', 'cards' => FIRST_OF_TWO, 'folders' => []) do |machine|
        FileUtils.rm(driver = "#{machine.root}/sys/bus/pci/devices/0000:91:00.0/driver")
        File.symlink('../../../../bus/pci/drivers/vfio-pci', driver)
      end
      expect(fact).to include('lost' => []).and(satisfy { |whole| !whole.key?('error') })
    end

    it 'is none of another maker, such as the one of a server\'s management board' do
      fact = changed('none') do |machine| # akash-network/provider-configs#53
        machine.put('sys/bus/pci/devices/0000:c4:00.0/vendor', "0x1a03\n")
        machine.put('sys/bus/pci/devices/0000:c4:00.0/class', "0x030000\n")
      end
      expect(fact).to eq('present' => false)
    end

    it 'is no function that a card shares out to virtual machines' do
      fact = changed('fine', 'cards' => FIRST_OF_TWO, 'folders' => []) { |machine| machine.link('sys/bus/pci/devices/0000:91:00.0/physfn', '../0000:01:00.0') }
      expect(fact['lost']).to eq([])
    end

    it 'is told without what nvidia-smi does not know of it' do
      cards = [['0', '[Unknown Error]', '[GPU is lost]', '[N/A]', '00000000:01:00.0', '[Unknown Error]', 'ERR[]'], FIRST_OF_TWO.first.dup.tap { |card| card[4] = '00000000:91:00.0' }]
      fact = changed('fine', 'cards' => cards)
      expect(fact['gpus'].first).to eq('index' => 0, 'pci' => '0000:01:00.0')
      %w[uuid memory.total compute_cap mig.mode.current name].each { |field| expect(fact['error']).to include("does not tell #{field} of 0000:01:00.0") }
    end
  end
end
