# Rendered by fleet render from templates/module/functions/weights_dir.pp.j2: edit that, not this file.

# @summary The folder of the weights that a release names; undef where it names none
#
# @param revision
#   The release.
#
# @param pin
#   Its pin.
#
# @param weights
#   The bundles of weights that exist, by name.
#
# @param cache_hub
#   The folder that holds weights.
#
# @return
#   The folder, named after the bundle and its revision.
#
# @api private
function stable_diffusion::weights_dir(
  String $revision,
  Stable_diffusion::Release $pin,
  Hash[String[1], Stable_diffusion::Bundle] $weights,
  String $cache_hub,
) >> Optional[String] {
  $name = $pin['weights']
  if $name =~ Undef {
    undef
  } elsif $name in $weights and !('files_sha256' in $weights[$name]) {
    fail("stable_diffusion::weights: nobody has locked '${name}', which ${revision} names; 'fleet weights lock stable_diffusion ${name} --from DIR' says which files it has")
  } elsif $name in $weights {
    "${cache_hub}/${name}-${weights[$name]['revision'][0, 7]}"
  } else {
    fail("stable_diffusion::releases: ${revision} names the weights '${name}', which stable_diffusion::weights does not have (it has: ${weights.keys.sort.join(', ')}); add them to the catalogue")
  }
}
