# @summary Tells Prometheus how this machine is: its disks, memory and load, and what others leave in the textfile folder
#
# It takes only clients with a certificate of Puppet's authority, and, where its version can, those of `clients` alone.
# Who it is it proves by the certificate of profile::watch_certificate.
# Debian and Ubuntu have it; on Rocky there is none in the system's own packages, and nothing is done.
#
# @example In hieradata/common.yaml
#   profile::node_exporter::clients: [monitoring.example.org]
#
# @param address
#   Where it listens.
# @param port
#   Its port.
# @param clients
#   Whose certificates it answers, where its version can tell them apart (Debian 13); empty for all of the fleet's. Where
#   the Puppet server watches, that is `watch.` and its name.
class profile::node_exporter (
  Stdlib::IP::Address::Nosubnet $address = '0.0.0.0',
  Stdlib::Port::Unprivileged $port = 9100,
  Array[Stdlib::Fqdn] $clients = [],
) {
  if $facts['os']['family'] == 'Debian' {
    $folder = '/var/lib/prometheus/node-exporter'
    $web = '/etc/prometheus/node-exporter-web.yml'
    $credentials = '/run/credentials/prometheus-node-exporter.service'
    $knows_names = ($facts['os']['name'] == 'Debian' and versioncmp($facts['os']['release']['major'], '13') >= 0)
    $names = ($knows_names and !$clients.empty) ? {
      true    => { 'client_allowed_sans' => $clients },
      default => {},
    }

    file {
      default:
        owner => 'root',
        group => 'root',
        mode  => '0644',
        ;
      '/etc/prometheus':
        ensure => directory,
        mode   => '0755',
        ;
      $web:
        ensure  => file,
        content => stdlib::to_yaml({
            'tls_server_config' => {
              'cert_file'        => "${credentials}/cert.pem",
              'key_file'         => "${credentials}/key.pem",
              'client_ca_file'   => "${credentials}/ca.pem",
              'client_auth_type' => 'RequireAndVerifyClientCert',
            } + $names,
        }),
        ;
    }
    # its web file is read anew at each connection
    -> profile::prometheus::daemon { 'prometheus-node-exporter':
      command      => [
        '/usr/bin/prometheus-node-exporter',
        "--web.listen-address=${address}:${port}",
        "--web.config.file=${web}",
        "--collector.textfile.directory=${folder}",
      ],
      certificate  => true,
      sees_machine => true,
    }

    # What the driver's module says of itself is in a folder of its own.
    if $facts['nvidia'] =~ Hash and $facts['nvidia']['present'] {
      include nvidia

      $cards = $nvidia::metrics::by_file ? { true => ['cards.prom'], default => [] }
      (['driver.prom'] + $cards).each |$file| {
        profile::prometheus::textfile { $file:
          source  => "/var/lib/nvidia/${file}",
          require => Class['nvidia::report', 'nvidia::metrics'],
        }
      }
    }
  }
}
