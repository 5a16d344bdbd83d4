# frozen_string_literal: true

module PuppetX
  module Fleet
    module Record
      # A file of lines, to which the threads and processes of a server append while somebody else rotates and reads it.
      class LineFile
        # The owner's, and for its group to read.
        MODE = 0o640

        def initialize(path)
          @path = path
        end

        # Append a line, whole or not at all. Opened each time: the file of before a rotation would get it else.
        #
        # @param line [String] without a line feed
        # @raise [SystemCallError] where the disk is full, say; the file is as it was
        def append(line)
          File.open(@path, File::WRONLY | File::APPEND | File::CREAT, MODE) do |file|
            file.flock(File::LOCK_EX)
            before = file.size
            bytes = "#{line}\n".b
            written = file.syswrite(bytes)
            raise Errno::ENOSPC, @path if written < bytes.bytesize
          rescue SystemCallError
            file.truncate(before) if before && file.size > before
            raise
          end
        end
      end
    end
  end
end
