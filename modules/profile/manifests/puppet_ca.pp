# @summary Puppet Server's package and its certificate authority, made before anything starts
#
# The CA is made on the disk, not by the server's first start: its own certificate has to carry the names of
# `dns_alt_names`, and PuppetDB needs a certificate before the server runs.
#
# @example In hieradata/roles/puppet_server.yaml
#   profile::puppet_ca::dns_alt_names: [puppet, puppet.example.org]
#
# @param dns_alt_names
#   The names by which agents may call this server.
class profile::puppet_ca (
  Array[Stdlib::Fqdn, 1] $dns_alt_names = ['puppet'],
) {
  package { 'puppetserver':
    ensure => installed,
  }

  ini_setting { "puppet.conf: server's dns_alt_names":
    path    => "${settings::confdir}/puppet.conf",
    section => 'server',
    setting => 'dns_alt_names',
    value   => join($dns_alt_names, ','),
  }

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
