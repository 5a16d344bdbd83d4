# @summary One address that two gateways share: whichever of them is well has it (VRRP)
#
# Nothing is done where no address is given. docs/GATEWAY.md says how two gateways are set up.
#
# @example In hieradata/roles/tts_gateway.yaml
#   profile::keepalived::address: 10.0.0.100/24
#   profile::keepalived::peers:
#     gw1.example.org: 10.0.0.5
#     gw2.example.org: 10.0.0.6
#
# @param address
#   The shared address, with the length of its network.
# @param peers
#   All machines that share it, this one among them, each with its own address. They tell each other how they are by unicast, and
#   networks that know no multicast carry it.
# @param priority
#   Of those that are well, the one with the highest has the address; of equals, the one with the highest address of its own.
# @param router_id
#   The number of the group; another one for each shared address of a network.
# @param interface
#   The network interface that gets the address.
class profile::keepalived (
  Optional[Variant[Stdlib::IP::Address::V4::CIDR, Stdlib::IP::Address::V6::CIDR]] $address = undef,
  Hash[Stdlib::Fqdn, Stdlib::IP::Address::Nosubnet] $peers = {},
  Integer[1, 154] $priority = 100,
  Integer[1, 255] $router_id = 51,
  Pattern[/\A[\w.@-]{1,15}\z/] $interface = $facts['networking']['primary'],
) {
  if $address {
    include profile::gateway

    $certname = $trusted['certname']
    unless $certname in $peers and $peers.length > 1 {
      fail("profile::keepalived::address is ${address}, and profile::keepalived::peers is ${peers}: name all machines that share it \
there, ${certname} among them, each with its own address")
    }
    $script = '/usr/local/lib/gateway/up'
    # who runs the script, which needs nothing
    $account = 'keepalived_script'
    $metrics = $profile::gateway::services.values.filter |$options| { $options['ensure'] != 'absent' }.map |$options| {
      pick($options['metrics_port'], 8405)
    }

    package { 'keepalived':
      ensure => installed,
    }
    -> group { $account:
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
      comment    => 'Asks the gateway for keepalived',
    }
    -> file {
      default:
        ensure => file,
        owner  => 'root',
        group  => 'root',
        ;
      $script:
        content => file('profile/gateway-up.sh'),
        mode    => '0755',
        require => Class['gateway'],
        ;
      '/etc/keepalived/keepalived.conf':
        content      => epp('profile/keepalived.conf.epp', {
            'address'   => $address,
            'interface' => $interface,
            'priority'  => $priority,
            'router_id' => $router_id,
            'own'       => $peers[$certname],
            'others'    => ($peers - $certname).values,
            'account'   => $account,
            'check'     => shell_join([$script] + $metrics.map |$port| { String($port) }),
        }),
        mode         => '0644',
        # Version 2.2.7, which Debian 12 has, ends itself by a signal when it looks at a script of another user: then what it has
        # said before tells.
        validate_cmd => 'said=$(/usr/sbin/keepalived --config-test --use-file % 2>&1); case $?:$said in 0:*|143:) ;; *) echo "$said"; exit 1 ;; esac',
        ;
    }
    -> service { 'keepalived.service':
      ensure => running,
      enable => true,
    }
    -> units::current { 'keepalived':
      unit  => 'keepalived.service',
      files => ['/etc/keepalived/keepalived.conf'],
      by    => 'reload',
    }
  }
}
