# @summary One address before the nodes of a service
#
# HAProxy in a process of its own. Who its nodes are, PuppetDB says at each run (gateway::nodes); which of them take new jobs they say
# themselves, by `/gateway-health` of their fronts. The members of a rollout together get its share of the requests.
#
# A service that is taken out of Hiera leaves its process behind: `ensure => absent` takes it away.
#
# @example
#   gateway::service { 'indextts2':
#     port             => 7860,
#     allowed_networks => ['10.0.0.0/8'],
#   }
#
# @param ensure
#   Whether the gateway is there.
# @param port
#   The port that it listens on.
# @param address
#   The address that it listens on.
# @param metrics_port
#   The port of loopback on which HAProxy tells Prometheus (/metrics) of requests, times and errors, and keepalived whether any node
#   answers (/up).
# @param watch_port
#   The port on which it tells the same to who has a certificate of the fleet: Prometheus asks from another machine.
# @param allowed_networks
#   The networks and addresses whose requests are let in; all, where it is empty.
# @param users
#   Who may ask, each with a hashed password (`openssl passwd -6`), by HTTP's basic authentication; everybody, where it is not set.
#   Nodes get no password of a client's.
# @param tls_certificate
#   The certificate with its chain, a PEM file on the machine; with it, the gateway speaks TLS on `port`.
# @param tls_key
#   The key of `tls_certificate`, a PEM file without a passphrase.
# @param plain_port
#   A port without TLS that sends its clients to `port`.
# @param max_request_bytes
#   Bytes that a request, such as the upload of a voice, may have; 0 is no limit. A request that does not say its size is refused where
#   there is one.
# @param max_requests
#   Requests that one address may send in 10 s; 0 is no limit.
# @param join
#   The path that a job is sent to.
# @param stream
#   The path of the stream that brings what becomes of it.
# @param session
#   The name, in both, of what tells one page from another.
# @param call
#   What the paths of calls begin with: jobs of those that have no session.
# @param event
#   The name, in the answer to a call, of what its stream is asked for by.
# @param upload
#   The path that files for jobs are sent to.
# @param stick_for
#   Seconds after its last request for which a client without cookies, which is known by its address, stays with its node.
# @param patience
#   Seconds for which a request may wait at a node, as it does while a release is switched there; and for which a process goes on
#   after a reload with what it has.
# @param peers
#   All gateways of this service, this one among them, with the addresses by which they tell each other which job is where. By TLS, with
#   the certificates that Puppet gave the machines; who watches is asked for one, too.
# @param peer_port
#   The port for that.
# @param peer_certificate
#   The certificate that Puppet gave this machine.
# @param peer_key
#   Its key.
# @param peer_ca
#   The certificate of the authority that those of the peers have to be of.
define gateway::service (
  Stdlib::Port $port,
  Enum['present', 'absent'] $ensure = 'present',
  Stdlib::IP::Address::Nosubnet $address = '0.0.0.0',
  Stdlib::Port $metrics_port = 8405,
  Stdlib::Port $watch_port = 9101,
  Array[Stdlib::IP::Address] $allowed_networks = [],
  Optional[Sensitive[Hash[Gateway::User, Gateway::PasswordHash, 1]]] $users = undef,
  Optional[Stdlib::Unixpath] $tls_certificate = undef,
  Optional[Stdlib::Unixpath] $tls_key = undef,
  Optional[Stdlib::Port] $plain_port = undef,
  Integer[0] $max_request_bytes = 0,
  Integer[0] $max_requests = 0,
  Gateway::UrlPath $join = '/gradio_api/queue/join',
  Gateway::UrlPath $stream = '/gradio_api/queue/data',
  Pattern[/\A\w+\z/] $session = 'session_hash',
  Gateway::UrlPath $call = '/gradio_api/call/',
  Pattern[/\A\w+\z/] $event = 'event_id',
  Gateway::UrlPath $upload = '/gradio_api/upload',
  Integer[30] $stick_for = 600,
  Integer[60] $patience = 1800,
  Hash[Stdlib::Fqdn, Stdlib::IP::Address::Nosubnet] $peers = {},
  Stdlib::Port $peer_port = 7859,
  Stdlib::Unixpath $peer_certificate = "/var/lib/puppet/ssl/certs/${trusted['certname']}.pem",
  Stdlib::Unixpath $peer_key = "/var/lib/puppet/ssl/private_keys/${trusted['certname']}.pem",
  Stdlib::Unixpath $peer_ca = '/var/lib/puppet/ssl/certs/ca.pem',
) {
  include gateway

  $service = assert_type(Gateway::Name, $title) |$_wanted, $_got| {
    fail("${title} is no name of a service: give gateway::service the name of a class of this repository")
  }
  $certname = $trusted['certname']
  $unit = "${service}-gateway.service"
  $account = "${service}-gateway"
  $folder = "/etc/gateway/${service}"
  $config = "${folder}/haproxy.cfg"
  $tls_pem = "${folder}/tls.pem"
  $peer_pem = "${folder}/peer.pem"
  $ca_pem = "${folder}/ca.pem"
  $run_dir = "/run/${account}"

  if $ensure == 'absent' {
    service { $unit:
      ensure => stopped,
      enable => false,
    }
    -> file { "/etc/systemd/system/${unit}":
      ensure => absent,
    }
  } else {
    if ($tls_certificate =~ Undef) != ($tls_key =~ Undef) {
      fail("gateway to ${service}: tls_certificate is '${tls_certificate}' and tls_key is '${tls_key}': TLS needs both, so set both or neither")
    }
    if $plain_port and !$tls_certificate {
      fail("gateway to ${service}: plain_port is ${plain_port}, but there is no TLS to send its clients to: set tls_certificate and tls_key, or take it out")
    }
    if !$peers.empty and !($certname in $peers) {
      fail("gateway to ${service}: peers has no ${certname}, which is this machine: name all gateways there, each with its address")
    }
    $ports = [$port, $metrics_port, $watch_port] + [$plain_port].filter |$one| { $one =~ NotUndef } + ($peers.empty ? { true => [], default => [$peer_port] })
    if $ports.unique != $ports {
      fail("gateway to ${service}: two would listen on one port of ${ports.join(', ')}: give port, plain_port, metrics_port, watch_port and peer_port each another")
    }

    $found = gateway::nodes($service, $trusted['extensions']['pp_environment'])
    $rollout = releases::rollout($service)
    $members = $rollout ? {
      undef   => [],
      default => $found.map |$node| { $node['name'] }.filter |$name| { $name in $rollout['members'] },
    }
    $weights = gateway::weights($members.length, $found.length - $members.length, $rollout ? { undef => 100, default => $rollout['traffic'] })
    $nodes = $found.map |$node| {
      $node + { 'weight' => $weights[$node['name'] in $members ? { true => 'member', default => 'other' }] }
    }

    $text = epp('gateway/haproxy.cfg.epp', {
        'service'      => $service,
        'name'         => $certname,
        'nodes'        => $nodes,
        'address'      => $address,
        'port'         => $port,
        'metrics_port' => $metrics_port,
        'watch'        => { 'certificate' => $peer_pem, 'ca' => $ca_pem, 'port' => $watch_port },
        'ca_bundle'    => $gateway::ca_bundle,
        'jobs'         => {
          'join'    => $join,
          'stream'  => $stream,
          'session' => $session,
          'call'    => $call,
          'event'   => $event,
          'upload'  => $upload,
        },
        'allowed'      => $allowed_networks,
        'tls'          => $tls_certificate ? {
          undef   => undef,
          default => { 'certificate' => $tls_pem, 'plain_port' => $plain_port },
        },
        'users'        => $users ? { undef => {}, default => $users.unwrap },
        'max_body'     => $max_request_bytes,
        'max_rate'     => $max_requests,
        'patience'     => $patience,
        'stick_for'    => $stick_for,
        'peers'        => $peers.empty ? {
          true    => undef,
          default => { 'certificate' => $peer_pem, 'ca' => $ca_pem, 'port' => $peer_port, 'addresses' => $peers },
        },
        'run_dir'      => $run_dir,
    })

    $content = $users ? {
      undef   => $text,
      default => Sensitive($text),
    }

    group { $account:
      ensure => present,
      system => true,
    }
    -> user { $account:
      ensure     => present,
      system     => true,
      gid        => $account,
      shell      => '/usr/sbin/nologin',
      home       => '/nonexistent',
      managehome => false,
      password   => '!',
      comment    => "Gateway to ${service}",
    }
    -> file {
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
      $config:
        # one that HAProxy does not take never gets there
        validate_cmd => '/usr/sbin/haproxy -c -q -f %',
        content      => $content,
        # what is replaced holds hashes of passwords
        backup       => false,
        ;
      "/etc/systemd/system/${unit}":
        content => epp('gateway/gateway.service.epp', { 'service' => $service, 'folder' => $folder, 'run_dir' => $run_dir }),
        group   => 'root',
        mode    => '0644',
        ;
    }

    $own = $tls_certificate ? {
      undef   => {},
      default => { $tls_pem => [$tls_certificate, $tls_key, 'tls_certificate and tls_key of the gateway'] },
    }
    $shared = { $peer_pem => [$peer_certificate, $peer_key, 'peer_certificate and peer_key of the gateway'] }
    # Whatever renews a certificate on the machine, the next run has HAProxy take it over.
    ($own + $shared).each |$pem, $from| {
      [$certificate, $key, $named] = $from
      exec { "gateway to ${service}: make ${pem}":
        command   => ["${gateway::libexec}/pem", 'install', $certificate, $key, $pem, $account, $named],
        unless    => [['/bin/sh', "${gateway::libexec}/pem", 'check', $certificate, $key, $pem]],
        logoutput => 'on_failure',
        require   => File["${gateway::libexec}/pem", $folder],
      }
      # what is in it, the exec sees to
      -> file { $pem:
        ensure => file,
        owner  => 'root',
        group  => $account,
        mode   => '0640',
        before => File[$config],
      }
    }
    file { $ca_pem:
      ensure => file,
      owner  => 'root',
      group  => $account,
      mode   => '0640',
      source => "file://${peer_ca}",
      before => File[$config],
    }

    service { $unit:
      ensure  => running,
      enable  => true,
      require => File[$config, "/etc/systemd/system/${unit}"],
    }

    # A reload lets every connection end. A changed unit counts from the next start: a restart would cut connections.
    # The unit says itself what it has loaded, so that a reload that failed, or that a killed run left out, is made up for.
    exec { "gateway to ${service}: reload":
      command   => [
        '/bin/sh', '-c',
        "/bin/systemctl daemon-reload && /bin/systemctl reload ${unit} || { /bin/journalctl --unit ${unit} --since -60s --output cat | /bin/grep -E '^\\[ALERT\\]' >&2; exit 1; }",
      ],
      unless    => [['/usr/bin/sha256sum', '--check', '--status', "${run_dir}/loaded"]],
      logoutput => 'on_failure',
      require   => Service[$unit],
    }
  }
}
