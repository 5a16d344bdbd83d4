# @summary What the driver's modules are built against: the headers of the running kernel and of those that follow
#
# @api private
class nvidia::headers {
  assert_private()

  $kernel = $facts['kernelrelease']
  # 6.1.0-50-cloud-amd64 is of the flavour cloud-amd64.
  $flavour = regsubst($kernel, /\A\d[^-]*(-\d[^-]*)?-/, '')

  # Ubuntu's and Rocky's kernels bring their headers along, or follow them; those of Debian do not.
  $packages = $facts['os']['name'] ? {
    'Debian' => ["linux-headers-${kernel}", "linux-headers-${flavour}"],
    'Ubuntu' => ["linux-headers-${kernel}"],
    default  => ["kernel-devel-${kernel}", 'kernel-devel-matched'],
  }
  stdlib::ensure_packages($packages)
}
