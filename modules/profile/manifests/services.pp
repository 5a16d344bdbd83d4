# @summary The services of a node, each by the class that `fleet render` makes of its definition
#
# Together on one node, no two may want the same port, account or folder, or more of a card than it has: what clashes is refused.
#
# @example In hieradata/, at whichever level
#   profile::services::names: [indextts2, speech_recognition]
#
# @param names
#   The services.
class profile::services (
  Array[Pattern[/\A[a-z][a-z0-9_]*\z/], 1] $names,
) {
  include $names

  $names.each |$name| {
    profile::prometheus::textfile { "${name}.prom":
      ensure => getvar("${name}::ensure"),
      source => "/var/lib/releases/${name}.prom",
    }
  }
}
