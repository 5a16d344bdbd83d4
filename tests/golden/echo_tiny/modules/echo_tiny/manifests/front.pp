# Rendered by fleet render from templates/module/manifests/front.pp.j2: edit that, not this file.

# @summary The front of Echo's 回声 100% "tiny" <%= title %> ${title}: HAProxy, which holds what is asked while the web UI behind it changes
#
# @api private
class echo_tiny::front {
  assert_private()

  $unit = 'echo_tiny-front.service'
  $account = 'echo_tiny-front'
  $folder = "${echo_tiny::config_dir}/front"
  $config = "${folder}/haproxy.cfg"
  # certificate and key in one file, as HAProxy reads them
  $pem = "${folder}/tls.pem"
  $libexec = $echo_tiny::libexec_dir
  $run_dir = '/run/echo_tiny-front'
  # by which it says what `releases` knows
  $notice = '/var/lib/releases/echo_tiny.map'
  $certificate = $echo_tiny::tls_certificate
  $key = $echo_tiny::tls_key
  if ($certificate =~ Undef) != ($key =~ Undef) {
    fail("echo_tiny::tls_certificate is '${certificate}' and echo_tiny::tls_key is '${key}': TLS needs both, so set both or neither")
  }
  if $echo_tiny::plain_port and !$certificate {
    fail("echo_tiny::plain_port is ${echo_tiny::plain_port}, but there is no TLS to send its clients to: set echo_tiny::tls_certificate and echo_tiny::tls_key, or take it out")
  }
  $port = $echo_tiny::port
  # card => slot => the loopback port of the instance there
  $cards = Hash(['0'].map |$card| {
      [$card, { 'blue' => $port + 1 + 2 * Integer($card), 'green' => $port + 2 + 2 * Integer($card) }]
  })
  $ports = [$port, $echo_tiny::plain_port, $echo_tiny::metrics_port].filter |$port| { $port =~ NotUndef }
  $all_ports = $ports + $cards.map |$card, $slots| { $slots.values }.flatten
  if $all_ports.unique != $all_ports {
    fail("echo_tiny: two would listen on one port of ${all_ports.join(', ')}: give port (and the two after it), plain_port and metrics_port of echo_tiny each another")
  }
  releases::alone('echo_tiny', 'socket', [$port, $echo_tiny::plain_port].filter |$one| { $one =~ NotUndef }.map |$one| {
      "${echo_tiny::address}:${one}"
    } + ($all_ports - [$port, $echo_tiny::plain_port]).map |$one| { "127.0.0.1:${one}" })
  $users = $echo_tiny::users ? {
    undef   => {},
    default => $echo_tiny::users.unwrap,
  }
  # The longest that a switch holds requests, in seconds: the old release ends its jobs and stops, the new one is tried to
  # the last and stopped, and the old one loads again; a stop takes TimeoutStopSec at most.
  $hold = $echo_tiny::drain_timeout + 2 * $echo_tiny::ready_timeout + 2 * 30
  $text = epp('echo_tiny/haproxy.cfg.epp', {
      'address'       => $echo_tiny::address,
      'port'          => $port,
      'cards'         => $cards,
      'hold'          => $hold,
      'max_held'      => $echo_tiny::max_held,
      'allowed'       => $echo_tiny::allowed_networks,
      'tls'           => $certificate ? {
        undef   => undef,
        default => { 'certificate' => $pem, 'plain_port' => $echo_tiny::plain_port },
      },
      'users'         => $users,
      'max_body'      => $echo_tiny::max_request_bytes,
      'max_rate'      => $echo_tiny::max_requests,
      'metrics_port'  => $echo_tiny::metrics_port,
      'run_dir'       => $run_dir,
      'notice'        => $notice,
  })

  $content = $echo_tiny::users ? {
    undef   => $text,
    default => Sensitive($text),
  }

  require releases
  require releases::haproxy

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => $account,
      mode   => '0640',
      ;
    $folder:
      # a run that was killed may leave a key here
      ensure  => directory,
      mode    => '0750',
      recurse => true,
      purge   => true,
      force   => true,
      backup  => false,
      ;
    # HAProxy takes no configuration without it; what is in it, `releases` writes
    $notice:
      content => '',
      replace => false,
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      before  => File[$config],
      ;
    $config:
      # one that HAProxy does not take never gets there
      validate_cmd => '/usr/sbin/haproxy -c -q -f %',
      content      => $content,
      # what is replaced holds hashes of passwords
      backup       => false,
      ;
    "/etc/systemd/system/${unit}":
      content => epp('echo_tiny/front.service.epp', {
          'account' => $account,
          'folder'  => $folder,
          'run_dir' => $run_dir,
      }),
      group   => 'root',
      mode    => '0644',
      ;
  }

  if $certificate {
    file { "${libexec}/front-certificate":
      ensure  => file,
      content => file('releases/pem.sh'),
      owner   => 'root',
      group   => 'root',
      mode    => '0755',
    }

    # Whatever renews the certificate on the node, the next run has the front take it over.
    exec { 'echo_tiny: certificate of the front':
      command   => ["${libexec}/front-certificate", 'install', $certificate, $key, $pem, $account, 'tls_certificate and tls_key of echo_tiny'],
      unless    => [['/bin/sh', "${libexec}/front-certificate", 'check', $certificate, $key, $pem]],
      logoutput => 'on_failure',
      require   => File["${libexec}/front-certificate", $folder],
    }
    # what is in it, the exec sees to
    -> file { $pem:
      ensure => file,
      owner  => 'root',
      group  => $account,
      mode   => '0640',
      before => File[$config],
    }
  } else {
    # a key that nobody uses is no more than a risk
    file { $pem:
      ensure  => absent,
      backup  => false,
      require => File[$config],
      before  => Service[$unit],
    }
  }

  # Puppet cannot say why a service does not start; this can, where somebody else has a port of it.
  exec { 'echo_tiny: ports of the front':
    command   => ['/usr/local/sbin/releases', 'echo_tiny', 'ports'],
    unless    => [['/bin/systemctl', 'is-active', '--quiet', $unit]],
    logoutput => 'on_failure',
    require   => File['/etc/releases/echo_tiny.json'],
    before    => Service[$unit],
  }

  service { $unit:
    ensure  => running,
    enable  => true,
    require => File[$config, "/etc/systemd/system/${unit}", '/etc/releases/echo_tiny.json'],
  }

  # A reload lets every connection end. A changed unit counts from the next start: a restart would cut connections.
  # The front says itself what it has loaded, so that a reload that failed, or that a killed run left out, is made up for.
  exec { 'echo_tiny: reload the front':
    command   => [
      '/bin/sh', '-c',
      "/bin/systemctl daemon-reload && /bin/systemctl reload ${unit} || { /bin/journalctl --unit ${unit} --since -60s --output cat | /bin/grep -E '^\\[ALERT\\]|^releases: ' >&2; exit 1; }",
    ],
    unless    => [['/usr/bin/sha256sum', '--check', '--status', "${run_dir}/loaded"]],
    logoutput => 'on_failure',
    timeout   => 0,
    require   => Service[$unit],
  }
}
