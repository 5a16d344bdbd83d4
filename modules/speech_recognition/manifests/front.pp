# Rendered by fleet render from templates/module/manifests/front.pp.j2: edit that, not this file.

# @summary The front of Speech recognition: HAProxy, which holds what is asked while the web UI behind it changes
#
# @api private
class speech_recognition::front {
  assert_private()

  $unit = 'speech_recognition-front.service'
  $account = 'speech_recognition-front'
  $folder = "${speech_recognition::config_dir}/front"
  $config = "${folder}/haproxy.cfg"
  # certificate and key in one file, as HAProxy reads them
  $pem = "${folder}/tls.pem"
  $libexec = $speech_recognition::libexec_dir
  $run_dir = '/run/speech_recognition-front'
  # by which it says what `releases` knows
  $notice = '/var/lib/releases/speech_recognition.map'
  $certificate = $speech_recognition::tls_certificate
  $key = $speech_recognition::tls_key
  if ($certificate =~ Undef) != ($key =~ Undef) {
    fail("speech_recognition::tls_certificate is '${certificate}' and speech_recognition::tls_key is '${key}': TLS needs both, so set both or neither")
  }
  if $speech_recognition::plain_port and !$certificate {
    fail("speech_recognition::plain_port is ${speech_recognition::plain_port}, but there is no TLS to send its clients to: set speech_recognition::tls_certificate and speech_recognition::tls_key, or take it out")
  }
  $port = $speech_recognition::port
  # card => slot => the loopback port of the instance there
  $cards = Hash($speech_recognition::gpu::bindings.keys.map |$card| {
      [$card, { 'blue' => $port + 1 + 2 * Integer($card), 'green' => $port + 2 + 2 * Integer($card) }]
  })
  $cards.filter |$card, $slots| { $slots['green'] > 65535 }.each |$card, $slots| {
    fail("speech_recognition::port is ${port}, and the web UIs of card ${card} would listen on ${slots['blue']} and ${slots['green']}, beyond 65535: give a lower port, such as 8000")
  }
  $ports = [$port, $speech_recognition::plain_port, $speech_recognition::metrics_port].filter |$port| { $port =~ NotUndef }
  $all_ports = $ports + $cards.map |$card, $slots| { $slots.values }.flatten
  if $all_ports.unique != $all_ports {
    fail("speech_recognition: two would listen on one port of ${all_ports.join(', ')}: give port (and the two after it), plain_port and metrics_port of speech_recognition each another")
  }
  releases::alone('speech_recognition', 'socket', [$port, $speech_recognition::plain_port].filter |$one| { $one =~ NotUndef }.map |$one| {
      "${speech_recognition::address}:${one}"
    } + ($all_ports - [$port, $speech_recognition::plain_port]).map |$one| { "127.0.0.1:${one}" })
  $users = $speech_recognition::users ? {
    undef   => {},
    default => $speech_recognition::users.unwrap,
  }
  $smoke = $speech_recognition::smoke_file ? {
    undef   => undef,
    default => {
      'path'    => '/v1/audio/transcriptions',
      'file'    => $speech_recognition::smoke_file,
      'timeout' => $speech_recognition::smoke_timeout,
      'answer'  => 'text',
      'field'   => 'file',
      'form'    => {
        'model' => 'Systran/faster-whisper-large-v3',
      },
    },
  }
  $smoke_seconds = $smoke ? {
    undef   => 0,
    default => $speech_recognition::smoke_timeout,
  }
  # The longest that a switch holds requests, in seconds: the old release ends its jobs and stops, the new one is tried to
  # the last and stopped, and the old one loads again; a stop takes TimeoutStopSec at most, and each start may wait for its card.
  $hold = $speech_recognition::drain_timeout + 2 * ($speech_recognition::gpu::wait + $speech_recognition::ready_timeout) + 2 * 30 + $smoke_seconds
  $text = epp('speech_recognition/haproxy.cfg.epp', {
      'address'       => $speech_recognition::address,
      'port'          => $port,
      'cards'         => $cards,
      'hold'          => $hold,
      'max_held'      => $speech_recognition::max_held,
      'allowed'       => $speech_recognition::allowed_networks,
      'tls'           => $certificate ? {
        undef   => undef,
        default => { 'certificate' => $pem, 'plain_port' => $speech_recognition::plain_port },
      },
      'users'         => $users,
      'max_body'      => $speech_recognition::max_request_bytes,
      'max_rate'      => $speech_recognition::max_requests,
      'metrics_port'  => $speech_recognition::metrics_port,
      'run_dir'       => $run_dir,
      'notice'        => $notice,
  })

  $content = $speech_recognition::users ? {
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
      content => epp('speech_recognition/front.service.epp', {
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
    exec { 'speech_recognition: certificate of the front':
      command   => ["${libexec}/front-certificate", 'install', $certificate, $key, $pem, $account, 'tls_certificate and tls_key of speech_recognition'],
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
  exec { 'speech_recognition: ports of the front':
    command   => ['/usr/local/sbin/releases', 'speech_recognition', 'ports'],
    unless    => [['/bin/systemctl', 'is-active', '--quiet', $unit]],
    logoutput => 'on_failure',
    require   => File['/etc/releases/speech_recognition.json'],
    before    => Service[$unit],
  }

  service { $unit:
    ensure  => running,
    enable  => true,
    require => File[$config, "/etc/systemd/system/${unit}", '/etc/releases/speech_recognition.json'],
  }

  # A reload lets every connection end. A changed unit counts from the next start: a restart would cut connections.
  # The front says itself what it has loaded, so that a reload that failed, or that a killed run left out, is made up for.
  exec { 'speech_recognition: reload the front':
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
