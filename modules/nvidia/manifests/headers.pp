# @summary What the driver's modules are built against: the headers of the running kernel and of those that follow
#
# @api private
class nvidia::headers {
  assert_private()

  $kernel = $facts['kernelrelease']
  # 6.1.0-50-cloud-amd64 is of the flavour cloud-amd64.
  $flavour = regsubst($kernel, /\A\d[^-]*(-\d[^-]*)?-/, '')

  # Ubuntu's and Rocky's kernels bring their headers along, or follow them; those of Debian do not.
  [$running, $following] = $facts['os']['name'] ? {
    'Debian' => ["linux-headers-${kernel}", ["linux-headers-${flavour}"]],
    'Ubuntu' => ["linux-headers-${kernel}", []],
    default  => ["kernel-devel-${kernel}", ['kernel-devel-matched']],
  }
  stdlib::ensure_packages($following)

  [$installed, $gone, $install] = $facts['os']['family'] ? {
    'RedHat' => [
      "test -n \"$(rpm -qa ${running})\"",
      "test -z \"$(dnf -q repoquery ${running})\"",
      "dnf -q -y install ${running}",
    ],
    default  => [
      "test \"$(dpkg-query -W -f '\${db:Status-Status}' ${running} 2>/dev/null)\" = installed",
      "test -z \"$(apt-cache policy ${running} | grep '^  Candidate: [^(]')\"",
      "apt-get -q update && apt-get -q -y --no-install-recommends install ${running}",
    ],
  }

  # No package, which would fail each run: a mirror has no headers of a kernel that it has no more. The modules are built for
  # the kernels that follow then, and the fact says that the node has to reboot into one.
  exec { 'nvidia: headers of the running kernel':
    command     => $install,
    unless      => "${installed} || ${gone}",
    environment => ['DEBIAN_FRONTEND=noninteractive'],
    path        => ['/usr/sbin', '/usr/bin', '/sbin', '/bin'],
    provider    => shell,
  }
}
