# Rendered by fleet render from templates/module/functions/arguments.pp.j2: edit that, not this file.

# @summary Flags and their values as command-line arguments
#
# A flag that is true stands alone; one that is false or undef is left out.
#
# @param flags
#   The flags, in their order on the command line.
#
# @param revision
#   The release that they are for.
#
# @param known
#   The flags that the release knows; undef where its pin does not say.
#
# @return
#   The arguments.
#
# @api private
function stable_diffusion::arguments(
  Hash[Stable_diffusion::Flag, Any] $flags,
  String $revision,
  Optional[Array[Stable_diffusion::Flag]] $known,
) >> Array[String] {
  $used = $flags.filter |$flag, $value| { $value =~ NotUndef and $value != false }
  if $known =~ NotUndef {
    $unknown = $used.keys - $known
    unless $unknown.empty {
      fail("stable_diffusion: ${unknown.join(' ')} set, but the release ${revision} knows no such flag (it knows: ${known.join(' ')}); leave the parameter at its default where ${revision} is served, or correct flags in its pin")
    }
  }
  $used.reduce([]) |$arguments, $pair| {
    $arguments + ($pair[1] ? {
        true    => [$pair[0]],
        # %s, because a number with a point has six decimals otherwise
        default => [$pair[0], String($pair[1], '%s')],
    })
  }
}
