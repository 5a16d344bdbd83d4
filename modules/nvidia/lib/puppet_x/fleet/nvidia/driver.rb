# frozen_string_literal: true

require_relative 'small_file'

module PuppetX
  module Fleet
    module Nvidia
      # NVIDIA's driver: the module in the kernel, and the library that programs load.
      class Driver
        VERSION = /\A\d+\.\d+(?:\.\d+)?\z/.freeze
        # Where distributions and NVIDIA's installer put the library; Debian has it in nvidia/current, and alternatives that lead there.
        LIBRARY_FOLDERS = %w[x86_64-linux-gnu aarch64-linux-gnu].flat_map { |of| ["usr/lib/#{of}", "usr/lib/#{of}/nvidia/current"] }
                                                              .push('usr/lib64', 'usr/lib').freeze
        # Debian gives the file another name than the module has, by the branch and the kind that it is of.
        MODULE_FILE = %r{(?:\A|/)nvidia(?:-current|-tesla(?:-\d+)?|-legacy-\w+)?(?:-open)?\.ko(?:\.\w+)?:}.freeze

        # @param root [String] the folder that stands for /
        def initialize(root)
          @root = root
        end

        # @return [String, nil] version of the module in the running kernel
        def loaded
          @loaded ||= SmallFile.read(path('sys/module/nvidia/version'))
        end

        # By the letters that the kernel has for it: P is for a licence that is not the kernel's, as that of the open ones is
        # (Documentation/admin-guide/tainted-kernels.rst). No lock of the driver's is taken, as for /proc/driver/nvidia/version.
        #
        # @return [String, nil] kind of the module in the running kernel, in the words of the class `nvidia`
        def kernel_modules
          letters = SmallFile.read(path('sys/module/nvidia/taint'))
          letters && (letters.include?('P') ? 'proprietary' : 'open')
        end

        # @return [String, nil] version of the library that a program started now would load, by the name of its file
        def installed
          @installed ||= LIBRARY_FOLDERS.map { |folder| version_behind(path(folder, 'libnvidia-ml.so.1')) }.compact.first
        end

        # @return [String, nil] the branch of what is installed, '535' of 535.183.01
        def branch
          (installed || loaded).to_s[/\A\d+/]
        end

        # @return [Boolean] whether the library refuses to speak to the module: only a reboot loads the other module
        def mismatch?
          !loaded.nil? && !installed.nil? && loaded != installed
        end

        # Only their names: for a reader of a card's `information` the driver wakes the card and takes its locks (nv-procfs.c of
        # NVIDIA/open-gpu-kernel-modules), and no limit could be set to that wait.
        #
        # @return [Array<String>] addresses of the cards that the module knows
        def known
          SmallFile.names(path('proc/driver/nvidia/gpus'))
        end

        # @return [String, nil] the running kernel
        def kernel
          SmallFile.read(path('proc/sys/kernel/osrelease'))
        end

        # @return [Boolean] whether the running kernel has the module on the disk
        def loadable?
          module_for?(kernel.to_s)
        end

        # @return [String, nil] the newest of the installed kernels that have the module, where it is newer than the running one: what
        #   a machine boots is its newest
        def newer_kernel
          running = numbers(kernel.to_s)
          newer = SmallFile.names(path('lib/modules')).select { |other| (numbers(other) <=> running).positive? && module_for?(other) }
          newer.max { |one, other| numbers(one) <=> numbers(other) }
        end

        private

        def module_for?(kernel)
          File.foreach(path('lib/modules', kernel, 'modules.dep'), mode: 'rb').any?(MODULE_FILE)
        rescue SystemCallError
          false
        end

        def numbers(kernel)
          kernel.scan(/\d+/).map(&:to_i)
        end

        # Follows links as the dynamic linker would, but below the root.
        def version_behind(link, hops = 8)
          return (link[/\.so\.([\d.]+)\z/, 1].to_s[VERSION] if File.file?(link)) unless File.symlink?(link)
          return if hops.zero?

          target = File.readlink(link)
          version_behind(target.start_with?('/') ? path(target) : File.join(File.dirname(link), target), hops - 1)
        rescue SystemCallError
          nil
        end

        def path(*names)
          File.join(@root, *names)
        end
      end
    end
  end
end
