# frozen_string_literal: true

# What PuppetDB would answer a gateway, as Puppet code: for a pre_condition. Only a Puppet server has the real function.
module PuppetdbAnswer
  # @param nodes name to what is other than usual: parameters of the service's class, and its `ip`
  # @return the function puppetdb_query
  def self.with(nodes, service: 'Indextts2', environment: 'staging')
    resources = nodes.map { |name, more| { 'certname' => name, 'parameters' => { 'ensure' => 'present', 'port' => 7860, 'address' => '0.0.0.0' }.merge(more.reject { |key, _| key == 'ip' }) } }
    addresses = nodes.each_with_index.map { |(name, more), at| { 'certname' => name, 'facts.networking.ip' => more.fetch('ip', "10.77.0.#{11 + at}") } }
    <<~PUPPET
      function puppetdb_query(String $query) {
        unless $query =~ /type = "Class" and title = "#{service}"/ and $query =~ /trusted\\.extensions\\.pp_environment = "#{environment}"/ and $query =~ /nodes \\{ deactivated is null and expired is null \\}/ {
          fail("nobody asks so: ${query}")
        }
        if $query =~ /^resources.* and inventory \\{/ {
          fail("No implicit relationship for entity 'inventory'")
        }
        $query ? {
          /^resources\\[certname, parameters\\]/               => #{literal(resources)},
          /^inventory\\[certname, facts\\.networking\\.ip\\]/ => #{literal(addresses)},
        }
      }
    PUPPET
  end

  # @return a function that fails as that of a server does whose PuppetDB is away
  def self.away
    "function puppetdb_query(String $query) { fail('Failed to execute PuppetDB query: Connection refused') }\n"
  end

  def self.literal(value)
    case value
    when Hash then "{#{value.map { |key, item| "#{literal(key)} => #{literal(item)}" }.join(', ')}}"
    when Array then "[#{value.map { |item| literal(item) }.join(', ')}]"
    when nil then 'undef'
    when String then "'#{value}'"
    else value.inspect
    end
  end
  private_class_method :literal
end
