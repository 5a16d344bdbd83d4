# frozen_string_literal: true

require_relative 'small_file'

module PuppetX
  module Fleet
    module Nvidia
      # The cards that the kernel sees on the PCI bus, whatever drives them.
      class PciBus
        # A card: its address as in sysfs (0000:3b:00.0), and the kernel driver that holds it, nil for none.
        Card = Struct.new(:address, :driver)

        VENDOR = '0x10de'
        # A display controller; a card's sound and USB functions have other classes.
        DISPLAY = /\A0x03/.freeze

        # @param root [String] the folder that stands for /
        def initialize(root)
          @devices = File.join(root, 'sys/bus/pci/devices')
        end

        # @return [Array<Card>] in the order of their addresses
        def cards
          @cards ||= SmallFile.names(@devices).select { |address| card?(address) }.map { |address| Card.new(address, driver(address)) }
        end

        # @return [Array<String>] addresses of the cards that NVIDIA's driver has or could have: not those that
        #   another driver holds, such as vfio-pci, which hands a card to a virtual machine
        def drivable
          cards.select { |card| [nil, 'nvidia'].include?(card.driver) }.map(&:address)
        end

        # @return [Array<String>] addresses of the cards that nouveau holds
        def with_nouveau
          cards.select { |card| card.driver == 'nouveau' }.map(&:address)
        end

        private

        def card?(address)
          SmallFile.read(path(address, 'vendor')) == VENDOR && DISPLAY.match?(SmallFile.read(path(address, 'class')).to_s) && !virtual?(address)
        end

        # A virtual function of a card that a vGPU host shares out: no card that the host could use.
        def virtual?(address)
          File.symlink?(path(address, 'physfn'))
        end

        def driver(address)
          File.basename(File.readlink(path(address, 'driver')))
        rescue SystemCallError
          nil
        end

        def path(address, name)
          File.join(@devices, address, name)
        end
      end
    end
  end
end
