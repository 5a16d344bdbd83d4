# frozen_string_literal: true

module PuppetX
  module Fleet
    module Nvidia
      # Files of the kernel, which may be gone at any moment or be anything.
      module SmallFile
        # @return [String, nil] the text of a file of one line, nil where there is none to read or nothing in it
        def self.read(path)
          text = line(File.binread(path, 4096).to_s)
          text unless text.empty?
        rescue SystemCallError
          nil
        end

        # @return [Array<String>] the names in a folder, in order; none where it is not there
        def self.names(folder)
          Dir.children(folder).sort
        rescue SystemCallError
          []
        end

        # @return [String] the text as one line of clean UTF-8, since a fact is JSON and an error is one line
        def self.line(text)
          text.dup.force_encoding(Encoding::UTF_8).scrub('?').gsub(/[[:cntrl:]]+/, ' ').strip
        end
      end
    end
  end
end
