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
function indextts2::pin(
  Optional[String] $revision,
  Hash[String, Hash] $releases,
  String $installer,
) >> Indextts2::Release {
  if $revision =~ Undef {
    fail("indextts2::revision is not set: name the release to serve, one of ${releases.keys.sort.join(', ')}")
  }
  if $revision !~ Indextts2::Revision {
    fail("indextts2::revision is '${revision}', which is no name of a release: use letters, digits and . _ + - only")
  }
  if !($revision in $releases) {
    $known = $releases.keys.sort.join(', ')
    fail("indextts2::revision is '${revision}', which indextts2::releases does not pin (it pins: ${known}); 'fleet pin indextts2 TAG' pins another tag of the source, and a branch is never a revision")
  }

  $pin = $releases[$revision]
  if $pin['commit'] !~ Indextts2::Commit {
    fail("indextts2::releases: ${revision} is pinned to the commit '${pin['commit']}', which is not a full one of 40 hex digits; 'fleet pin indextts2 ${revision} --repin' puts it in")
  }
  $checked = assert_type(Indextts2::Release, $pin) |$expected, $actual| {
    fail("indextts2::releases: the pin of ${revision} is ${actual}, where ${expected} is wanted; correct it in hieradata/catalogue/indextts2.yaml")
  }
  if $pin['install'] == 'lock' and !$pin['lock_sha256'] {
    fail("indextts2::releases: ${revision} is installed from its lock, but lock_sha256 is missing; give the SHA-256 of uv.lock at its commit")
  }
  if $pin['install'] == 'lock' and $installer != 'uv' {
    fail("indextts2::installer is '${installer}', but ${revision} is installed from its lock, which only uv can read: set indextts2::installer to uv")
  }
  $checked
}
