# frozen_string_literal: true

require_relative 'text'

module PuppetX
  module Fleet
    module Record
      # A report of Puppet as a document of the record. Data in, data out; report format 10 and later (Puppet 7 and 8).
      class Document
        # Characters of a value, of a message and of any other text.
        VALUE = 1024
        MESSAGE = 4096
        NAME = 512
        # Bytes of the changes, of the failures and of the logs, each, as JSON; what is beyond them is counted.
        ROOM = 512 * 1024
        LEVELS = %i[warning err alert emerg crit].freeze

        # @param report [Puppet::Transaction::Report]
        # @param role [String, nil] of the node, as its certificate says
        # @param environment [String, nil] of the node, as its certificate says: prod, staging
        # @param cohort [Hash{String => String}, nil] the revision of each service that has the node in a rollout; nil if not known
        def initialize(report, role: nil, environment: nil, cohort: nil)
          @report = report
          @role = role
          @environment = environment
          @cohort = cohort
        end

        # @return [Hash{String => Object}] what JSON takes: text is UTF-8, times are ISO 8601 in UTC
        def to_h
          head.merge(identity).merge(outcome).merge(times)
              .merge(bounded('changes', changes)).merge(bounded('failures', failures)).merge(bounded('logs', logs))
        end

        private

        def head
          { 'node' => name(@report.host), 'role' => name(@role), 'environment' => name(@environment),
            'cohort' => @cohort&.to_h { |service, revision| [name(service), name(revision)] },
            'status' => name(@report.status) }
        end

        def identity
          {
            'transaction_uuid' => name(@report.transaction_uuid), 'catalog_uuid' => name(@report.catalog_uuid),
            'commit' => name(@report.configuration_version), 'puppet_environment' => name(@report.environment),
            'puppet_version' => name(@report.puppet_version), 'server' => name(@report.server_used)
          }
        end

        def outcome
          {
            'noop' => @report.noop ? true : false, 'noop_pending' => @report.noop_pending ? true : false,
            'corrective_change' => @report.corrective_change ? true : false,
            'cached_catalog_status' => name(@report.cached_catalog_status),
            'resources' => metric('resources').transform_values(&:to_i)
          }
        end

        # A report says when its run began and, among the timings, how long it took: PuppetDB reckons its end in the same way.
        def times
          timings = metric('time').transform_values { |seconds| seconds.to_f.round(3) }
          start = @report.time
          { 'start' => time(start), 'end' => time(start && (start + timings.fetch('total', 0))), 'timings' => timings }
        end

        def changes
          each_event { |resource, event| change(resource, event) unless event.status == 'failure' }
        end

        def failures
          each_event do |resource, event|
            next unless event.status == 'failure'

            change(resource, event).merge('message' => Text.message(event.message, MESSAGE))
          end
        end

        def each_event
          statuses = @report.resource_statuses.values
          statuses.flat_map { |resource| resource.events.map { |event| yield(resource, event) } }.compact
        end

        def change(resource, event)
          where(resource).merge(
            'property' => name(event.property),
            'old' => Text.of(event.previous_value, VALUE), 'new' => Text.of(event.desired_value, VALUE),
            'status' => name(event.status), 'corrective' => event.corrective_change ? true : false,
            'noop' => event.status == 'noop', 'time' => time(event.time)
          )
        end

        def where(resource)
          { 'type' => name(resource.resource_type), 'title' => name(resource.title), 'file' => name(resource.file),
            'line' => resource.line }
        end

        def logs
          @report.logs.select { |log| LEVELS.include?(log.level.to_sym) }.map do |log|
            { 'level' => name(log.level), 'source' => name(log.source), 'message' => Text.message(log.message, MESSAGE),
              'file' => name(log.file), 'line' => log.line, 'time' => time(log.time) }
          end
        end

        # @return what of the entries has room, and how many have none
        def bounded(key, entries)
          room = ROOM
          kept = entries.take_while { |entry| (room -= JSON.generate(entry).bytesize) >= 0 }
          { key => kept, "#{key}_left_out" => entries.length - kept.length }
        end

        def metric(category)
          values = @report.metrics[category]&.values || []
          values.to_h { |key, _label, value| [name(key), value] }
        end

        def name(text)
          text.nil? ? nil : Text.cut(Text.utf8(text.to_s), NAME)
        end

        def time(moment)
          moment&.getutc&.strftime('%Y-%m-%dT%H:%M:%S.%LZ')
        end
      end
    end
  end
end
