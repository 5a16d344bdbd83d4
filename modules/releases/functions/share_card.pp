# @summary Claims memory of a card; fails with the sum where the services of the node want more than it has
#
# One service alone is not refused here: what it needs at least, and two copies of it, its own class knows better.
#
# @example
#   releases::share_card('indextts2', { uuid => 'GPU-0', index => 0, name => 'NVIDIA L4', memory_mib => 23034 }, 8192)
#
# @param service
#   The service.
#
# @param card
#   The card, as the fact nvidia has it.
#
# @param mib
#   What the service takes of it, in MiB.
#
# @return [Undef]
function releases::share_card(String[1] $service, Hash[String[1], Any] $card, Integer[1] $mib) {
  releases::claim { "${service} has memory of the card ${card['uuid']}":
    service => $service,
    kind    => 'memory',
    what    => $card['uuid'],
    mib     => $mib,
  }
  $claims = releases::claims('memory').filter |$claim| { $claim['what'] == $card['uuid'] }
  $sum = $claims.reduce(0) |$sum, $claim| { $sum + $claim['mib'] }
  if $claims.length > 1 and $sum > $card['memory_mib'] {
    $each = $claims.map |$claim| { "${claim['service']} ${claim['mib']}" }
    fail("${card['name']}, card ${card['index']}, has ${card['memory_mib']} MiB, and its services need ${sum} MiB: ${each.join(', ')}. Give one of \
them another card (${service}::gpus), one copy only (handover: hold), or less (${service}::vram_budget)")
  }
}
