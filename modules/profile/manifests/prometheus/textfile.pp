# @summary Has the node exporter of this machine tell Prometheus what a file says, which somebody else writes
#
# @example
#   profile::prometheus::textfile { 'puppet_backup.prom':
#     source => '/var/lib/puppet-backup/puppet_backup.prom',
#   }
#
# @param source
#   The file; until it is written, it is empty, and nothing is told.
# @param ensure
#   Whether it is told.
define profile::prometheus::textfile (
  Stdlib::Absolutepath $source,
  Enum['present', 'absent'] $ensure = 'present',
) {
  include profile::node_exporter

  $link = $ensure ? { 'present' => link, default => absent }

  # where there is an exporter
  if $facts['os']['family'] == 'Debian' {
    file { "/var/lib/prometheus/node-exporter/${title}":
      ensure  => $link,
      owner   => 'root',
      group   => 'root',
      target  => $source,
      require => Package['prometheus-node-exporter'],
    }

    # A link to nothing counts as an error of the collector. Whoever writes the file puts another in its place, and systemd gives a
    # folder that is there to the unit whose state it is.
    if $ensure == 'present' {
      exec { "begin ${source}":
        command => ['/usr/bin/install', '-D', '--mode=0644', '/dev/null', $source],
        creates => $source,
        # a link is somebody's who has a file elsewhere
        unless  => [['/usr/bin/test', '-L', $source]],
        before  => File["/var/lib/prometheus/node-exporter/${title}"],
      }
    }
  }
}
