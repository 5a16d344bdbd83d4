# @summary Signs the certificate of a node that was invited, for just the role that it was invited to
#
# An invitation is a one-time token in the CSR's challengePassword: a MAC over certname, role, environment and
# expiry, made with a key that never leaves this server (`fleet join` prints one).
#
# @example Read what it said about the last requests
#   journalctl -t puppet-autosign
class profile::autosign {
  require profile::puppet_ca

  package { 'python3-cryptography':
    ensure => installed,
  }

  file {
    default:
      owner => 'root',
      group => 'root',
      ;
    '/usr/local/sbin/puppet-autosign':
      ensure  => file,
      mode    => '0755',
      content => file('profile/autosign.py'),
      ;
    # Where used tokens are remembered.
    '/var/lib/puppetserver/autosign':
      ensure => directory,
      owner  => 'puppet',
      group  => 'puppet',
      mode   => '0700',
      ;
    '/etc/puppet/autosign.key':
      ensure  => file,
      owner   => 'puppet',
      group   => 'puppet',
      mode    => '0400',
      require => Exec['make the key of the invitations'],
      ;
  }

  exec { 'make the key of the invitations':
    command  => 'umask 077 && openssl rand -hex 32 > /etc/puppet/autosign.key.new && mv /etc/puppet/autosign.key.new /etc/puppet/autosign.key',
    unless   => 'test -s /etc/puppet/autosign.key',
    path     => ['/usr/bin', '/bin'],
    provider => shell,
  }

  ini_setting { "puppet.conf: server's autosign":
    path    => "${settings::confdir}/puppet.conf",
    section => 'server',
    setting => 'autosign',
    value   => '/usr/local/sbin/puppet-autosign',
    require => [
      Package['python3-cryptography'],
      File['/usr/local/sbin/puppet-autosign', '/etc/puppet/autosign.key', '/var/lib/puppetserver/autosign'],
    ],
    notify  => Service['puppetserver'],
  }
}
