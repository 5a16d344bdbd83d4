# frozen_string_literal: true

# Compiles the catalogues of many nodes with Puppet's own compiler, as its server would: one process, one environment.
#
# Standard input is a JSON object:
#   root   a folder that stands for / : etc/puppet/code/environments/production in it is the environment
#   key    keys the digests that stand for Sensitive values
#   nodes  [{certname, trusted, facts}]
# Each line of standard output is about one node, in the order of `nodes`: its certname, a tab, and a JSON object, either
# {resources, containment, native} or {error: {message, path, line, column}}.
# Needs Puppet 7 or 8 and nothing else; reads no configuration of this machine.

require 'digest'
require 'json'
require 'openssl'
require 'puppet'

# A catalogue as plain data, with no secret in it and nothing that depends on where it was compiled.
class Plain
  RELATIONSHIPS = %i[before notify require subscribe].freeze
  # A shorter secret is too likely a part of something else.
  SECRET_LENGTH = 6
  # What stands for a secret in the data (placeholders.py, unencrypted.py), and may be seen.
  PLACEHOLDER = /\A(?:\$secret\$\h{12}|\(unencrypted secret \h{12}\))\z/.freeze
  # Files that are served are compared as text up to this many bytes, by their digest above it.
  TEXT_BYTES = 100_000

  def initialize(catalogue, root, key)
    @catalogue = catalogue
    @root = root
    @key = key
    # A name with a dot is nothing but this node's; without it, equal changes of many nodes read the same.
    @own = catalogue.name.include?('.') ? catalogue.name : nil
    @secrets = catalogue.resources.flat_map { |resource| secrets_of(resource) }.uniq.sort_by { |text| -text.length }
  end

  def to_h
    # Class[Settings] holds what this process was started with
    resources = @catalogue.resources.reject { |resource| resource.ref == 'Class[Settings]' }
    {
      resources: resources.to_h { |resource| [text(resource.ref), parameters(resource)] },
      containment: @catalogue.edges.map { |edge| [text(edge.source.ref), text(edge.target.ref)] },
      native: resources.map(&:type).uniq.select { |type| Puppet::Type.type(type) }
    }
  end

  private

  def parameters(resource)
    plain = resource.to_hash.to_h do |name, value|
      [name, RELATIONSHIPS.include?(name) ? references(value) : plain(value, resource.sensitive_parameters.include?(name))]
    end
    served = resource.type == 'File' ? served(resource[:source]) : nil
    served ? plain.merge('content of source' => served) : plain
  end

  def references(value)
    [value].flatten.map { |target| text(@catalogue.resource(target.to_s)&.ref || target.to_s) }.uniq.sort
  end

  def plain(value, sensitive = false)
    return secret(value) if sensitive

    case value
    when Puppet::Pops::Types::PSensitiveType::Sensitive then secret(value.unwrap)
    when Hash then value['__ptype'] == 'Sensitive' ? secret(value['__pvalue']) : hash(value)
    when Array then value.map { |item| plain(item) }
    when String then text(value)
    when Symbol then value == :undef ? nil : value.to_s
    when Numeric, true, false, nil then value
    when Puppet::Resource then text(value.ref)
    else plain(Puppet::Pops::Serialization::ToDataConverter.convert(value, rich_data: true))
    end
  end

  def hash(value)
    value.to_h { |key, item| [plain(key).to_s, plain(item)] }
  end

  # What stands for a secret here: different where the secret is. A digest without a key would let anybody try likely passwords.
  def secret(value)
    return value if PLACEHOLDER.match?(value.to_s)

    "(secret #{OpenSSL::HMAC.hexdigest('SHA256', @key, value.inspect)[0, 12]})"
  end

  def text(value)
    utf8 = value.dup.force_encoding(Encoding::UTF_8)
    return "(binary, SHA-256 #{Digest::SHA256.hexdigest(value)})" unless utf8.valid_encoding?

    shown = @secrets.reduce(utf8.gsub(@root, '')) { |seen, secret| seen.gsub(secret, secret(secret)) }
    @own ? shown.gsub(@own, '<certname>') : shown
  end

  # The texts that are Sensitive somewhere in this catalogue, and must not show where code has unwrapped them.
  def secrets_of(resource)
    resource.to_hash.flat_map do |name, value|
      resource.sensitive_parameters.include?(name) ? texts(value) : sensitive(value).flat_map { |found| texts(found.unwrap) }
    end
  end

  def sensitive(value)
    case value
    when Puppet::Pops::Types::PSensitiveType::Sensitive then [value]
    when Hash then value.to_a.flatten(1).flat_map { |item| sensitive(item) }
    when Array then value.flat_map { |item| sensitive(item) }
    else []
    end
  end

  def texts(value)
    case value
    when Hash then value.to_a.flatten(1).flat_map { |item| texts(item) }
    when Array then value.flat_map { |item| texts(item) }
    when String then value.length < SECRET_LENGTH || PLACEHOLDER.match?(value) ? [] : [value]
    else []
    end
  end

  # What a file gets from a module's files/: its catalogue names only the place.
  def served(sources)
    [sources].flatten.compact.each do |source|
      _, name, path = source.to_s.match(%r{\Apuppet:///modules/([^/]+)/(.+)\z}).to_a
      file = name && @catalogue.environment_instance.module(name)&.file(path)
      return contents(file) if file
    end
    nil
  end

  def contents(file)
    return one(file) if File.file?(file)

    Dir.glob("#{file}/**/*", File::FNM_DOTMATCH).select { |path| File.file?(path) }.sort.to_h do |path|
      [path.delete_prefix("#{file}/"), one(path)]
    end
  end

  def one(file)
    content = File.binread(file)
    content.bytesize > TEXT_BYTES ? "(SHA-256 #{Digest::SHA256.hexdigest(content)})" : text(content)
  end
end

# A gateway asks PuppetDB for its nodes, which here is nobody to ask: before and after a change it gets the same one, whatever it asks of.
module WithoutRecord
  # of the networks that documents use, RFC 5737
  NODE = {
    'certname' => 'any-node.example', 'facts.networking.ip' => '192.0.2.1',
    'parameters' => { 'ensure' => 'present', 'address' => '0.0.0.0', 'port' => 7860 }
  }.freeze

  def call_function(name, *rest, &block)
    name.to_s == 'puppetdb_query' ? [NODE] : super
  end
end
Puppet::Pops::Evaluator::EvaluatorImpl.prepend(WithoutRecord)

# The compiler of one environment.
class Compiler
  # Where Debian keeps them; code sees these places in $settings.
  FOLDERS = {
    'confdir' => '/etc/puppet', 'codedir' => '/etc/puppet/code', 'environmentpath' => '/etc/puppet/code/environments',
    'vardir' => '/var/lib/puppet', 'publicdir' => '/var/lib/puppet/public', 'logdir' => '/var/log/puppet', 'rundir' => '/run/puppet'
  }.freeze

  def initialize(root, key)
    @root = root
    @key = key
    Puppet.initialize_settings(FOLDERS.flat_map { |name, folder| ["--#{name}", root + folder] }, false)
    # without a destination Puppet keeps every message for one that may yet come
    Puppet::Util::Log.newdestination(:nowhere)
    found = Puppet.lookup(:environments).get!(:production)
    # config_version names the commit, and is a program of the tree: neither belongs here
    @environment = Puppet::Node::Environment.create(found.name, found.modulepath, found.manifest, nil)
  end

  def compile(known)
    catalogue = Puppet.override(current_environment: @environment) do
      Puppet::Parser::Compiler.compile(node(known)).filter(&:virtual?)
    end
    Plain.new(catalogue, @root, @key).to_h
  rescue StandardError, SystemStackError => e
    Refusal.new(e, @root, known['certname']).to_h
  end

  private

  def node(known)
    name = known['certname']
    # as the agent adds them
    own = { 'clientcert' => name, 'clientversion' => Puppet.version, 'clientnoop' => false }
    facts = Puppet::Node::Facts.new(name, known['facts'].merge(own))
    node = Puppet::Node.new(name, environment: @environment)
    node.fact_merge(facts)
    node.trusted_data = known['trusted']
    node.add_server_facts('servername' => 'puppet', 'serverip' => '127.0.0.1', 'serverversion' => Puppet.version)
    node
  end
end

# Why a node does not compile, in Puppet's own words, but for what would keep equal errors of many nodes apart.
class Refusal
  def initialize(exception, root, certname)
    @exception = exception
    @place = exception.is_a?(Puppet::ParseErrorWithIssue) ? exception : nil
    @folder = "#{root}#{Compiler::FOLDERS['environmentpath']}/production/"
    @certname = certname
  end

  def to_h
    message = (@place ? @place.basic_message : @exception.message).gsub(@folder, '').delete_suffix(" on node #{@certname}")
    message = message.gsub(@certname, '<certname>') if @certname.include?('.')
    { error: { message: message, path: @place&.file&.delete_prefix(@folder), line: line, column: @place&.pos } }
  end

  private

  # For what is missing at the end of a file Puppet has no line.
  def line
    @place&.line || (@place&.file && File.foreach(@place.file).count)
  end
end

Puppet::Util::Log.newdesttype :nowhere do
  def self.match?(name)
    name == :nowhere
  end

  def handle(_message); end
end

answers = $stdout.dup
# what code prints while it compiles is no answer
$stdout.reopen($stderr)
request = JSON.parse($stdin.read)
root = request.fetch('root')
begin
  compiler = Compiler.new(root, request.fetch('key'))
rescue Puppet::Error => e
  broken = e
end
request.fetch('nodes').each do |known|
  found = broken ? Refusal.new(broken, root, known['certname']).to_h : compiler.compile(known)
  answers.puts("#{known['certname']}\t#{JSON.generate(found)}")
  answers.flush
end
