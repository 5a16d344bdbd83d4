# frozen_string_literal: true

require_relative 'bounded_program'
require_relative 'small_file'

module PuppetX
  module Fleet
    module Nvidia
      # What nvidia-smi says of the cards, asked once.
      class NvidiaSmi
        # The cards that it lists; whether one of them is partitioned (MIG); the addresses of those that it names and
        # cannot read; whether it listed what there is; what is wrong, a sentence each.
        Answer = Struct.new(:gpus, :mig, :unreadable, :complete, :complaints)
        # Of an nvidia-smi that told nothing.
        def self.nothing(*complaints)
          Answer.new([], false, [], false, complaints)
        end

        # An address in sysfs has a domain of four digits or more and lower case; nvidia-smi's has eight, or four, and upper case.
        ADDRESS = /(\h{4,8}):(\h{2}):(\h{2})\.(\h)/.freeze
        # What may be asked and what an answer to it looks like. The name is last: nvidia-smi quotes nothing, and no
        # document says that a name has no comma.
        FIELDS = {
          'index' => /\A\d+\z/,
          'uuid' => /\AGPU-[\h-]+\z/,
          'memory.total' => /\A\d+\z/,
          'compute_cap' => /\A\d+\.\d+\z/,
          'pci.bus_id' => /\A#{ADDRESS}\z/,
          'mig.mode.current' => %r{\A(?:Enabled|Disabled|\[?N/A\]?|\[Not Supported\])\z},
          'name' => /\A[^\[\]]+\z/
        }.freeze
        # An nvidia-smi refuses the whole question for one field that it does not know. That of branch 470 does not know compute_cap
        # (huggingface/candle#733), that of 525 does, and no branch between 470 and 510 is kept up; MIG came with 450.
        KNOWN_SINCE = { 'compute_cap' => 510, 'mig.mode.current' => 450 }.freeze
        CURES = {
          /version mismatch/i => 'reboot, so that the module of the installed driver is loaded',
          /couldn't communicate with the NVIDIA driver/i => 'dmesg says why the module does not answer',
          /Unable to determine the device handle|GPU is lost|fallen off the bus/i =>
            'look for Xid in dmesg and reboot; where it comes again, look at its power, heat and seat',
          /No devices were found/i => 'look for NVRM in dmesg: the driver could start no card',
          /is not a valid field to query/i => 'nvidia-smi is of an older driver than the library'
        }.freeze
        LONGEST_OUTPUT = 65_536

        # @param program [String] path of nvidia-smi
        # @param branch [String] branch of the driver that it is of
        # @param seconds [Numeric] how long it may take
        def initialize(program, branch, seconds)
          @program = program
          @fields = FIELDS.keys.select { |field| branch.to_i >= KNOWN_SINCE.fetch(field, 0) }
          @seconds = seconds
        end

        # @return [Answer]
        def ask
          outcome = BoundedProgram.new(@seconds, LONGEST_OUTPUT)
                                  .run(@program, "--query-gpu=#{@fields.join(',')}", '--format=csv,noheader,nounits')
          return self.class.nothing(stopped(outcome)) if outcome.stopped

          read(outcome)
        rescue SystemCallError => e
          self.class.nothing("nvidia-smi cannot be started: #{SmallFile.line(e.message)}")
        end

        private

        def stopped(outcome)
          return "nvidia-smi printed more than #{LONGEST_OUTPUT} bytes and was stopped" if outcome.stopped == :long

          "nvidia-smi did not answer in #{@seconds} s and was stopped: look for Xid in dmesg, and see that nvidia-persistenced runs"
        end

        def read(outcome)
          rows, other = outcome.output.lines.map { |line| SmallFile.line(line) }.reject(&:empty?).partition { |line| row?(line) }
          cards = rows.map { |row| values_of(row) }
          complaints = cards.flat_map { |values| untold(values) } + complaints_of(other)
          complaints << end_of(outcome, rows) if complaints.empty?
          complete = rows.any? || other.any?(/No devices were found/i)
          mig = cards.any? { |values| values['mig.mode.current'] == 'Enabled' }
          Answer.new(cards.map { |values| gpu(values) }, mig, unreadable(other), complete, complaints.compact)
        end

        # A card's line: one without a number or an address could be of anything.
        def row?(line)
          values = values_of(line)
          %w[index pci.bus_id].all? { |field| told?(field, values[field]) }
        end

        def values_of(line)
          @fields.zip(line.split(',', @fields.size).map(&:strip)).to_h
        end

        # The card without what nvidia-smi does not tell of it.
        def gpu(values)
          told = values.select { |field, value| told?(field, value) }
          {
            'index' => told['index'].to_i, 'name' => told['name'], 'uuid' => told['uuid'],
            'memory_mib' => told['memory.total']&.to_i, 'compute_capability' => told['compute_cap'],
            'pci' => self.class.address(told['pci.bus_id'])
          }.compact
        end

        def untold(values)
          values.reject { |field, value| told?(field, value) }.map do |field, value|
            "nvidia-smi does not tell #{field} of #{self.class.address(values['pci.bus_id'])} but says '#{value.to_s[0, 80]}'"
          end
        end

        def told?(field, value)
          FIELDS[field].match?(value.to_s)
        end

        def complaints_of(lines)
          known = lines.map { |line| [line, cure(line)] }.select(&:last).uniq(&:last)
          return known.map { |line, cure| "nvidia-smi says '#{line[0, 200]}': #{cure}" } if known.any?

          lines.first(1).map { |line| "nvidia-smi says '#{line[0, 200]}'" }
        end

        def cure(line)
          CURES.find { |said, _| said.match?(line) }&.last
        end

        def end_of(outcome, rows)
          status = outcome.status
          return "nvidia-smi was ended by signal #{status.termsig}" if status&.signaled?
          return "nvidia-smi ended with exit code #{status.exitstatus}" unless status.nil? || status.success?

          'nvidia-smi listed no card' if rows.empty?
        end

        def unreadable(lines)
          lines.grep(/Unable to determine the device handle|GPU is lost/i).map { |line| self.class.address(line) }.compact
        end

        # @return [String, nil] the address that a text holds, written as sysfs writes it
        def self.address(text)
          return unless (found = ADDRESS.match(text))

          domain, bus, device, function = found.captures.map { |digits| digits.to_i(16) }
          format('%04x:%02x:%02x.%x', domain, bus, device, function)
        end
      end
    end
  end
end
