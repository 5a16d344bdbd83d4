# @summary The exporter of the fleet: what PuppetDB and Puppet Server know of it, for Prometheus
#
# On loopback it speaks to anybody on this machine. At any other address it speaks TLS, by the name of
# profile::watch_certificate, and only to clients with a certificate of Puppet's authority.
#
# @example In hieradata/roles/puppet_server.yaml, where Prometheus is on another machine
#   profile::exporter::address: 0.0.0.0
#
# @param address
#   Where it listens.
# @param port
#   Its port.
# @param window
#   Seconds over which drift is counted: nodes on which something was put right, of those that reported.
class profile::exporter (
  Stdlib::IP::Address::Nosubnet $address = '127.0.0.1',
  Stdlib::Port::Unprivileged $port = 9801,
  Integer[10] $window = 86400,
) {
  require profile::puppet_ca
  require profile::watch_certificate
  include profile::fleet
  include profile::puppet_server

  $unit = '/etc/systemd/system/fleet-exporter.service'
  $settings = '/etc/fleet-exporter/puppetdb.conf'
  $credentials = '/run/credentials/fleet-exporter.service'
  $tls = $address ? {
    /\A(127\.|::1\z)/ => [],
    default           => ["--certificate ${credentials}/cert.pem", "--key ${credentials}/key.pem", "--client-ca ${credentials}/ca.pem"],
  }
  $listen = $address ? { /:/ => "[${address}]:${port}", default => "${address}:${port}" }

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    '/etc/fleet-exporter':
      ensure => directory,
      mode   => '0755',
      ;
    $settings:
      content => stdlib::to_json_pretty({
          'puppetdb' => {
            'server_urls' => "https://${profile::puppet_server::puppetdb_server}:8081",
            'cacert'      => "${credentials}/ca.pem",
            'cert'        => "${credentials}/cert.pem",
            'key'         => "${credentials}/key.pem",
          },
      }),
      ;
    $unit:
      content => epp('profile/fleet-exporter.service.epp', {
          'arguments' => [
            "--listen ${listen}",
            "--puppetdb ${settings}",
            "--puppetserver https://${trusted['certname']}:8140",
            "--window ${window}",
          ] + $tls,
          'certname'  => $profile::watch_certificate::certname,
      }),
      ;
  }
  ~> service { 'fleet-exporter.service':
    ensure  => running,
    enable  => true,
    require => Class['profile::fleet'],
  }
  # it goes on with the code that it has loaded
  -> units::current { 'fleet-exporter':
    unit  => 'fleet-exporter.service',
    files => [
      $unit,
      $settings,
      '/etc/puppet/code/environments/production',
      $profile::watch_certificate::certificate,
    ],
  }
}
