# @summary Tells Prometheus of the cards, by NVIDIA's exporter where its repository is used, and else by a file
#
# @api private
class nvidia::metrics {
  assert_private()

  include nvidia::programs

  # NVIDIA's list of systems for DCGM, which the exporter needs, has no Debian 13 ("Getting Started" of DCGM's user guide).
  $has_exporter = ($nvidia::driver == 'nvidia' and "${facts['os']['name']} ${facts['os']['release']['major']}" != 'Debian 13')
  $by_exporter = ($nvidia::metrics and $has_exporter)
  $by_file = ($nvidia::metrics and !$has_exporter)

  $units = '/etc/systemd/system'
  $program = "${nvidia::programs::folder}/metrics"
  # The unit, which is not root's, writes in a folder of its own, and the node exporter reads one folder.
  $file = '/var/lib/nvidia/cards.prom'
  $folder = '/var/lib/nvidia/cards'

  # Not taken away with the rest: an nvidia-smi that cannot be killed may still be there.
  if $nvidia::metrics {
    user { 'nvidia-metrics':
      ensure     => present,
      system     => true,
      home       => '/nonexistent',
      managehome => false,
      shell      => '/usr/sbin/nologin',
      password   => '!',
      comment    => 'Metrics of NVIDIA cards',
    }
  }

  if $by_exporter {
    User['nvidia-metrics'] -> Class['nvidia::exporter']
    contain nvidia::exporter
  }
  if $by_file {
    User['nvidia-metrics'] -> Class['nvidia::textfile']
    contain nvidia::textfile
  } else {
    file { [$program, $file, $folder]:
      ensure  => absent,
      force   => true,
      backup  => false,
      require => Exec['nvidia: stop nvidia-metrics.timer', 'nvidia: stop nvidia-metrics.service'],
    }
  }

  $unwanted = [
    $by_file ? { true => [], default => ['nvidia-metrics.timer', 'nvidia-metrics.service'] },
    $by_exporter ? { true => [], default => ['nvidia-dcgm-exporter.service'] },
  ].flatten

  $unwanted.each |$unit| {
    exec { "nvidia: stop ${unit}":
      command  => "systemctl disable --now ${unit}",
      unless   => "test ! -e ${units}/${unit}",
      path     => ['/usr/bin', '/bin'],
      provider => shell,
    }
    -> file { "${units}/${unit}":
      ensure => absent,
    }
  }
}
