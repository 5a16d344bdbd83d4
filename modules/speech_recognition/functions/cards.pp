# Rendered by fleet render from templates/module/functions/cards.pp.j2: edit that, not this file.

# @summary The cards that the service computes on, and how CUDA is told of each
#
# @param gpus
#   The cards, as the parameter of the class says them.
#
# @param known
#   The fact nvidia.
#
# @return
#   Card => its UUID, or its index where the UUID is not known; undef where the service sees all cards that there are.
#
# @api private
function speech_recognition::cards(
  Variant[Enum['all'], Array[Integer, 1], Array[Speech_recognition::Uuid, 1]] $gpus,
  Hash $known,
) >> Hash[String, Optional[String]] {
  # With one of them lost, the others could be taken for all, and have another's index.
  $there = pick($known['remembered'], $known['gpus'], []).filter |$one| { $one['index'] and $one['uuid'] }
  if $gpus == 'all' {
    $there.empty ? {
      true    => { '0' => undef },
      default => Hash($there.map |$one| { [String($one['index']), $one['uuid']] }),
    }
  } else {
    # in whatever order they are named: with each, a card's place would be another
    Hash($gpus.unique.sort.map |$index, $gpu| {
        if $gpu =~ Integer {
          $found = $there.filter |$one| { $one['index'] == $gpu }
          [String($gpu), $found.empty ? { true => String($gpu), default => $found[0]['uuid'] }]
        } else {
          [String($index), $gpu]
        }
    })
  }
}
