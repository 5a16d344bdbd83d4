# @summary Which versions of the driver the system's package manager may take, and when
#
# @api private
class nvidia::hold {
  assert_private()

  # On Rocky, the file of the repository says so.
  if $facts['os']['family'] == 'Debian' {
    $pinned = $nvidia::version ? {
      undef   => $nvidia::driver ? { 'nvidia' => "${nvidia::wanted_branch}.*", default => undef },
      default => "${nvidia::version}-*",
    }

    # above 1000, apt goes down to a version, too
    $priority = $nvidia::allow_downgrade ? { true => 1001, false => 990 }

    file {
      default:
        owner => 'root',
        group => 'root',
        mode  => '0644',
        ;
      '/etc/apt/preferences.d/fleet-nvidia.pref':
        ensure  => stdlib::ensure($pinned =~ NotUndef, 'file'),
        content => epp('nvidia/nvidia.pref.epp', {
            'pinned'      => $pinned,
            'priority'    => $priority,
            'packages'    => nvidia::package_names()['driver'],
            'nvidias'     => $nvidia::driver == 'nvidia',
            'not_ubuntus' => ($nvidia::driver == 'nvidia' and $facts['os']['name'] == 'Ubuntu'),
        }),
        ;
      '/etc/apt/apt.conf.d/52fleet-nvidia':
        ensure  => stdlib::ensure($nvidia::hold or $nvidia::hold_kernel, 'file'),
        content => epp('nvidia/hold.conf.epp', { 'driver' => $nvidia::hold, 'kernel' => $nvidia::hold_kernel }),
        ;
    }
  }
}
