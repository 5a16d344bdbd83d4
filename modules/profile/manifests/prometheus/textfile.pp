# @summary Has the node exporter of this machine tell Prometheus what a file says, which somebody else writes
#
# @example
#   profile::prometheus::textfile { 'puppet_backup.prom':
#     source => '/var/lib/puppet-backup/puppet_backup.prom',
#   }
#
# @param source
#   The file; until it is written, nothing is told.
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
  }
}
