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
function speech_recognition::weights_dir(
  String $revision,
  Speech_recognition::Release $pin,
  Hash[String[1], Speech_recognition::Bundle] $weights,
  String $cache_hub,
) >> Optional[String] {
  $name = $pin['weights']
  if $name =~ Undef {
    undef
  } elsif $name in $weights and !('files_sha256' in $weights[$name]) {
    fail("speech_recognition::weights: nobody has locked '${name}', which ${revision} names; 'fleet weights lock speech_recognition ${name} --from DIR' says which files it has")
  } elsif $name in $weights {
    "${cache_hub}/${name}-${weights[$name]['revision'][0, 7]}"
  } else {
    fail("speech_recognition::releases: ${revision} names the weights '${name}', which speech_recognition::weights does not have (it has: ${weights.keys.sort.join(', ')}); add them to the catalogue")
  }
}
