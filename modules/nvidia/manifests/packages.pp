# @summary The packages of the driver
#
# @api private
class nvidia::packages {
  assert_private()

  $packages = nvidia::package_names()
  $branch = $nvidia::wanted_branch
  # What is there stays, unless it is of another branch than the one that is asked for, or a version is: then the newest
  # that apt's pin or dnf's stream lets through is the one.
  $another = ($nvidia::installed_branch and $branch and $nvidia::installed_branch != $branch)
  $newest = ($another or $nvidia::version) ? { true => 'latest', false => 'installed' }

  if $facts['os']['family'] == 'RedHat' {
    $kind = $nvidia::modules ? { 'open' => 'open', default => 'dkms' }
    # The one who is to look past the hold of class nvidia::sources is Puppet.
    $options = ['--disableexcludes=fleet-nvidia']
    $ensure = pick($nvidia::version, $newest)

    package { 'nvidia-driver':
      ensure      => "${branch}-${kind}",
      provider    => 'dnfmodule',
      enable_only => true,
      before      => Package[$packages['driver']],
    }
  } else {
    # What is recommended is a whole desktop. The packages of one branch are in the way of those of another.
    $keep = ($another or $nvidia::allow_downgrade) ? { true => [], false => ['--no-remove'] }
    $down = $nvidia::allow_downgrade ? { true => ['--allow-downgrades'], false => [] }
    $options = ['--no-install-recommends'] + $keep + $down
    $ensure = $newest
  }

  package {
    default:
      install_options => $options,
      ;
    $packages['driver']:
      ensure => $ensure,
      ;
    $packages['tools']:
      ensure  => installed,
      require => Package[$packages['driver']],
      ;
  }
}
