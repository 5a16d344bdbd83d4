# @summary The daemon that keeps the cards initialised while nothing uses them
#
# It is started only where it can work: where the driver is loaded, and is the one that is installed.
#
# @api private
class nvidia::persistence {
  assert_private()

  if $nvidia::persistence {
    $started = $nvidia::works ? { true => 'running', default => undef }

    # On Ubuntu, the unit has --no-persistence-mode, stops by itself, and is started by no boot but by udev.
    if $facts['os']['name'] == 'Ubuntu' {
      $drop_in = '/etc/systemd/system/nvidia-persistenced.service.d'
      file {
        default:
          owner  => 'root',
          group  => 'root',
          before => Service['nvidia-persistenced'],
          ;
        $drop_in:
          ensure => directory,
          mode   => '0755',
          ;
        "${drop_in}/persistence.conf":
          ensure  => file,
          mode    => '0644',
          content => file('nvidia/persistence.conf'),
          ;
      }
    }

    service { 'nvidia-persistenced':
      ensure => $started,
      enable => true,
    }
  }
}
