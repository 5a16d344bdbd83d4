# @summary Keeps nouveau, the driver of the kernel, from taking the cards at boot
#
# @api private
class nvidia::nouveau {
  assert_private()

  $off = '/etc/modprobe.d/fleet-nouveau-off.conf'
  [$image, $build] = $facts['os']['family'] ? {
    'RedHat' => ['initramfs-$version.img', 'dracut --force --regenerate-all'],
    default  => ['initrd.img-$version', 'update-initramfs -u -k all'],
  }
  # An image whose kernel was removed may stay for ever, and nothing boots it. dracut builds neither its rescue image, whose
  # version is 0, nor that of kdump, which has no kernel of its own, anew with the others.
  $kernels = '/boot/vmlinuz-[1-9]*'
  $old = "image=/boot/${image}; test ! -e \$image || test \$image -nt ${off} || echo \$image"

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
    unless   => "test -z \"$(for kernel in ${kernels}; do version=\${kernel##*/vmlinuz-}; ${old}; done)\"",
    path     => ['/usr/sbin', '/usr/bin', '/sbin', '/bin'],
    provider => shell,
    timeout  => 900,
  }
}
