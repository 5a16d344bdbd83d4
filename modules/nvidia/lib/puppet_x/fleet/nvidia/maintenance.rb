# frozen_string_literal: true

require 'fileutils'

module PuppetX
  module Fleet
    module Nvidia
      # A window of time.
      module Window
        DAYS = %w[sun mon tue wed thu fri sat].freeze

        # @param window [Hash] `from` and `to` as HH:MM or in seconds, and `days`, on which it begins
        # @param now [Time]
        # @return [Time, nil] when it closes, if it is open
        def self.closes(window, now)
          from, to = window.values_at('from', 'to').map { |time| hour_and_minute(time) }
          clock = [now.hour, now.min]
          before_midnight = (clock <=> from) >= 0
          after_midnight = (clock <=> to).negative?
          over_midnight = (from <=> to) >= 0
          return unless over_midnight ? before_midnight || after_midnight : before_midnight && after_midnight

          began = before_midnight ? now.wday : now.wday - 1
          return unless window.fetch('days', DAYS).include?(DAYS[began])

          end_of_day = Time.new(now.year, now.month, now.day, *to)
          end_of_day > now ? end_of_day : end_of_day + 86_400
        end

        def self.hour_and_minute(time)
          time.is_a?(Integer) ? (time / 60).divmod(60) : time.split(':').map(&:to_i)
        end
        private_class_method :hour_and_minute
      end

      # Who may reboot: so many files at most, one for each node, whose name is in it. Whoever looks at the folder sees
      # for whom the others wait; taking a file away lets the next one go.
      class Turns
        # @param folder [String] where the files are; it is made when the first one is
        def initialize(folder)
          @folder = folder
        end

        # @return [Boolean] whether the node has one
        def has?(node)
          !file_of(node).nil?
        end

        # @return [Boolean] whether the node has one now: `count` of them are there at most
        def take(node, count)
          return true if has?(node)
          return false if taken.size >= count

          FileUtils.mkdir_p(@folder)
          mine = File.join(@folder, ".#{node}.#{Process.pid}.#{Thread.current.object_id}")
          File.write(mine, "#{node}\n")
          # a link is made whole or not at all, and by one alone, whichever of the server's threads come at once
          (1..count).any? { |number| link(mine, File.join(@folder, number.to_s)) }
        ensure
          FileUtils.rm_f(mine) if mine
        end

        # Give the node's back, if it has one.
        def give_back(node)
          file = file_of(node)
          FileUtils.rm_f(file) if file
        end

        private

        def taken
          Dir.children(@folder).grep(/\A\d+\z/).map { |name| File.join(@folder, name) }
        rescue Errno::ENOENT
          []
        end

        def file_of(node)
          taken.find { |file| text_of(file) == node }
        end

        def text_of(file)
          File.read(file).strip
        rescue Errno::ENOENT
          nil
        end

        def link(from, to)
          File.link(from, to)
          true
        rescue Errno::EEXIST
          false
        end
      end
    end
  end
end
