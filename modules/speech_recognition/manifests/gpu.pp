# Rendered by fleet render from templates/module/manifests/gpu.pp.j2: edit that, not this file.

# @summary The cards that Speech recognition computes on: what is refused for them, and the gate before its start
#
# @api private
class speech_recognition::gpu {
  assert_private()

  $revision = $speech_recognition::revision
  $pin = $speech_recognition::pin
  # card => its UUID or index, or undef where the service sees all that there are
  $bindings = $speech_recognition::gpu ? {
    'none'  => { '0' => undef },
    default => speech_recognition::cards($speech_recognition::gpus, $facts.get('nvidia', {})),
  }
  # Those that the service is bound to. Nothing is refused where nothing is known of them.
  $bound = $bindings.values
  $cards = $facts.get('nvidia.gpus', []).filter |$card| { undef in $bound or $card['uuid'] in $bound }

  if $speech_recognition::gpu != 'none' and $speech_recognition::handover == 'overlap' {
    # What the release before needs, no compile knows: twice this one, or the least of it where that alone is known.
    [$need, $copy] = $pin['vram_mib'] ? {
      undef   => ['least_vram_mib', $pin['least_vram_mib'].lest || { 0 }],
      default => ['vram_mib', $pin['vram_mib']],
    }
    $both = 2 * $copy
    $cards.filter |$card| { $card['memory_mib'] and $card['memory_mib'] < $both }.each |$card| {
      fail("speech_recognition::handover is 'overlap', but a card has ${card['memory_mib']} MiB, and two copies of ${revision} need ${both} MiB (${need} of its pin, twice): set speech_recognition::handover to hold")
    }
  }

  if $speech_recognition::gpu == 'required' {
    $cure = 'serve another release here, name only cards that can in speech_recognition::gpus, or set speech_recognition::gpu to optional'
    $needed = $pin['least_vram_mib'].lest || { 0 }
    $generation = $pin['compute_capability'].lest || { '0.0' }
    $cards.each |$card| {
      if $card['memory_mib'].lest || { $needed } < $needed {
        fail("speech_recognition::revision is '${revision}', which needs a card of ${needed} MiB (least_vram_mib of its pin), and ${card['name']}, card ${card['index']}, has ${card['memory_mib']}: ${cure}")
      }
      if versioncmp($card['compute_capability'].lest || { $generation }, $generation) < 0 {
        fail("speech_recognition::revision is '${revision}', which needs a card of compute capability ${generation} (compute_capability of its pin), and ${card['name']}, card ${card['index']}, has ${card['compute_capability']}: ${cure}")
      }
    }
  }

  # What one web UI takes of a card's memory; where nobody says it, at least that with which it runs.
  $budget = [$speech_recognition::vram_budget, $pin['vram_mib'], $pin['least_vram_mib']].filter |$mib| { $mib =~ NotUndef }
  $copies = $speech_recognition::handover ? {
    'overlap' => 2,
    default   => 1,
  }
  unless $speech_recognition::gpu == 'none' or $budget.empty {
    $cards.filter |$card| { $card['uuid'] and $card['memory_mib'] }.each |$card| {
      releases::share_card('speech_recognition', $card, $copies * $budget[0])
    }
  }

  unless $speech_recognition::gpu == 'none' {
    contain nvidia::gate
  }
  # Seconds that a start may wait for its card before its own time begins.
  $wait = $speech_recognition::gpu ? {
    'none'  => 0,
    default => $nvidia::gate::limit,
  }
  # The programs that say why the service could not start here, and whether a card is lost.
  [$gate, $lost] = $speech_recognition::gpu ? {
    'required' => ["${nvidia::gate::lib}/gate", "${nvidia::gate::lib}/lost"],
    default    => [undef, undef],
  }
}
