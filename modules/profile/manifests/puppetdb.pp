# @summary PuppetDB with its PostgreSQL: the record of every node's facts, catalogues and reports
#
# It speaks TLS with the certificate of this machine's agent; plain HTTP stays on loopback.
#
# @example In hieradata/roles/puppet_server.yaml
#   profile::puppetdb::heap: 1g
#
# @param heap
#   Java's heap.
# @param java_args
#   Further arguments for Java.
# @param clients
#   Whose certificates it answers: the Puppet server's, and those of the desks from which operators ask. A node has
#   no business in the record of the others. That of the watch here (profile::watch_certificate) is always among them.
#   Who is, may also write: PuppetDB does not tell questions from commands.
class profile::puppetdb (
  Pattern[/\A\d+[mg]\z/] $heap = '512m',
  Array[Pattern[/\A-\S+\z/]] $java_args = [],
  Array[Stdlib::Fqdn, 1] $clients = [$trusted['certname']],
) {
  require profile::puppet_ca

  # Debian's puppetdb makes its database while it is installed: PostgreSQL has to run by then.
  package { 'postgresql':
    ensure => installed,
  }
  -> package { 'puppetdb':
    ensure => installed,
  }
  -> user { 'puppetdb':
    # Puppet's key is readable for its group.
    groups     => ['puppet'],
    membership => minimum,
    notify     => Service['puppetdb'],
  }

  $arguments = ["-Xmx${heap}"] + $java_args
  ini_setting { "puppetdb: java's arguments":
    path              => '/etc/default/puppetdb',
    section           => '',
    setting           => 'JAVA_ARGS',
    key_val_separator => '=',
    value             => "\"${join($arguments, ' ')}\"",
    require           => Package['puppetdb'],
    notify            => Service['puppetdb'],
  }

  $jetty = {
    'host'        => 'localhost',
    'ssl-host'    => '0.0.0.0',
    'ssl-port'    => 8081,
    'ssl-key'     => "/var/lib/puppet/ssl/private_keys/${trusted['certname']}.pem",
    'ssl-cert'    => "/var/lib/puppet/ssl/certs/${trusted['certname']}.pem",
    'ssl-ca-cert' => '/var/lib/puppet/ssl/certs/ca.pem',
  }
  $jetty.each |$setting, $value| {
    ini_setting { "jetty.ini: ${setting}":
      path    => '/etc/puppetdb/conf.d/jetty.ini',
      section => 'jetty',
      setting => $setting,
      value   => $value,
      require => Package['puppetdb'],
      notify  => Service['puppetdb'],
    }
  }

  file { '/etc/puppetdb/certificate-allowlist':
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => join(unique($clients + ["watch.${trusted['certname']}"]) + [''], "\n"),
    require => Package['puppetdb'],
    notify  => Service['puppetdb'],
  }
  -> ini_setting { 'puppetdb: whom it answers':
    path    => '/etc/puppetdb/conf.d/allowlist.ini',
    section => 'puppetdb',
    setting => 'certificate-allowlist',
    value   => '/etc/puppetdb/certificate-allowlist',
    notify  => Service['puppetdb'],
  }

  # Both Java servers take half a minute to start; the one is asked for without waiting, so that the other,
  # which can do without it for that long, starts beside it.
  service { 'puppetdb':
    ensure => running,
    enable => true,
    start  => 'systemctl start --no-block puppetdb.service',
  }
  Service['puppetdb'] -> Service<| title == 'puppetserver' |>
}
