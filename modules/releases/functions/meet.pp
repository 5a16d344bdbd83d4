# @summary Whether two cannot be on one node: the same, a folder in the other, or a port on an address and on all of its kind
#
# @api private
#
# @param kind
#   What they are.
#
# @param one
#   One of them.
#
# @param other
#   The other.
#
# @return
#   Whether they cannot.
function releases::meet(String[1] $kind, String[1] $one, String[1] $other) >> Boolean {
  case $kind {
    'folder': {
      $met = "${one}/".stdlib::start_with("${other}/") or "${other}/".stdlib::start_with("${one}/")
    }
    'socket': {
      # the wildcard of one family leaves the other family alone
      $places = [$one, $other].map |$socket| { $socket.match(/\A(.*):(\d+)\z/)[1, 2] }
      $addresses = $places.map |$place| { $place[0] }
      $wildcard = $addresses.any |$address| { $address in ['0.0.0.0', '::'] }
      $same_family = (':' in $addresses[0]) == (':' in $addresses[1])
      $met = $places[0][1] == $places[1][1] and ($addresses[0] == $addresses[1] or ($wildcard and $same_family))
    }
    default: {
      $met = $one == $other
    }
  }
  $met
}
