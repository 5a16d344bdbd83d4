# @summary Keeps nouveau, the driver of the kernel, from taking the cards at boot
#
# @api private
class nvidia::nouveau {
  assert_private()

  $off = '/etc/modprobe.d/fleet-nouveau-off.conf'
  # dracut builds neither its rescue image nor that of kdump anew with the others.
  [$images, $build] = $facts['os']['family'] ? {
    'RedHat' => ["-name 'initramfs-*.img' ! -name '*rescue*' ! -name '*kdump*'", 'dracut --force --regenerate-all'],
    default  => ["-name 'initrd.img-*'", 'update-initramfs -u -k all'],
  }

  file { $off:
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => "blacklist nouveau\noptions nouveau modeset=0\n",
  }
  # Each image of the first steps of a boot has a copy of the file: one that is older has none.
  -> exec { 'nvidia: have the next boot leave nouveau out':
    command  => $build,
    unless   => "test -z \"$(find /boot -maxdepth 1 ${images} ! -newer ${off})\"",
    path     => ['/usr/sbin', '/usr/bin', '/sbin', '/bin'],
    provider => shell,
    timeout  => 900,
  }
}
