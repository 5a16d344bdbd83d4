# @summary A second service, so that two can be in each other's way
#
# @param revision
#   The release that the node serves, by its name in `releases`.
#
# @param releases
#   The releases that exist, by name.
#
# @param port
#   The port that the service listens on.
#
# @param installer
#   What builds the Python environment.
#
# @param voices
#   The voices that are offered, by name.
class whisper (
  Optional[String] $revision = undef,
  Hash[String, Hash] $releases = {},
  Integer $port = 7870,
  Enum['uv', 'pip'] $installer = 'uv',
  Hash[String[1], Hash[String[1], String]] $voices = {},
) {
  notice($port)
}
