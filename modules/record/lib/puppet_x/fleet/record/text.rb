# frozen_string_literal: true

require 'json'

module PuppetX
  module Fleet
    module Record
      # What of a report's texts is recorded.
      module Text
        # The first lines of a unified diff, as `show_diff` has them logged: what is in a file may be anybody's secret, its
        # old text above all, of which no catalogue knows whether it was one.
        DIFF = /^--- .*\n\+\+\+ /.freeze
        # What Puppet 7 and 8 say of a command that is no path is the command itself, Sensitive or not
        # (lib/puppet/provider/exec.rb of Puppet, validatecmd): everywhere else they redact what is Sensitive themselves.
        COMMAND = /'.*' is not qualified/m.freeze

        module_function

        # @param value [Object] a value of a property: text, a number, a list, nil
        # @param limit [Integer] characters that are kept
        # @return [String, nil] the value as text
        def of(value, limit)
          case value
          when nil then nil
          when String, Symbol, Numeric, true, false then cut(utf8(value.to_s), limit)
          when Array, Hash then cut(JSON.generate(plain(value)), limit)
          else cut(utf8(value.to_s), limit)
          end
        end

        # @return [String] the message without what may be a secret
        def message(text, limit)
          text = utf8(text.to_s)
          return '(a diff, which is not recorded)' if text.match?(DIFF)

          cut(text.gsub(COMMAND, "'[redacted]' is not qualified"), limit)
        end

        # @return [String] at most limit characters, and a word of how long it was where it was longer
        def cut(text, limit)
          text.length <= limit ? text : "#{text[0, limit]}… (cut: it has #{text.length} characters)"
        end

        # Puppet's strings of bytes have no encoding, and what a provider read may have any.
        def utf8(text)
          text.dup.force_encoding(Encoding::UTF_8).scrub("\ufffd")
        end

        def plain(value)
          case value
          when Array then value.map { |one| plain(one) }
          when Hash then value.to_h { |name, one| [utf8(name.to_s), plain(one)] }
          when Numeric, true, false, nil then value
          else utf8(value.to_s)
          end
        end
      end
    end
  end
end
