# @summary Claims what only one service of a node can have; fails with both names where another has it
#
# @example
#   releases::alone('indextts2', 'socket', ['0.0.0.0:7860', '127.0.0.1:7861'])
#
# @param service
#   The service.
#
# @param kind
#   What it claims: accounts, folders with all that is in them, or sockets, an address and a port each.
#
# @param claimed
#   Which.
#
# @return [Undef]
function releases::alone(String[1] $service, Enum['account', 'folder', 'socket'] $kind, Array[String[1]] $claimed) {
  $cure = $kind ? {
    'account' => "give one of the two another in its definition, hieradata/services/${service}.yaml",
    'folder'  => "give one of the two another, such as ${service}::root: /opt/${service}",
    'socket'  => "give one of the two another port (${service}::port, with the two after it for each card, plain_port or metrics_port)",
  }
  $others = releases::claims($kind).filter |$claim| { $claim['service'] != $service }
  $claimed.each |$what| {
    $others.filter |$claim| { releases::meet($kind, $what, $claim['what']) }.each |$claim| {
      fail("${service} and ${claim['service']} are both to have the ${kind} ${what} on this node: ${cure}")
    }
    releases::claim { "${service} has the ${kind} ${what}":
      service => $service,
      kind    => $kind,
      what    => $what,
    }
  }
}
