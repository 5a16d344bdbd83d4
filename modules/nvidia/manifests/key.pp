# @summary The key of NVIDIA's repository, which no package manager sees before its fingerprint is right
#
# @api private
class nvidia::key {
  assert_private()

  include nvidia::programs

  # Where no apt or rpm looks by itself.
  [$path, $gpg] = $facts['os']['family'] ? {
    'RedHat' => ['/etc/pki/rpm-gpg/RPM-GPG-KEY-fleet-nvidia', 'gnupg2'],
    default  => ['/etc/apt/keyrings/fleet-nvidia.asc', 'gpg'],
  }
  $folder = dirname($path)
  $check = "${nvidia::programs::folder}/is-key"

  stdlib::ensure_packages([$gpg])

  file {
    default:
      owner => 'root',
      group => 'root',
      ;
    $folder:
      ensure => directory,
      mode   => '0755',
      ;
    $check:
      ensure  => file,
      mode    => '0755',
      content => file('nvidia/is-key.sh'),
      ;
    $path:
      ensure       => file,
      mode         => '0644',
      content      => $nvidia::repository_key,
      validate_cmd => "${check} ${nvidia::repository_key_fingerprint} %",
      require      => [File[$check], Package[$gpg]],
      ;
  }
}
