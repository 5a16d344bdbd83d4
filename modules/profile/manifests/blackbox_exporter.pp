# @summary Asks web UIs whether they answer, as a client would
#
# @example A web UI that wants a password, in hieradata/secrets/prod.yaml
#   profile::blackbox_exporter::user: watch
#   profile::blackbox_exporter::password: ENC[PKCS7,MIIBeQYJKoZIhvcNAQcDoIIBajCCAWYCAQAx…]
#
# @param timeout
#   Seconds after which a web UI does not answer.
# @param user
#   As whom it asks, where the service's `users` want one.
# @param password
#   The password of that user, as it is.
class profile::blackbox_exporter (
  Integer[1, 60] $timeout = 5,
  Optional[String[1]] $user = undef,
  Optional[Sensitive[String[1]]] $password = undef,
) {
  $file = '/etc/prometheus/blackbox.yml'
  $secret = '/etc/prometheus/blackbox.password'
  # A password is told to nobody who cannot say who they are; without one there is nothing to be told.
  $asks = $user ? {
    undef   => { 'tls_config' => { 'insecure_skip_verify' => true } },
    default => { 'basic_auth' => { 'username' => $user, 'password_file' => $secret } },
  }

  if $user and !$password {
    fail('profile::blackbox_exporter::user has no password: set profile::blackbox_exporter::password, in hieradata/secrets/')
  }

  file {
    default:
      ensure  => file,
      owner   => 'root',
      group   => 'prometheus',
      require => Package['prometheus-blackbox-exporter'],
      ;
    $file:
      mode         => '0644',
      validate_cmd => '/usr/bin/prometheus-blackbox-exporter --config.check --config.file=%',
      content      => stdlib::to_yaml({
          'modules' => {
            'webui' => {
              'prober'  => 'http',
              'timeout' => "${timeout}s",
              'http'    => { 'preferred_ip_protocol' => 'ip4' } + $asks,
            },
          },
      }),
      ;
    $secret:
      ensure  => stdlib::ensure($user =~ NotUndef, 'file'),
      mode    => '0640',
      content => $password,
      ;
  }

  profile::prometheus::daemon { 'prometheus-blackbox-exporter':
    command => [
      '/usr/bin/prometheus-blackbox-exporter',
      "--config.file=${file}",
      '--web.listen-address=127.0.0.1:9115',
    ],
    reads   => [$file],
  }
}
