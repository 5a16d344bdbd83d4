# @summary Where the system's package manager finds the driver: NVIDIA's repository, or Debian's components for it
#
# @api private
class nvidia::sources {
  assert_private()

  include nvidia::programs

  if $nvidia::driver == 'nvidia' {
    contain nvidia::key

    $format = $facts['os']['family'] ? {
      'RedHat' => { 'path' => '/etc/yum.repos.d/fleet-nvidia.repo', 'template' => 'nvidia/nvidia.repo.epp' },
      default  => { 'path' => '/etc/apt/sources.list.d/fleet-nvidia.sources', 'template' => 'nvidia/nvidia.sources.epp' },
    }
    file { $format['path']:
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      content => epp($format['template'], {
          'address'     => $nvidia::repository,
          'key'         => $nvidia::key::path,
          'fingerprint' => $nvidia::repository_key_fingerprint,
          'hold'        => $nvidia::hold,
      }),
      require => Class['nvidia::key'],
    }
    $look = 'apt-get -q update'
  } elsif $facts['os']['name'] == 'Debian' {
    $look = "${nvidia::programs::folder}/non-free"
    file { $look:
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0755',
      content => file('nvidia/non-free.sh'),
      before  => Exec['nvidia: have apt look for the driver'],
    }
  } else {
    $look = 'apt-get -q update'
  }

  # What is not in apt's lists cannot be installed; they are as old as the last look.
  if $facts['os']['family'] == 'Debian' {
    $packages = nvidia::package_names().values.flatten
    exec { 'nvidia: have apt look for the driver':
      command  => $look,
      unless   => "test $(apt-cache policy ${packages.join(' ')} | grep -c '^  Candidate: [^(]') -eq ${packages.length}",
      path     => ['/usr/bin', '/bin'],
      provider => shell,
    }
    if $nvidia::driver == 'nvidia' {
      File[$format['path']] -> Exec['nvidia: have apt look for the driver']
    }
  }
}
