# @summary Tells Prometheus of the cards by a file, from one question to nvidia-smi every 30 s
#
# @api private
class nvidia::textfile {
  assert_private()

  $service = "${nvidia::metrics::units}/nvidia-metrics.service"
  $timer = "${nvidia::metrics::units}/nvidia-metrics.timer"

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    $nvidia::metrics::program:
      mode    => '0755',
      content => file('nvidia/metrics.py'),
      ;
    $service:
      content => file('nvidia/nvidia-metrics.service'),
      ;
    $timer:
      content => file('nvidia/nvidia-metrics.timer'),
      ;
    $nvidia::metrics::file:
      ensure => link,
      target => "${nvidia::metrics::folder}/cards.prom",
      ;
  }

  units::reread { 'nvidia-metrics.service':
    require => File[$service],
  }
  -> service { 'nvidia-metrics.timer':
    ensure    => running,
    enable    => true,
    subscribe => File[$timer],
    require   => File[$nvidia::metrics::program],
  }
}
