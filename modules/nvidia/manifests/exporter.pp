# @summary Tells Prometheus of the cards by NVIDIA's exporter
#
# Its package, which brings what it needs of DCGM (datacenter-gpu-manager-4-core), starts DCGM within itself. The unit of
# the package has root, listens on all addresses, and wants DCGM's daemon, root's too, beside it
# (packaging/config-files/systemd of NVIDIA/dcgm-exporter): this one has its name and takes its place. Without root it
# has all of its metrics but those of profiling (dcgm-exporter.yaml there). It is made by those files and by NVIDIA's
# "Install DCGM Exporter", and has been tried on no card.
#
# @api private
class nvidia::exporter {
  assert_private()

  $service = 'nvidia-dcgm-exporter.service'
  $unit = "${nvidia::metrics::units}/${service}"
  $started = $nvidia::works ? { true => 'running', default => undef }
  # Recommended is what profiling needs. What an operator has of an older DCGM is not removed for it.
  $options = $facts['os']['family'] ? { 'RedHat' => undef, default => ['--no-install-recommends', '--no-remove'] }

  # before the package, which may start it
  file { $unit:
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => epp('nvidia/exporter.service.epp', { 'port' => $nvidia::metrics_port }),
  }
  -> package { 'datacenter-gpu-manager-exporter':
    ensure          => installed,
    install_options => $options,
  }
  -> service { $service:
    ensure    => $started,
    enable    => true,
    subscribe => File[$unit],
  }
}
