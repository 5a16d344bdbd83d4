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
function echo_tiny::pin(
  Optional[String] $revision,
  Hash[String, Hash] $releases,
  String $installer,
) >> Echo_tiny::Release {
  if $revision =~ Undef {
    fail("echo_tiny::revision is not set: name the release to serve, one of ${releases.keys.sort.join(', ')}")
  }
  if $revision !~ Echo_tiny::Revision {
    fail("echo_tiny::revision is '${revision}', which is no name of a release: use letters, digits and . _ + - only")
  }
  if !($revision in $releases) {
    $known = $releases.keys.sort.join(', ')
    fail("echo_tiny::revision is '${revision}', which echo_tiny::releases does not pin (it pins: ${known}); 'fleet pin echo_tiny TAG' pins another tag of the source, and a branch is never a revision")
  }

  $pin = $releases[$revision]
  if $pin['commit'] !~ Echo_tiny::Commit {
    fail("echo_tiny::releases: ${revision} is pinned to the commit '${pin['commit']}', which is not a full one of 40 hex digits; 'fleet pin echo_tiny ${revision} --repin' puts it in")
  }
  $checked = assert_type(Echo_tiny::Release, $pin) |$expected, $actual| {
    fail("echo_tiny::releases: the pin of ${revision} is ${actual}, where ${expected} is wanted; correct it in hieradata/catalogue/echo_tiny.yaml")
  }
  if $pin['install'] == 'lock' and !$pin['lock_sha256'] {
    fail("echo_tiny::releases: ${revision} is installed from its lock, but lock_sha256 is missing; give the SHA-256 of uv.lock at its commit")
  }
  if $pin['install'] == 'lock' and $installer != 'uv' {
    fail("echo_tiny::installer is '${installer}', but ${revision} is installed from its lock, which only uv can read: set echo_tiny::installer to uv")
  }
  $checked
}
