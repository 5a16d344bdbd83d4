# frozen_string_literal: true

# What the examples of the module share: releases as an operator pins them, and where their parts are on a node.
FRONT = 'indextts2-front.service'
FRONT_CONFIG = '/etc/indextts2/front/haproxy.cfg'
FRONT_PEM = '/etc/indextts2/front/tls.pem'
CERTIFICATE = { tls_certificate: '/etc/ssl/tts.pem', tls_key: '/etc/ssl/tts.key' }.freeze
INSTANCES = %w[indextts2-webui@0-blue.service indextts2-webui@0-green.service].freeze
# what systemd takes for all of them, of whatever cards
WEB_UIS = 'indextts2-webui@*.service'
V23 = { 'commit' => 'a' * 40, 'install' => 'lock', 'lock_sha256' => '1' * 64, 'python' => '3.11', 'weights' => 'IndexTTS-2' }.freeze
V24 = V23.merge('commit' => 'b' * 40, 'install' => 'project').freeze
V15 = { 'commit' => 'c' * 40, 'install' => 'requirements', 'python' => '3.12', 'flags' => %w[--host --port] }.freeze
BUNDLE = { 'repository' => 'IndexTeam/IndexTTS-2', 'revision' => 'd' * 40, 'files_sha256' => 'e' * 64 }.freeze
CARDS = { 'nvidia' => { 'gpus' => [
  { 'index' => 0, 'uuid' => 'GPU-0', 'name' => 'NVIDIA L4', 'memory_mib' => 24_576, 'compute_capability' => '8.9' },
  { 'index' => 1, 'uuid' => 'GPU-1', 'name' => 'Tesla V100', 'memory_mib' => 16_383, 'compute_capability' => '7.0' },
] } }.freeze
SERVED = {
  revision: 'v23',
  releases: { 'v23' => V23, 'v24-beta' => V24, 'v15' => V15 },
  weights: { 'IndexTTS-2' => BUNDLE },
}.freeze
SMOKE = {
  'function' => 'gen_single', 'text' => '你好', 'voice' => nil, 'timeout' => 120,
  'join' => '/gradio_api/queue/join', 'stream' => '/gradio_api/queue/data', 'session' => 'session_hash',
}.freeze
# Its end is a digest of what it is made of: with another formula for it, every node would install all anew.
RELEASE = '/opt/indextts2/releases/v23-aaaaaaa-a31ba8b'
WEIGHTS = '/opt/indextts2/cache_hub/IndexTTS-2-ddddddd'

# What an example may ask of a catalogue with the service in it.
module Indextts2Catalogue
  # @return the file of the one deployment that a catalogue has
  def deployment(catalogue)
    found = catalogue.resources.select { |resource| resource.title.to_s.start_with?('/etc/indextts2/deployments/') }
    expect(found.size).to eq(1)
    found.first
  end

  # @return a matcher: the unit of the instances has a line like this
  def a_unit_like(pattern)
    satisfy("have a unit like #{pattern}") { |compiled| deployment(compiled.call)[:content].match?(pattern) }
  end

  # @return a matcher: the unit of the instances has this line
  def a_unit_with(line)
    a_unit_like(/^#{Regexp.escape(line)}$/)
  end

  # @return a matcher: the web UI is started with these arguments, side by side
  def a_start_with(*arguments)
    words = arguments.map { |argument| "\"#{argument}\"" }.join(' ')
    a_unit_like(/^ExecStart=\S+ webui\.py .*#{Regexp.escape(words)}( |$)/)
  end

  # @return a matcher: the front's configuration has this line
  def a_front_with(line)
    contain_file(FRONT_CONFIG).with_content(/^ *#{Regexp.escape(line)}$/)
  end

  # @return a matcher: the program releases is told this
  def a_description_with(name, value)
    satisfy("tell releases #{name}") { |compiled| JSON.parse(compiled.call.resource('File', '/etc/releases/indextts2.json')[:content])[name] == value }
  end

  # @return a matcher: the program weights is told this of buckets
  def a_bucket_with(told)
    satisfy("tell weights #{told}") { |compiled| told <= JSON.parse(compiled.call.resource('File', '/etc/weights/indextts2.json')[:content])['s3'] }
  end

  # @return a matcher: this exec has this among the words of a parameter
  def an_exec_with(title, parameter, word)
    satisfy("run #{title} with #{word}") { |compiled| compiled.call.resource('Exec', title)[parameter].include?(word) }
  end

  # @return the folder of the one release that a catalogue has
  def release_dir(catalogue)
    found = catalogue.resources.select { |resource| resource.type == 'Vcsrepo' }
    expect(found.size).to eq(1)
    found.first.title
  end

  # @return a matcher: a release is built in a folder like this
  def a_release_like(pattern)
    satisfy("have a release like #{pattern}") { |compiled| release_dir(compiled.call).match?(pattern) }
  end

  # @return a matcher: the Python environment is built with this variable
  def an_install_with(variable)
    satisfy("install with #{variable}") do |compiled|
      catalogue = compiled.call
      catalogue.resource('Exec', "indextts2: Python environment of #{release_dir(catalogue)}")[:environment].include?(variable)
    end
  end

  # @return a matcher: the catalogue is the one that debian-12 gets, but for the names of packages
  def as_on_debian_12(parameters)
    satisfy('be the catalogue of debian-12, but for packages') do |catalogue|
      there = compiled(parameters, facts: facts.merge(SYSTEMS.fetch('debian-12')))
      [there, catalogue.call].map { |one| Indextts2Catalogue.but_for_packages(one) }.uniq.size == 1
    end
  end

  def self.but_for_packages(catalogue)
    data = JSON.parse(catalogue.to_json)
    resources = data['resources'].reject { |one| one['type'] == 'Package' }
    resources.each { |one| one['parameters']&.delete('packages') if one['title'] == 'Indextts2' }
    [resources, data['edges'].reject { |edge| edge.values.any? { |end_| end_.start_with?('Package[') } }]
  end
end
