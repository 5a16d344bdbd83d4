# @summary Remembers a node's cards, for when nobody can list them
#
# While libraries and kernel module are of two versions, say, nvidia-smi lists none; what is bound to a card stays so.
#
# @api private
class nvidia::cards {
  assert_private()

  # also without the class nvidia, for nvidia::gate
  $fact = $facts['nvidia'] ? { Hash => $facts['nvidia'], default => {} }
  $cards = $fact.get('gpus', []).filter |$card| { $card['index'] and $card['uuid'] }

  file { '/var/lib/nvidia':
    ensure => directory,
    owner  => 'root',
    group  => 'root',
    mode   => '0755',
  }

  unless $cards.empty or !$fact.get('lost', []).empty {
    file { '/var/lib/nvidia/cards.json':
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      content => stdlib::to_json($cards.map |$card| { { 'index' => $card['index'], 'uuid' => $card['uuid'] } }),
    }
  }
}
