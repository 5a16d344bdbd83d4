# frozen_string_literal: true

require 'puppet'
require 'puppet/indirector/catalog/compiler'

# Each example compiles in an environment of its own, and Puppet would do again what comes out the same each time.

# A file of Puppet code is parsed once: what a parser makes of it is never changed.
module ParsedOnce
  PARSED = {}

  def parse_file(file)
    PARSED[[self.class, file, File.mtime(file)]] ||= super
  end

  def parse_string(text, file = nil)
    return super unless file

    PARSED[[self.class, file, text]] ||= super
  end
end

# The facts of the server, which here is this machine, are asked once.
module ServerAskedOnce
  FACTS = {}

  def set_server_facts
    return @server_facts = FACTS.dup unless FACTS.empty?

    super
    FACTS.update(@server_facts)
  end
end

Puppet::Pops::Parser::EvaluatingParser.prepend(ParsedOnce)
Puppet::Resource::Catalog::Compiler.prepend(ServerAskedOnce)
