# @summary What Puppet Server decrypts Hiera's secrets with: hiera-eyaml, and a key that never leaves this server
#
# The public key, by which anybody encrypts, is for every desk. A copy of the private one belongs where a lost server
# does not take it along: without it, each secret has to be encrypted anew. Keys that a new server shall go on with
# are put into /etc/puppet/eyaml before its first run.
#
# @example Encrypt the hash of a password at a desk
#   openssl passwd -6 | eyaml encrypt --stdin --output=string --pkcs7-public-key=public_key.pkcs7.pem
class profile::hiera_eyaml {
  require profile::puppet_ca

  $keys = '/etc/puppet/eyaml'

  package { 'hiera-eyaml':
    ensure => installed,
    notify => Service['puppetserver'],
  }

  # Both keys appear at once. A folder with anything but a private key in it is somebody's, and mv leaves it.
  exec { 'make the keys of the secrets':
    command  => "umask 077 && rm -rf ${keys}.new && eyaml createkeys --pkcs7-keysize=4096 \
      --pkcs7-private-key=${keys}.new/private_key.pkcs7.pem --pkcs7-public-key=${keys}.new/public_key.pkcs7.pem &&
      sync ${keys}.new/* && mv -T ${keys}.new ${keys}",
    unless   => "test -s ${keys}/private_key.pkcs7.pem",
    path     => ['/usr/bin', '/bin'],
    provider => shell,
    require  => Package['hiera-eyaml'],
  }

  file {
    default:
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      require => Exec['make the keys of the secrets'],
      before  => Service['puppetserver'],
      ;
    $keys:
      ensure => directory,
      mode   => '0755',
      ;
    "${keys}/private_key.pkcs7.pem":
      owner => 'puppet',
      group => 'puppet',
      mode  => '0400',
      ;
    "${keys}/public_key.pkcs7.pem":
      ;
  }
}
