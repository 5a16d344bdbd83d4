# Rendered by fleet render from templates/module/manifests/front.pp.j2: edit that, not this file.

# @summary The front of Echo's 回声 100% "tiny" <%= title %> ${title}: HAProxy, which holds what is asked while the web UI behind it changes
#
# @api private
class echo_tiny::front {
  assert_private()

  $unit = 'echo_tiny-front.service'
  $config = "${echo_tiny::config_dir}/haproxy.cfg"

  require releases
  require releases::haproxy

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    $config:
      # one that HAProxy does not take never gets there
      validate_cmd => '/usr/sbin/haproxy -c -q -f %',
      content      => epp('echo_tiny/haproxy.cfg.epp', {
          'address'       => $echo_tiny::address,
          'port'          => $echo_tiny::port,
          'cards'         => $echo_tiny::cards,
          'drain_timeout' => $echo_tiny::drain_timeout,
          'ready_timeout' => $echo_tiny::ready_timeout,
      }),
      ;
    "/etc/systemd/system/${unit}":
      content => epp('echo_tiny/front.service.epp', {
          'account'  => 'echo_tiny-front',
          'config'   => $config,
          'low_port' => $echo_tiny::port < 1024,
      }),
      ;
  }

  # A reload lets every connection end. A changed unit counts from the next start: a restart would cut connections.
  service { $unit:
    ensure    => running,
    enable    => true,
    restart   => "/bin/systemctl reload ${unit}",
    subscribe => File[$config],
    require   => File["/etc/systemd/system/${unit}"],
  }
}
