# Rendered by fleet render from templates/module/manifests/front.pp.j2: edit that, not this file.

# @summary The front of Stable Diffusion: HAProxy, which holds what is asked while the web UI behind it changes
#
# @api private
class stable_diffusion::front {
  assert_private()

  $unit = 'stable_diffusion-front.service'
  $account = 'stable_diffusion-front'
  $folder = "${stable_diffusion::config_dir}/front"
  $config = "${folder}/haproxy.cfg"
  # certificate and key in one file, as HAProxy reads them
  $pem = "${folder}/tls.pem"
  $libexec = $stable_diffusion::libexec_dir
  $run_dir = '/run/stable_diffusion-front'
  # by which it says what `releases` knows
  $notice = '/var/lib/releases/stable_diffusion.map'
  $certificate = $stable_diffusion::tls_certificate
  $key = $stable_diffusion::tls_key
  if ($certificate =~ Undef) != ($key =~ Undef) {
    fail("stable_diffusion::tls_certificate is '${certificate}' and stable_diffusion::tls_key is '${key}': TLS needs both, so set both or neither")
  }
  if $stable_diffusion::plain_port and !$certificate {
    fail("stable_diffusion::plain_port is ${stable_diffusion::plain_port}, but there is no TLS to send its clients to: set stable_diffusion::tls_certificate and stable_diffusion::tls_key, or take it out")
  }
  $port = $stable_diffusion::port
  # card => slot => the loopback port of the instance there
  $cards = Hash($stable_diffusion::gpu::bindings.keys.map |$card| {
      [$card, { 'blue' => $port + 1 + 2 * Integer($card), 'green' => $port + 2 + 2 * Integer($card) }]
  })
  $cards.filter |$card, $slots| { $slots['green'] > 65535 }.each |$card, $slots| {
    fail("stable_diffusion::port is ${port}, and the web UIs of card ${card} would listen on ${slots['blue']} and ${slots['green']}, beyond 65535: give a lower port, such as 8188")
  }
  $ports = [$port, $stable_diffusion::plain_port, $stable_diffusion::metrics_port].filter |$port| { $port =~ NotUndef }
  $all_ports = $ports + $cards.map |$card, $slots| { $slots.values }.flatten
  if $all_ports.unique != $all_ports {
    fail("stable_diffusion: two would listen on one port of ${all_ports.join(', ')}: give port (and the two after it), plain_port and metrics_port of stable_diffusion each another")
  }
  releases::alone('stable_diffusion', 'socket', [$port, $stable_diffusion::plain_port].filter |$one| { $one =~ NotUndef }.map |$one| {
      "${stable_diffusion::address}:${one}"
    } + ($all_ports - [$port, $stable_diffusion::plain_port]).map |$one| { "127.0.0.1:${one}" })
  $users = $stable_diffusion::users ? {
    undef   => {},
    default => $stable_diffusion::users.unwrap,
  }
  $smoke = $stable_diffusion::smoke_file ? {
    undef   => undef,
    default => {
      'path'    => '/prompt',
      'file'    => $stable_diffusion::smoke_file,
      'timeout' => $stable_diffusion::smoke_timeout,
      'answer'  => '*.status.completed',
      'event'   => 'prompt_id',
      'results' => '/history/',
    },
  }
  $smoke_seconds = $smoke ? {
    undef   => 0,
    default => $stable_diffusion::smoke_timeout,
  }
  # The longest that a switch holds requests, in seconds: the old release ends its jobs and stops, the new one is tried to
  # the last and stopped, and the old one loads again; a stop takes TimeoutStopSec at most, and each start may wait for its card.
  $hold = $stable_diffusion::drain_timeout + 2 * ($stable_diffusion::gpu::wait + $stable_diffusion::ready_timeout) + 2 * 30 + $smoke_seconds
  $text = epp('stable_diffusion/haproxy.cfg.epp', {
      'address'       => $stable_diffusion::address,
      'port'          => $port,
      'cards'         => $cards,
      'hold'          => $hold,
      'max_held'      => $stable_diffusion::max_held,
      'allowed'       => $stable_diffusion::allowed_networks,
      'tls'           => $certificate ? {
        undef   => undef,
        default => { 'certificate' => $pem, 'plain_port' => $stable_diffusion::plain_port },
      },
      'users'         => $users,
      'max_body'      => $stable_diffusion::max_request_bytes,
      'max_rate'      => $stable_diffusion::max_requests,
      'metrics_port'  => $stable_diffusion::metrics_port,
      'run_dir'       => $run_dir,
      'notice'        => $notice,
  })

  $content = $stable_diffusion::users ? {
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
      content => epp('stable_diffusion/front.service.epp', {
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
    exec { 'stable_diffusion: certificate of the front':
      command   => ["${libexec}/front-certificate", 'install', $certificate, $key, $pem, $account, 'tls_certificate and tls_key of stable_diffusion'],
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
  exec { 'stable_diffusion: ports of the front':
    command   => ['/usr/local/sbin/releases', 'stable_diffusion', 'ports'],
    unless    => [['/bin/systemctl', 'is-active', '--quiet', $unit]],
    logoutput => 'on_failure',
    require   => File['/etc/releases/stable_diffusion.json'],
    before    => Service[$unit],
  }

  service { $unit:
    ensure  => running,
    enable  => true,
    require => File[$config, "/etc/systemd/system/${unit}", '/etc/releases/stable_diffusion.json'],
  }

  # A reload lets every connection end. A changed unit counts from the next start: a restart would cut connections.
  # The front says itself what it has loaded, so that a reload that failed, or that a killed run left out, is made up for.
  exec { 'stable_diffusion: reload the front':
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
