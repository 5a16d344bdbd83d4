# @summary The nodes of a service that PuppetDB knows: those of this environment whose last catalogue brings it, by name
#
# Where PuppetDB does not answer, or knows none, there is no catalogue: the gateway goes on with the nodes that it has, which its
# checks tell from those that are gone. An empty configuration would refuse everybody.
#
# @param service
#   The service.
# @param environment
#   The environment that the nodes' certificates name.
# @return
#   The nodes, sorted by name.
# @example
#   gateway::nodes('indextts2', 'prod')
function gateway::nodes(Gateway::Name $service, Pattern[/\A[a-z0-9_]+\z/] $environment) >> Array[Gateway::Node, 1] {
  $active = 'nodes { deactivated is null and expired is null }'
  $class = "type = \"Class\" and title = \"${service.capitalize}\""
  $here = "trusted.extensions.pp_environment = \"${environment}\""
  # PuppetDB knows the way from an inventory to resources by itself, and not the way back
  $there = "certname in inventory[certname] { ${here} }"
  $found = puppetdb_query("resources[certname, parameters] { ${class} and ${active} and ${there} }")
  $addresses = Hash(puppetdb_query("inventory[certname, facts.networking.ip] { ${here} and ${active} and resources { ${class} } }").map |$row| {
      [$row['certname'], $row['facts.networking.ip']]
  })
  $nodes = $found.filter |$row| {
    $row['parameters']['ensure'] != 'absent' and $row['parameters']['port'] =~ Integer
  }.map |$row| {
    # the address that it listens on; where that is all of them, the one by which it is in the network
    $own = $row['parameters']['address'] ? {
      Variant[Undef, Enum['0.0.0.0', '::']] => $addresses[$row['certname']],
      default                               => $row['parameters']['address'],
    }
    $node = {
      'name'    => $row['certname'],
      'address' => $own,
      'port'    => $row['parameters']['port'],
      'tls'     => $row['parameters']['tls_certificate'] =~ NotUndef,
    }
    $node
  }.filter |$node| { $node =~ Gateway::Node }

  if $nodes.empty {
    fail("PuppetDB knows no node of environment ${environment} that serves ${service}: let one of them run its agent first \
(puppet agent --test there), or take ${service} out of profile::gateway::services")
  }
  $nodes.sort |$a, $b| { compare($a['name'], $b['name']) }
}
