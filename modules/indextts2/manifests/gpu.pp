# Rendered by fleet render from templates/module/manifests/gpu.pp.j2: edit that, not this file.

# @summary The cards that IndexTTS2 computes on: what is refused for them, and the gate before its start
#
# @api private
class indextts2::gpu {
  assert_private()

  $revision = $indextts2::revision
  $pin = $indextts2::pin
  # card => its UUID or index, or undef where the service sees all that there are
  $bindings = $indextts2::gpu ? {
    'none'  => { '0' => undef },
    default => indextts2::cards($indextts2::gpus, $facts.get('nvidia', {})),
  }
  # Those that the service is bound to. Nothing is refused where nothing is known of them.
  $bound = $bindings.values
  $cards = $facts.get('nvidia.gpus', []).filter |$card| { undef in $bound or $card['uuid'] in $bound }

  if $indextts2::gpu != 'none' and $indextts2::handover == 'overlap' {
    # What the release before needs, no compile knows: twice this one, or the least of it where that alone is known.
    [$need, $copy] = $pin['vram_mib'] ? {
      undef   => ['least_vram_mib', $pin['least_vram_mib'].lest || { 0 }],
      default => ['vram_mib', $pin['vram_mib']],
    }
    $both = 2 * $copy
    $cards.filter |$card| { $card['memory_mib'] and $card['memory_mib'] < $both }.each |$card| {
      fail("indextts2::handover is 'overlap', but a card has ${card['memory_mib']} MiB, and two copies of ${revision} need ${both} MiB (${need} of its pin, twice): set indextts2::handover to hold")
    }
  }

  if $indextts2::gpu == 'required' {
    $cure = 'serve another release here, name only cards that can in indextts2::gpus, or set indextts2::gpu to optional'
    $needed = $pin['least_vram_mib'].lest || { 0 }
    $generation = $pin['compute_capability'].lest || { '0.0' }
    $cards.each |$card| {
      if $card['memory_mib'].lest || { $needed } < $needed {
        fail("indextts2::revision is '${revision}', which needs a card of ${needed} MiB (least_vram_mib of its pin), and ${card['name']}, card ${card['index']}, has ${card['memory_mib']}: ${cure}")
      }
      if versioncmp($card['compute_capability'].lest || { $generation }, $generation) < 0 {
        fail("indextts2::revision is '${revision}', which needs a card of compute capability ${generation} (compute_capability of its pin), and ${card['name']}, card ${card['index']}, has ${card['compute_capability']}: ${cure}")
      }
    }
  }

  # What one web UI takes of a card's memory; where nobody says it, at least that with which it runs.
  $budget = [$indextts2::vram_budget, $pin['vram_mib'], $pin['least_vram_mib']].filter |$mib| { $mib =~ NotUndef }
  $copies = $indextts2::handover ? {
    'overlap' => 2,
    default   => 1,
  }
  unless $indextts2::gpu == 'none' or $budget.empty {
    $cards.filter |$card| { $card['uuid'] and $card['memory_mib'] }.each |$card| {
      releases::share_card('indextts2', $card, $copies * $budget[0])
    }
  }

  unless $indextts2::gpu == 'none' {
    contain nvidia::gate
  }
  # Seconds that a start may wait for its card before its own time begins.
  $wait = $indextts2::gpu ? {
    'none'  => 0,
    default => $nvidia::gate::limit,
  }
  # The programs that say why the service could not start here, and whether a card is lost.
  [$gate, $lost] = $indextts2::gpu ? {
    'required' => ["${nvidia::gate::lib}/gate", "${nvidia::gate::lib}/lost"],
    default    => [undef, undef],
  }
}
