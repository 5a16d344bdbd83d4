# Rendered by fleet render from templates/module/functions/pin.pp.j2: edit that, not this file.

# @summary The pin of the revision that is wanted; fails with a sentence where there is none
#
# @param revision
#   The revision that is wanted.
#
# @param releases
#   The pins that exist, by revision.
#
# @param installer
#   What will build the release's environment.
#
# @return
#   The pin of the revision.
#
# @api private
function stable_diffusion::pin(
  Optional[String] $revision,
  Hash[String, Hash] $releases,
  String $installer,
) >> Stable_diffusion::Release {
  if $revision =~ Undef {
    fail("stable_diffusion::revision is not set: name the release to serve, one of ${releases.keys.sort.join(', ')}")
  }
  if $revision !~ Stable_diffusion::Revision {
    fail("stable_diffusion::revision is '${revision}', which is no name of a release: use letters, digits and . _ + - only")
  }
  if !($revision in $releases) {
    $known = $releases.keys.sort.join(', ')
    fail("stable_diffusion::revision is '${revision}', which stable_diffusion::releases does not pin (it pins: ${known}); 'fleet pin stable_diffusion TAG' pins another tag of the source, and a branch is never a revision")
  }

  $pin = $releases[$revision]
  if $pin['commit'] !~ Stable_diffusion::Commit {
    fail("stable_diffusion::releases: ${revision} is pinned to the commit '${pin['commit']}', which is not a full one of 40 hex digits; 'fleet pin stable_diffusion ${revision} --repin' puts it in")
  }
  $checked = assert_type(Stable_diffusion::Release, $pin) |$expected, $actual| {
    fail("stable_diffusion::releases: the pin of ${revision} is ${actual}, where ${expected} is wanted; correct it in hieradata/catalogue/stable_diffusion.yaml")
  }
  if $pin['install'] == 'lock' and !$pin['lock_sha256'] {
    fail("stable_diffusion::releases: ${revision} is installed from its lock, but lock_sha256 is missing; give the SHA-256 of uv.lock at its commit")
  }
  if $pin['install'] == 'lock' and $installer != 'uv' {
    fail("stable_diffusion::installer is '${installer}', but ${revision} is installed from its lock, which only uv can read: set stable_diffusion::installer to uv")
  }
  $checked
}
