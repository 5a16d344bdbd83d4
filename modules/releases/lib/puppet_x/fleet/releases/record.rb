# frozen_string_literal: true

require 'json'

module PuppetX
  module Fleet
    module Releases
      # What Puppet told the program `releases` of each service, and what that remembers, as a fact. Reads small files and
      # starts nothing; what cannot be read is a `trouble` of its service and fails no run.
      #
      #   {"indextts2": {"wanted": "v2.0.0-830f6f8-0a1b2c3",
      #                  "cards": {"0": {"release": "v1.5.0-…", "commit": "9f…", "since": "2026-11-27T10:00:00Z"}},
      #                  "failed": {"release": "v2.0.0-…", "reason": "…", "at": "2026-11-27T11:00:00Z"}}}
      class Record
        DESCRIPTIONS = 'etc/releases'
        STATES = 'var/lib/releases'
        # As releases/state.py says it.
        VERSION = 1
        # Bytes; a state with the logs of several failures has some thousands.
        LARGEST = 1 << 20
        # Seconds since 1970: in the year 5138.
        LATEST = 10**11
        # Characters of a reason: a fact is sent by each run.
        LONGEST = 300
        SERVICE = /\A[a-z][a-z0-9_-]{0,62}\z/.freeze
        RELEASE = /\A[A-Za-z0-9][A-Za-z0-9._+-]{0,200}\z/.freeze
        CARD = /\A[A-Za-z0-9_-]{1,64}\z/.freeze
        COMMIT = /\A\h{40}\n?\z/.freeze

        # What a file is that cannot be used; the message is one line.
        class Unusable < StandardError; end

        # @param root where the machine's files are
        def initialize(root: '/')
          @root = root
        end

        # @return [Hash] by service. Never nil: Facter would then ask the copy in a server's other folder, too, which
        #   defines all this again, with a warning for each constant
        def fact
          names.to_h { |name| [name, service(name)] }
        end

        private

        def names
          files = Dir.children(File.join(@root, DESCRIPTIONS)).sort
          files.map { |file| file.delete_suffix('.json') if file.end_with?('.json') }.compact.grep(SERVICE)
        rescue SystemCallError
          []
        end

        def service(name)
          description = object("#{DESCRIPTIONS}/#{name}.json")
          state = state_of(name)
          wanted = release(description['wanted_release'], 'wanted_release')
          cards = cards(state, description['releases_dir'])
          { 'wanted' => wanted, 'cards' => cards, 'failed' => failure(state, wanted) }
        rescue Unusable => error
          { 'trouble' => line(error.message) }
        end

        # The state of a service that never served is none.
        def state_of(name)
          path = "#{STATES}/#{name}.json"
          return {} unless there?(path)

          state = object(path)
          version = state['version']
          raise Unusable, "/#{path}: it is of version #{version.inspect}, not #{VERSION}" unless version == VERSION

          state
        end

        def cards(state, releases_dir)
          hash(state.fetch('cards', {}), 'cards').to_h do |card, serving|
            raise Unusable, "#{card.inspect} is no card" unless CARD.match?(card)

            name = release_of(hash(serving, 'what a card serves')['id'])
            [card, { 'release' => name, 'commit' => commit(releases_dir, name), 'since' => time(serving['since']) }]
          end
        end

        # The failure that keeps what is wanted from serving, if any.
        def failure(state, wanted)
          all = state.fetch('failed', [])
          raise Unusable, 'failed is no list' unless all.is_a?(Array)

          found = all.reverse.find { |one| release_of(hash(one, 'a failure')['id']) == wanted }
          found && { 'release' => wanted, 'reason' => line(found['reason']), 'at' => time(found['at']) }
        end

        # @return the full commit of a release, where its checkout says it
        def commit(releases_dir, name)
          return unless releases_dir.is_a?(String)

          head = File.binread(File.join(@root, releases_dir, name, '.git/HEAD'), 64).to_s
          head.chomp if COMMIT.match?(head)
        rescue SystemCallError, ArgumentError
          nil
        end

        # @return the release of a deployment: its ID without the digest of the unit
        def release_of(identifier)
          release(identifier.is_a?(String) ? identifier.rpartition('.').first : identifier, 'an id')
        end

        def release(value, what)
          return value if value.is_a?(String) && RELEASE.match?(value)

          raise Unusable, "#{what} is #{value.inspect}, which names no release"
        end

        def hash(value, what)
          return value if value.is_a?(Hash)

          raise Unusable, "#{what} is #{value.inspect}, which is no mapping"
        end

        def time(seconds)
          raise Unusable, "#{seconds.inspect} is no time" unless seconds.is_a?(Numeric) && seconds.between?(0, LATEST)

          Time.at(seconds).utc.strftime('%Y-%m-%dT%H:%M:%SZ')
        end

        def there?(path)
          File.lstat(File.join(@root, path)) && true
        rescue Errno::ENOENT
          false
        rescue SystemCallError => error
          raise Unusable, "/#{path}: #{reason(error)}"
        end

        def object(path)
          file = File.join(@root, path)
          # a pipe in its place would never come to an end
          raise Unusable, "/#{path}: it is no file" unless File.stat(file).file?

          text = File.binread(file, LARGEST + 1).to_s
          raise Unusable, "/#{path}: it has more than #{LARGEST} bytes" if text.bytesize > LARGEST

          hash(JSON.parse(text.force_encoding(Encoding::UTF_8).scrub('?')), "/#{path}")
        rescue JSON::ParserError
          raise Unusable, "/#{path}: it is no JSON"
        rescue SystemCallError => error
          raise Unusable, "/#{path}: #{reason(error)}"
        end

        # Ruby's own message has the path again, as it is under the root.
        def reason(error)
          error.class.new.message
        end

        def line(text)
          text.to_s.scrub('?').gsub(/[[:cntrl:]]+/, ' ').strip[0, LONGEST]
        end
      end
    end
  end
end
