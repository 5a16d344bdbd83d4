# frozen_string_literal: true

# What examples about several services share: a release of each, and what a catalogue has of one.
module ServiceCatalogue
  NAMES = %w[indextts2 speech_recognition stable_diffusion].freeze
  PIN = { 'commit' => 'a' * 40, 'install' => 'project', 'python' => '3.12', 'weights' => 'model', 'vram_mib' => 8000 }.freeze
  RELEASE = {
    'revision' => 'v1',
    'releases' => { 'v1' => PIN },
    'weights' => { 'model' => { 'repository' => 'a/b', 'revision' => 'd' * 40, 'files_sha256' => 'e' * 64 } },
  }.freeze
  CARD = { 'index' => 0, 'uuid' => 'GPU-0', 'name' => 'NVIDIA L4', 'memory_mib' => 24_576, 'compute_capability' => '8.9' }.freeze
  TWO_CARDS = { 'nvidia' => { 'gpus' => [CARD, CARD.merge('index' => 1, 'uuid' => 'GPU-1')] } }.freeze

  # @return a declaration of the service in Puppet's language, with these parameters
  def self.declare(name, parameters = {})
    words = RELEASE.merge(parameters).map { |key, value| "#{key} => #{puppet(value)}" }
    "class { '#{name}': #{words.join(', ')} }\n"
  end

  def self.puppet(value)
    case value
    when Hash then "{ #{value.map { |key, inner| "'#{key}' => #{puppet(inner)}" }.join(', ')} }"
    when Array then "[#{value.map { |inner| puppet(inner) }.join(', ')}]"
    when String then "'#{value}'"
    else value.to_s
    end
  end

  # @return the unit of the instances of a service
  def unit(catalogue, service)
    found = catalogue.resources.select { |resource| resource.title.to_s.start_with?("/etc/#{service}/deployments/") }
    expect(found.size).to eq(1)
    found.first[:content]
  end

  # @return what the program releases is told of a service
  def told(catalogue, service)
    JSON.parse(catalogue.resource('File', "/etc/releases/#{service}.json")[:content])
  end
end
