# @summary The certificate by which this machine is watched, and by which it watches: on the Puppet server one of its own
#
# Elsewhere it is the machine's. The server's would let a hole in an exporter or a page into the authority, and pose as the
# server to every agent: so there is a second one, by the name `watch.` and the server's. It has no role, so it gets no
# catalogue, and none of the server's names. PuppetDB and the state of Puppet Server answer it.
#
# A first run by `puppet apply` knows no role: until the agent's first one the machine's own is used.
#
# @example Where a profile hands it to its unit
#   require profile::watch_certificate
#   $certificate = $profile::watch_certificate::certificate
class profile::watch_certificate {
  $certname = profile::watch_certname()
  $certificate = "/var/lib/puppet/ssl/certs/${certname}.pem"
  $key = "/var/lib/puppet/ssl/private_keys/${certname}.pem"

  if $certname != $trusted['certname'] {
    $program = '/usr/local/sbin/puppet-client-certificate'

    file { $program:
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0755',
      content => file('profile/client-certificate.sh'),
    }
    -> exec { 'make the certificate of the watch':
      command   => "${program} make ${certname}",
      unless    => "${program} check ${certname}",
      path      => ['/usr/bin', '/bin'],
      timeout   => 120,
      # a server that was just started may not sign yet
      tries     => 3,
      try_sleep => 10,
    }
    # It is asked to sign.
    Service<| title == 'puppetserver' |> -> Exec['make the certificate of the watch']
  }
}
