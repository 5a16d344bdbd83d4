# frozen_string_literal: true

module PuppetX
  module Fleet
    module Nvidia
      # Runs a program that may hang, print for ever, or not die.
      class BoundedProgram
        # What it printed on both outputs; how it ended (nil where that is not known); why it was stopped (:late, :long), if it was.
        Outcome = Struct.new(:output, :status, :stopped)

        # How long a killed program may take to go: one that waits for the driver goes when the driver lets it, or never.
        GRACE = 0.2

        # @param seconds [Numeric] how long it may run
        # @param bytes [Integer] how much it may print
        def initialize(seconds, bytes)
          @seconds = seconds
          @bytes = bytes
        end

        # @param command [Array<String>] the program and its arguments; no shell reads them
        # @return [Outcome]
        # @raise [SystemCallError] where it cannot be started
        def run(*command)
          ends = now + @seconds
          reader, writer = IO.pipe
          # a group of its own, so that what it started is killed with it
          pid = Process.spawn({ 'LC_ALL' => 'C' }, *command, in: File::NULL, out: writer, err: writer, pgroup: true)
          writer.close
          output, stopped = read(reader, ends)
          ended, status = wait(pid, ends) unless stopped
          stopped ||= :late unless ended
          kill(pid) if stopped
          Outcome.new(output, status, stopped)
        ensure
          [reader, writer].compact.each(&:close)
        end

        private

        def read(reader, ends)
          output = String.new
          while (left = ends - now).positive? && IO.select([reader], nil, nil, left)
            chunk = reader.read_nonblock(4096, exception: false)
            return [output, nil] if chunk.nil?

            output << chunk if chunk.is_a?(String)
            return [output, :long] if output.bytesize > @bytes
          end
          [output, :late]
        end

        # Never blocks: waitpid waits for ever for a process in uninterruptible sleep.
        def wait(pid, ends)
          loop do
            ended, status = Process.waitpid2(pid, Process::WNOHANG)
            return [true, status] if ended
            return [false, nil] if now >= ends

            sleep(0.01)
          end
        rescue Errno::ECHILD
          [true, nil]
        end

        def kill(pid)
          Process.kill(:KILL, -pid)
          ended, = wait(pid, now + GRACE)
          # a thread takes the zombie away, whenever it comes to that
          Process.detach(pid) unless ended
        rescue SystemCallError
          nil
        end

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end
      end
    end
  end
end
