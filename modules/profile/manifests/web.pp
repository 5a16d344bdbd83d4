# @summary The one door to what people look at: TLS and a password before Puppetboard, Prometheus and Alertmanager
#
# Where no user is named, it is closed: each of them listens on loopback alone.
#
# @example In hieradata/secrets/prod.yaml: the hash is one of `openssl passwd -6`
#   profile::web::users:
#     alice: ENC[PKCS7,MIICiQYJKoZIhvcNAQcDoIICejCCAnYCAQAx…]
#
# @param users
#   Who is let in: names, and hashes of passwords.
# @param port
#   Where it listens, on all addresses.
# @param tls_certificate
#   Its certificate, and those between it and its authority, as PEM; that of profile::watch_certificate where it is not set.
# @param tls_key
#   The key of that certificate.
class profile::web (
  Sensitive[Hash[Pattern[/\A[\w.@+-]+\z/], Pattern[/\A\$[A-Za-z0-9$.\/=,]+\z/]]] $users = Sensitive({}),
  Stdlib::Port::Unprivileged $port = 9443,
  Optional[Stdlib::Absolutepath] $tls_certificate = undef,
  Optional[Stdlib::Absolutepath] $tls_key = undef,
) {
  include releases::haproxy
  require profile::watch_certificate

  $open = !$users.unwrap.empty
  $certificate = pick($tls_certificate, $profile::watch_certificate::certificate)
  $key = pick($tls_key, $profile::watch_certificate::key)
  $configuration = '/etc/fleet-web/haproxy.cfg'
  $unit = '/etc/systemd/system/fleet-web.service'

  file {
    default:
      owner => 'root',
      group => 'root',
      ;
    '/etc/fleet-web':
      ensure => directory,
      mode   => '0700',
      ;
    $configuration:
      ensure       => stdlib::ensure($open, 'file'),
      mode         => '0600',
      content      => Sensitive(epp('profile/fleet-web.cfg.epp', { 'users' => $users.unwrap, 'port' => $port })),
      # tried with the certificate that the unit gets
      validate_cmd => "folder=\$(mktemp -d) && cp ${certificate} \$folder/web.pem && cp ${key} \$folder/web.pem.key && \
        CREDENTIALS_DIRECTORY=\$folder /usr/sbin/haproxy -c -q -f %; result=\$?; rm -r \$folder; exit \$result",
      require      => Package['haproxy'],
      ;
    $unit:
      ensure  => file,
      mode    => '0644',
      content => epp('profile/fleet-web.service.epp', { 'certificate' => $certificate, 'key' => $key }),
      ;
  }
  ~> service { 'fleet-web.service':
    ensure => stdlib::ensure($open, 'service'),
    enable => $open,
  }
  -> units::current { 'fleet-web':
    unit  => 'fleet-web.service',
    files => [$configuration, $unit, $certificate],
  }

  # On the Puppet server this machine's certificate is made in the same run.
  Exec<| title == 'make the certificate authority' |> -> File[$configuration]
}
