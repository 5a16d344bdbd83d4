# Rendered by fleet render from templates/module/manifests/front.pp.j2: edit that, not this file.

# @summary The front of IndexTTS2: HAProxy, which holds what is asked while the web UI behind it changes
#
# @api private
class indextts2::front {
  assert_private()

  $unit = 'indextts2-front.service'
  $config = "${indextts2::config_dir}/haproxy.cfg"

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
      content      => epp('indextts2/haproxy.cfg.epp', {
          'address'       => $indextts2::address,
          'port'          => $indextts2::port,
          'cards'         => $indextts2::cards,
          'drain_timeout' => $indextts2::drain_timeout,
          'ready_timeout' => $indextts2::ready_timeout,
      }),
      ;
    "/etc/systemd/system/${unit}":
      content => epp('indextts2/front.service.epp', {
          'account'  => 'indextts2-front',
          'config'   => $config,
          'low_port' => $indextts2::port < 1024,
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
