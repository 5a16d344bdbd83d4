# @summary Puppet Server's package and its certificate authority, made before anything starts, or left to another server
#
# The CA is made on the disk, not by the server's first start: its own certificate has to carry the names of
# `dns_alt_names`, and PuppetDB needs a certificate before the server runs.
#
# @example In hieradata/roles/puppet_server.yaml
#   profile::puppet_ca::dns_alt_names: [puppet, puppet.example.org]
#
# @param dns_alt_names
#   The names by which agents may call this server.
# @param ca_server
#   The server that has the certificate authority, where this one has none: it only compiles.
class profile::puppet_ca (
  Array[Stdlib::Fqdn, 1] $dns_alt_names = ['puppet'],
  Optional[Stdlib::Fqdn] $ca_server = undef,
) {
  $ours = $ca_server =~ Undef
  package { 'puppetserver':
    ensure => installed,
  }

  ini_setting { "puppet.conf: server's dns_alt_names":
    path    => "${settings::confdir}/puppet.conf",
    section => 'server',
    setting => 'dns_alt_names',
    value   => join($dns_alt_names, ','),
  }

  ini_setting { 'puppet.conf: ca_server':
    ensure  => stdlib::ensure(!$ours),
    path    => "${settings::confdir}/puppet.conf",
    section => 'main',
    setting => 'ca_server',
    value   => $ca_server,
  }

  # Which of the two a server loads is all that makes it an authority.
  $service = $ours ? { true => 'service', default => 'disabled-service' }
  file { '/etc/puppet/puppetserver/services.d/ca.cfg':
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => epp('profile/ca.cfg.epp', { 'service' => $service }),
    require => Package['puppetserver'],
  }
  File['/etc/puppet/puppetserver/services.d/ca.cfg'] ~> Service<| title == 'puppetserver' |>

  if $ours {
    exec { 'make the certificate authority':
      command => 'puppetserver ca setup',
      unless  => 'test -s /etc/puppet/puppetserver/ca/ca_crt.pem',
      path    => ['/usr/bin', '/bin'],
      timeout => 120,
      require => [
        Package['puppetserver'],
        Ini_setting["puppet.conf: server's dns_alt_names"],
      ],
    }
  }
}
