# @summary The weights by which a rollout's members together get their share of the requests, whatever the numbers of nodes
#
# HAProxy takes whole weights from 1 to 256; of all pairs it is the one whose share is nearest to the wanted one, and of equals the
# one with the smallest numbers, which spreads a few requests best. Where there are members alone, or none, all weigh the same. Nobody
# weighs nothing, whatever the share: where all members are gone, the others are there. So 99 percent for one of five nodes are 98.5,
# and 100 are what 256 to 1 is.
#
# @param members
#   How many nodes of the rollout there are.
# @param others
#   How many others there are.
# @param share
#   The percent of the requests that all members together get.
# @return
#   What a member weighs, and what another node does.
# @example One node of three, and a tenth of the requests
#   gateway::weights(1, 2, 10)     # { member => 2, other => 9 }
function gateway::weights(
  Integer[0] $members,
  Integer[0] $others,
  Integer[1, 100] $share,
) >> Struct[{ member => Integer[1, 256], other => Integer[1, 256] }] {
  if $members == 0 or $others == 0 {
    { 'member' => 1, 'other' => 1 }
  } elsif $share == 100 {
    { 'member' => 256, 'other' => 1 }
  } else {
    $wanted = $share / 100.0
    Integer[1, 256].map |$other| {
      # what a member weighs where the shares are as wanted, as near as a whole number comes to it
      $exact = $wanted * $others * $other / ($members * (1 - $wanted))
      $member = min(256, max(1, round($exact)))
      $got = Float($member * $members) / ($member * $members + $other * $others)
      [abs($got - $wanted), $member, $other]
    }.reduce |$best, $next| {
      # a smaller error counts only where it is one that anybody could see
      if $next[0] < $best[0] - 0.0005 { $next } else { $best }
    }.then |$best| {
      { 'member' => $best[1], 'other' => $best[2] }
    }
  }
}
