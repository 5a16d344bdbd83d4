# frozen_string_literal: true

# @summary Hiera's layer of cohorts: the members of a service's rollout get its revision before the other nodes
#
# A rollout of SERVICE is the file cohorts/SERVICE.yaml, which `fleet canary` writes. Of all keys it has a value for one alone,
# `SERVICE::revision`, and for its members alone. No other key reads the file: a broken one ends the compile of the nodes that ask for
# this service's revision, and of no others.
Puppet::Functions.create_function(:'releases::cohort') do
  # @param key The key that is looked up
  # @param options What hiera.yaml says of the layer; `path` is the file of one rollout
  # @param context What Hiera lends to a layer of its own
  # @return [String] The revision of the rollout
  # @example In hiera.yaml
  #   - name: this node's cohort
  #     glob: cohorts/*.yaml
  #     lookup_key: releases::cohort
  dispatch :revision do
    param 'String[1]', :key
    param 'Hash[String[1], Any]', :options
    param 'Puppet::LookupContext', :context
    return_type 'String[1]'
  end

  def revision(key, options, context)
    path = options['path'] || raise(Puppet::DataBinding::LookupError, 'releases::cohort reads files (hiera.yaml: glob: cohorts/*.yaml)')
    context.not_found unless key == "#{File.basename(path, '.yaml')}::revision"
    members, revision = context.cached_file_data(path) { |text| read(path, text) }
    context.not_found unless members.include?(context.interpolate('%{trusted.certname}'))
    revision
  end

  # @return the members and their revision
  def read(path, text)
    said = Puppet::Util::Yaml.safe_load(text, [Symbol], path)
    refuse(path, 'it is no mapping') unless said.is_a?(Hash)
    refuse(path, 'its members are no list of certnames') unless said['members'].is_a?(Array)
    refuse(path, 'its revision is no text') unless said['revision'].is_a?(String) && !said['revision'].empty?
    [said['members'], said['revision']]
  rescue Puppet::Util::Yaml::YamlLoadError => e
    refuse(path, "it is no YAML: #{e.message.delete_prefix("(#{path}): ")}")
  end

  def refuse(path, why)
    raise Puppet::DataBinding::LookupError,
          "#{path} is no rollout: #{why} (take the file out, or bring its last version back: git log -- hieradata/cohorts)"
  end
end
