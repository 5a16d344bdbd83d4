# @summary Reboots the node into a driver that needs it: in a window, when its jobs are done, and when it is its turn
#
# The agent's run only asks for it. `nvidia-reboot@VERSION.service` waits for the end of the run, has each service
# let no new job in and finish those that run, and reboots, once for each version of the driver. After the boot
# `nvidia-rebooted.service` looks until the driver answers and each service serves.
#
# @api private
class nvidia::reboot {
  assert_private()

  include nvidia::programs

  $window = $nvidia::reboot ? { 'never' => undef, default => $nvidia::reboot }
  $until = nvidia::reboot_turn(
    $trusted['certname'], $window, $nvidia::fact['reboot_required'] == true, $nvidia::fact['rebooting'] =~ NotUndef, $facts['clientnoop'] != true
  )
  $program = "${nvidia::programs::folder}/reboot"

  if $window {
    file {
      default:
        ensure => file,
        owner  => 'root',
        group  => 'root',
        mode   => '0644',
        ;
      $program:
        mode    => '0755',
        content => file('nvidia/reboot.sh'),
        ;
      '/etc/systemd/system/nvidia-reboot@.service':
        content => file('nvidia/nvidia-reboot@.service'),
        ;
      '/etc/systemd/system/nvidia-rebooted.service':
        content => file('nvidia/nvidia-rebooted.service'),
        ;
    }
    # A boot starts it.
    -> service { 'nvidia-rebooted.service':
      enable => true,
    }
  }

  if $until {
    # No card names its driver where nobody could ask it; then the reboot is remembered by this word.
    $version = pick($nvidia::fact.get('driver.installed'), 'unknown')

    # The end of the window is for a run that applies this catalogue again, without the server.
    exec { "nvidia: reboot into the driver ${version}":
      command => "${program} request ${version} ${until}",
      unless  => "systemctl show --property=ActiveState nvidia-reboot@${version}.service | grep -q =activating",
      path    => ['/usr/sbin', '/usr/bin', '/sbin', '/bin'],
      require => Service['nvidia-rebooted.service'],
    }
  }
}
