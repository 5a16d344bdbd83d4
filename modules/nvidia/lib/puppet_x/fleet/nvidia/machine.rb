# frozen_string_literal: true

require 'json'
require_relative 'driver'
require_relative 'nvidia_smi'
require_relative 'pci_bus'
require_relative 'small_file'

module PuppetX
  module Fleet
    module Nvidia
      # The value of the fact `nvidia`, of this machine or of a tree that stands for one.
      class Machine
        # @param root [String] the folder that stands for /
        # @param program [String] path of nvidia-smi
        # @param seconds [Numeric] how long nvidia-smi may take
        def initialize(root: '/', program: '/usr/bin/nvidia-smi', seconds: 5)
          @bus = PciBus.new(root)
          @driver = Driver.new(root)
          @state = File.join(root, 'var/lib/nvidia')
          @program = program
          @seconds = seconds
        end

        # @return [Hash] never an exception: a fact that raises is a fact that is not there
        def fact
          return { 'present' => false } if @bus.cards.empty? && @driver.known.empty?

          whole
        rescue StandardError => e
          nothing_known.merge('error' => "the fact failed: #{SmallFile.line("#{e.class}: #{e.message}")}")
        end

        private

        def nothing_known
          { 'present' => @bus.cards.any?, 'gpus' => [], 'driver' => {}, 'reboot_required' => false, 'mig' => false, 'lost' => [] }
        end

        def whole
          {
            'present' => @bus.cards.any?,
            'gpus' => answer.gpus,
            'remembered' => remembered,
            'driver' => driver,
            'reboot_required' => reboot_required?,
            'rebooting' => rebooting,
            'mig' => answer.mig,
            'lost' => lost,
            'error' => error
          }.compact
        end

        def driver
          { 'loaded' => @driver.loaded, 'kernel_modules' => @driver.kernel_modules, 'installed' => @driver.installed, 'branch' => @driver.branch }.compact
        end

        def answer
          @answer ||= askable? ? NvidiaSmi.new(@program, @driver.branch, @seconds).ask : NvidiaSmi.nothing
        end

        def askable?
          @bus.cards.any? && @driver.loaded && File.executable?(@program)
        end

        # Whether a reboot, and nothing less, brings the installed driver into use.
        def reboot_required?
          @driver.mismatch? || nouveau_in_the_way? || only_in_newer_kernel? || answer.complaints.any?(/version mismatch/i)
        end

        # The cards as they were when all of them could be listed, where that is not so now.
        def remembered
          JSON.parse(File.read(File.join(@state, 'cards.json'))) if answer.gpus.empty? || lost.any?
        rescue SystemCallError, JSON::ParserError
          nil
        end

        # The version of the driver into which the module's own program reboots the node, until it has seen that all is well.
        def rebooting
          state, version = SmallFile.read(File.join(@state, 'reboot')).to_s.split
          version if state == 'rebooting'
        end

        def nouveau_in_the_way?
          !@driver.installed.nil? && @bus.with_nouveau.any?
        end

        def only_in_newer_kernel?
          !@driver.installed.nil? && @driver.loaded.nil? && !@driver.loadable? && !@driver.newer_kernel.nil?
        end

        # A card that left the bus, one that nvidia-smi cannot read, and one that a full list of nvidia-smi leaves out. Where
        # nvidia-smi tells of no card at all, because the driver has a fault, no card is lost.
        def lost
          addresses = @bus.cards.map(&:address)
          left_out = answer.complete ? (@bus.drivable | @driver.known) - answer.gpus.map { |gpu| gpu['pci'] } : []
          (@driver.known - addresses | answer.unreadable | left_out).sort
        end

        def error
          complaints = @driver.mismatch? ? answer.complaints.grep_v(/version mismatch/i) : answer.complaints
          said = [nouveau, missing, mismatch, *complaints].compact
          unnamed = lost.reject { |address| said.any? { |text| text.downcase.include?(address) } }
          said << "lost: #{unnamed.join(', ')}: look for Xid in dmesg and reboot" if unnamed.any?
          said.join('; ') if said.any?
        end

        def nouveau
          return if @bus.with_nouveau.empty?

          cure = @driver.installed ? 'reboot; where it is there again, keep it from loading in the initramfs too' : "install NVIDIA's driver"
          "nouveau holds #{@bus.with_nouveau.join(', ')}: #{cure}"
        end

        # Why NVIDIA's driver does not run, or cannot be asked, where a card waits for it.
        def missing
          return if @bus.drivable.empty?

          if @driver.loaded
            "#{@program} is not there to be asked" unless File.executable?(@program)
          elsif @driver.installed.nil?
            "NVIDIA's driver is not installed"
          elsif @driver.loadable?
            'the module nvidia is not loaded: modprobe nvidia, and dmesg where that fails'
          else
            "the running kernel #{@driver.kernel} has no module nvidia: #{cure_of_no_module}"
          end
        end

        def cure_of_no_module
          newer = @driver.newer_kernel
          newer ? "reboot into #{newer}" : 'install its headers, so that the module is built, or a newer kernel with its headers where no mirror has them any more'
        end

        def mismatch
          return unless @driver.mismatch?

          "the module #{@driver.loaded} is loaded and the library #{@driver.installed} installed: reboot"
        end
      end
    end
  end
end
