# Rendered by fleet render from templates/module/manifests/front.pp.j2: edit that, not this file.

# @summary The front of IndexTTS2: HAProxy, which holds what is asked while the web UI behind it changes
#
# @api private
class indextts2::front {
  assert_private()

  $unit = 'indextts2-front.service'
  $account = 'indextts2-front'
  $folder = "${indextts2::config_dir}/front"
  $config = "${folder}/haproxy.cfg"
  # certificate and key in one file, as HAProxy reads them
  $pem = "${folder}/tls.pem"
  $libexec = $indextts2::libexec_dir
  $run_dir = '/run/indextts2-front'
  # by which it says what `releases` knows
  $notice = '/var/lib/releases/indextts2.map'
  $certificate = $indextts2::tls_certificate
  $key = $indextts2::tls_key
  if ($certificate =~ Undef) != ($key =~ Undef) {
    fail("indextts2::tls_certificate is '${certificate}' and indextts2::tls_key is '${key}': TLS needs both, so set both or neither")
  }
  if $indextts2::plain_port and !$certificate {
    fail("indextts2::plain_port is ${indextts2::plain_port}, but there is no TLS to send its clients to: set indextts2::tls_certificate and indextts2::tls_key, or take it out")
  }
  $port = $indextts2::port
  # card => slot => the loopback port of the instance there
  $cards = Hash($indextts2::gpu::bindings.keys.map |$card| {
      [$card, { 'blue' => $port + 1 + 2 * Integer($card), 'green' => $port + 2 + 2 * Integer($card) }]
  })
  $cards.filter |$card, $slots| { $slots['green'] > 65535 }.each |$card, $slots| {
    fail("indextts2::port is ${port}, and the web UIs of card ${card} would listen on ${slots['blue']} and ${slots['green']}, beyond 65535: give a lower port, such as 7860")
  }
  $ports = [$port, $indextts2::plain_port, $indextts2::metrics_port].filter |$port| { $port =~ NotUndef }
  $all_ports = $ports + $cards.map |$card, $slots| { $slots.values }.flatten
  if $all_ports.unique != $all_ports {
    fail("indextts2: two would listen on one port of ${all_ports.join(', ')}: give port (and the two after it), plain_port and metrics_port of indextts2 each another")
  }
  releases::alone('indextts2', 'socket', [$port, $indextts2::plain_port].filter |$one| { $one =~ NotUndef }.map |$one| {
      "${indextts2::address}:${one}"
    } + ($all_ports - [$port, $indextts2::plain_port]).map |$one| { "127.0.0.1:${one}" })
  $users = $indextts2::users ? {
    undef   => {},
    default => $indextts2::users.unwrap,
  }
  $smoke = $indextts2::smoke_text ? {
    undef   => undef,
    default => {
      'function' => 'gen_single',
      'text'     => $indextts2::smoke_text,
      'voice'    => $indextts2::smoke_voice,
      'timeout'  => $indextts2::smoke_timeout,
      'join'     => '/gradio_api/queue/join',
      'stream'   => '/gradio_api/queue/data',
      'session'  => 'session_hash',
    },
  }
  $smoke_seconds = $smoke ? {
    undef   => 0,
    default => $indextts2::smoke_timeout,
  }
  # The longest that a switch holds requests, in seconds: the old release ends its jobs and stops, the new one is tried to
  # the last and stopped, and the old one loads again; a stop takes TimeoutStopSec at most, and each start may wait for its card.
  $hold = $indextts2::drain_timeout + 2 * ($indextts2::gpu::wait + $indextts2::ready_timeout) + 2 * 30 + $smoke_seconds
  $text = epp('indextts2/haproxy.cfg.epp', {
      'address'       => $indextts2::address,
      'port'          => $port,
      'cards'         => $cards,
      'hold'          => $hold,
      'max_held'      => $indextts2::max_held,
      'allowed'       => $indextts2::allowed_networks,
      'tls'           => $certificate ? {
        undef   => undef,
        default => { 'certificate' => $pem, 'plain_port' => $indextts2::plain_port },
      },
      'users'         => $users,
      'max_body'      => $indextts2::max_request_bytes,
      'max_rate'      => $indextts2::max_requests,
      'metrics_port'  => $indextts2::metrics_port,
      'run_dir'       => $run_dir,
      'notice'        => $notice,
  })

  $content = $indextts2::users ? {
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
      content => epp('indextts2/front.service.epp', {
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
    exec { 'indextts2: certificate of the front':
      command   => ["${libexec}/front-certificate", 'install', $certificate, $key, $pem, $account, 'tls_certificate and tls_key of indextts2'],
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
  exec { 'indextts2: ports of the front':
    command   => ['/usr/local/sbin/releases', 'indextts2', 'ports'],
    unless    => [['/bin/systemctl', 'is-active', '--quiet', $unit]],
    logoutput => 'on_failure',
    require   => File['/etc/releases/indextts2.json'],
    before    => Service[$unit],
  }

  service { $unit:
    ensure  => running,
    enable  => true,
    require => File[$config, "/etc/systemd/system/${unit}", '/etc/releases/indextts2.json'],
  }

  # A reload lets every connection end. A changed unit counts from the next start: a restart would cut connections.
  # The front says itself what it has loaded, so that a reload that failed, or that a killed run left out, is made up for.
  exec { 'indextts2: reload the front':
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
