# frozen_string_literal: true

# @summary The rollout of a service that is under way, of this environment's hieradata/cohorts/SERVICE.yaml
#
# Hiera tells a node what it is to serve; this is for who has to know of all members at once, such as a gateway.
Puppet::Functions.create_function(:'releases::rollout') do
  # @param service The service
  # @return The rollout, or undef where none is under way; traffic is the percent of requests that its members get
  # @example
  #   releases::rollout('indextts2')     # { revision => 'v24', members => ['tts1.example.org'], step => 10, traffic => 10 }
  dispatch :rollout do
    param 'Pattern[/\A[a-z][a-z0-9_]*\z/]', :service
    return_type 'Optional[Struct[{revision => String[1], members => Array[String[1]], step => Integer[1, 100], traffic => Integer[1, 100]}]]'
  end

  def rollout(service)
    # beside the modules' folder: a tree that is only compared, or tried, is no environment of Puppet's
    path = File.expand_path("../../hieradata/cohorts/#{service}.yaml", closure_scope.environment.module('releases').path)
    return nil unless File.exist?(path)

    said = Puppet::Util::Yaml.safe_load_file(path, [Symbol, Time, Date])
    refuse(path, 'it is no mapping') unless said.is_a?(Hash)
    refuse(path, 'its revision is no text') unless said['revision'].is_a?(String) && !said['revision'].empty?
    refuse(path, 'its members are no list of certnames') unless said['members'].is_a?(Array) && said['members'].all? { |name| name.is_a?(String) && !name.empty? }
    step = percent(path, said, 'step')
    { 'revision' => said['revision'], 'members' => said['members'], 'step' => step, 'traffic' => said.key?('traffic') ? percent(path, said, 'traffic') : step }
  rescue Puppet::Util::Yaml::YamlLoadError => e
    refuse(path, "it is no YAML: #{e.message.delete_prefix("(#{path}): ")}")
  end

  def percent(path, said, key)
    refuse(path, "its #{key} is no percent") unless said[key].is_a?(Integer) && said[key].between?(1, 100)
    said[key]
  end

  def refuse(path, why)
    raise Puppet::Error, "#{path} is no rollout: #{why} (take the file out, or bring its last version back: git log -- hieradata/cohorts)"
  end
end
