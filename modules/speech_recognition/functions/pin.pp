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
function speech_recognition::pin(
  Optional[String] $revision,
  Hash[String, Hash] $releases,
  String $installer,
) >> Speech_recognition::Release {
  if $revision =~ Undef {
    fail("speech_recognition::revision is not set: name the release to serve, one of ${releases.keys.sort.join(', ')}")
  }
  if $revision !~ Speech_recognition::Revision {
    fail("speech_recognition::revision is '${revision}', which is no name of a release: use letters, digits and . _ + - only")
  }
  if !($revision in $releases) {
    $known = $releases.keys.sort.join(', ')
    fail("speech_recognition::revision is '${revision}', which speech_recognition::releases does not pin (it pins: ${known}); 'fleet pin speech_recognition TAG' pins another tag of the source, and a branch is never a revision")
  }

  $pin = $releases[$revision]
  if $pin['commit'] !~ Speech_recognition::Commit {
    fail("speech_recognition::releases: ${revision} is pinned to the commit '${pin['commit']}', which is not a full one of 40 hex digits; 'fleet pin speech_recognition ${revision} --repin' puts it in")
  }
  $checked = assert_type(Speech_recognition::Release, $pin) |$expected, $actual| {
    fail("speech_recognition::releases: the pin of ${revision} is ${actual}, where ${expected} is wanted; correct it in hieradata/catalogue/speech_recognition.yaml")
  }
  if $pin['install'] == 'lock' and !$pin['lock_sha256'] {
    fail("speech_recognition::releases: ${revision} is installed from its lock, but lock_sha256 is missing; give the SHA-256 of uv.lock at its commit")
  }
  if $pin['install'] == 'lock' and $installer != 'uv' {
    fail("speech_recognition::installer is '${installer}', but ${revision} is installed from its lock, which only uv can read: set speech_recognition::installer to uv")
  }
  $checked
}
