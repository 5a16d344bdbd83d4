# @summary The packages of the driver, without any of a desktop, by what class nvidia was asked for
#
# `driver` has those whose version is the driver's, `tools` the others.
#
# Debian's and Ubuntu's names are those of their archives, NVIDIA's those of its Driver Installation Guide for systems
# without a desktop; up to branch 580, its packages for Ubuntu are named like Ubuntu's.
#
# @return [Hash[String, Array[String]]]
function nvidia::package_names() >> Struct[{driver => Array[String[1], 1], tools => Array[String[1]]}] {
  $branch = $nvidia::wanted_branch
  $open = $nvidia::modules == 'open'
  $daemon = $nvidia::persistence ? { true => ['nvidia-persistenced'], false => [] }

  case "${nvidia::driver} ${facts['os']['name']}" {
    'distribution Debian': {
      $kernel = $open ? { true => 'nvidia-open-kernel-dkms', false => 'nvidia-kernel-dkms' }
      $found = { 'driver' => [$kernel, 'libcuda1', 'nvidia-smi'], 'tools' => $daemon }
    }
    'nvidia Debian': {
      $kernel = $open ? { true => 'nvidia-kernel-open-dkms', false => 'nvidia-kernel-dkms' }
      $found = { 'driver' => [$kernel, 'nvidia-driver-cuda'], 'tools' => $daemon }
    }
    /Ubuntu\z/: {
      $of = $nvidia::driver ? { 'distribution' => "${branch}-server", default => $branch }
      $kind = $open ? { true => '-open', false => '' }
      # the daemon comes with them
      $found = { 'driver' => ["nvidia-headless-${of}${kind}", "nvidia-utils-${of}"], 'tools' => [] }
    }
    default: {
      $kernel = $open ? { true => 'kmod-nvidia-open-dkms', false => 'kmod-nvidia-latest-dkms' }
      $found = { 'driver' => [$kernel, 'nvidia-driver-cuda'], 'tools' => $daemon }
    }
  }
  $found
}
