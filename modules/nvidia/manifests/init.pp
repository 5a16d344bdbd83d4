# @summary NVIDIA's driver on a node with a card, brought and kept, and never replaced by what nobody asked for
#
# Without a card (fact `nvidia`), there is nothing of it on the node. A driver that is loaded at the next boot only is
# told, by the fact and in /var/lib/nvidia, and nothing is restarted for it: what runs goes on with the driver that it
# has loaded, until the node is rebooted, by `reboot` or by hand.
#
# @example The driver of Ubuntu, of branch 580
#   class { 'nvidia':
#     branch => '580',
#   }
#
# @param driver
#   Where the driver comes from. `distribution`: the system's own packages, from where the node has its others (Debian's
#   non-free, which is added to its sources, Ubuntu's -server branches; Rocky has none). `nvidia`: `repository`.
#   `unmanaged`: the node has it by another way.
#
# @param branch
#   The branch of the driver. Where it is not set, that of `version`, or the one that the node has, or 580, the last one
#   for cards older than Turing. Debian's own driver has one branch, and it is not for choosing.
#
# @param version
#   The exact version, as nvidia-smi says it, such as 580.95.05. Where it is not set, whatever is the newest of the branch
#   when the driver is installed, and no other from then on.
#
# @param kernel_modules
#   The kind of kernel modules. Where it is not set, the kind that the node has loaded. Where none is, `proprietary` for
#   Debian's own driver, which is older than the branches for which NVIDIA suggests the open ones (560 and later), and
#   `open` else, for which a card has to be Turing or newer.
#
# @param repository
#   NVIDIA's repository for the system, or a mirror of it, for `driver: nvidia`. A source of the same address that
#   somebody else has put on the node has to go: apt takes no address with two keys.
#
# @param repository_key
#   The public key of `repository`, as text; needed for `driver: nvidia`. It is not taken if its fingerprint is another one.
#
# @param repository_key_fingerprint
#   The full fingerprint of that key.
#
# @param metrics
#   Whether Prometheus is told of the cards: by NVIDIA's exporter where the driver is of its repository, and else by
#   /var/lib/nvidia/cards.prom, for the textfile collector of the node exporter.
#
# @param metrics_port
#   Where NVIDIA's exporter listens, on loopback.
#
# @param persistence
#   Whether nvidia-persistenced keeps the cards initialised while nothing uses them. Where not, it is left as it is.
#
# @param hold
#   Whether the system's unattended upgrades leave the driver alone: one under a running kernel module is what takes a card
#   from each program that starts from then on.
#
# @param hold_kernel
#   Whether those of Debian and Ubuntu leave the kernel alone, too, for which the driver's modules have to be built: a node
#   may come up without its cards where that failed. Fixes of the kernel's holes then wait for somebody who upgrades it and
#   reboots; where they must not, set it to false. On Rocky, dnf-automatic installs nothing unless it is told to, and
#   `excludepkgs=kernel*` in its own automatic.conf is what holds the kernel.
#
# @param allow_downgrade
#   Whether the driver may be replaced by an older one, and packages that are in its way be removed.
#
# @param reboot
#   When the node is rebooted into a driver that needs it: never, or in a window, by the clock of the Puppet server, when the jobs that run are
#   done, and no more than `at_once` (1) nodes of this server at a time.
class nvidia (
  Enum['distribution', 'nvidia', 'unmanaged'] $driver,
  Stdlib::HTTPUrl $repository,
  Nvidia::Fingerprint $repository_key_fingerprint,
  Optional[Nvidia::Key] $repository_key = undef,
  Optional[Nvidia::Branch] $branch = undef,
  Optional[Nvidia::Version] $version = undef,
  Optional[Enum['open', 'proprietary']] $kernel_modules = undef,
  Boolean $metrics = true,
  Stdlib::Port::Unprivileged $metrics_port = 9400,
  Boolean $persistence = true,
  Boolean $hold = true,
  Boolean $hold_kernel = true,
  Boolean $allow_downgrade = false,
  Variant[Enum['never'], Nvidia::Window] $reboot = 'never',
) {
  $fact = $facts['nvidia'] ? { Hash => $facts['nvidia'], default => {} }

  if $fact['present'] {
    # whether what needs the driver can be started
    $works = ($fact.get('driver.loaded') and !$fact['reboot_required'])

    contain nvidia::report
    contain nvidia::metrics

    Class['nvidia::report']
    -> Class['nvidia::metrics']

    contain nvidia::reboot

    if $driver != 'unmanaged' {
      $system = "${facts['os']['name']} ${facts['os']['release']['major']}"
      $installed = $fact.get('driver.installed')
      $installed_branch = $installed.then |$exact| { $exact[0, 3] }
      # Debian's own driver is what the release of the system has.
      $debians = ($driver == 'distribution' and $facts['os']['name'] == 'Debian')
      $wanted_branch = $debians ? {
        true  => undef,
        false => pick($branch, $version.then |$exact| { $exact[0, 3] }, $installed_branch, '580'),
      }
      # a version is held against a version, a branch against a branch
      [$setting, $wanted, $there] = $version ? {
        undef   => ['nvidia::branch', $wanted_branch, $installed_branch],
        default => ['nvidia::version', $version, $installed],
      }
      $modules = pick($kernel_modules, $fact.get('driver.kernel_modules'), $debians ? { true => 'proprietary', false => 'open' })

      if $driver == 'distribution' and $facts['os']['family'] == 'RedHat' {
        fail("nvidia::driver is 'distribution', but ${system} has no driver of its own: set nvidia::driver to nvidia or unmanaged")
      }
      if $driver == 'nvidia' and !$repository_key {
        fail("nvidia::repository_key is not set, and nothing of ${repository} is trusted without it: set it to the public key with the fingerprint ${repository_key_fingerprint}")
      }
      if $debians and $branch {
        fail("nvidia::branch is '${branch}', but ${system} has one branch only: leave it out, or set nvidia::driver to nvidia")
      }
      if $version and $branch and $version[0, 3] != $branch {
        fail("nvidia::version is '${version}', which is none of the branch '${branch}' (nvidia::branch): leave one of them out")
      }
      if $wanted and $there and !$allow_downgrade and versioncmp($wanted, $there) < 0 {
        fail("${setting} is '${wanted}', but the node has ${installed}, which is newer: set ${setting} to ${there}, or nvidia::allow_downgrade to true")
      }
      if $driver == 'nvidia' and $facts['os']['name'] == 'Ubuntu' and Integer($wanted_branch) >= 590 {
        fail("nvidia::branch is '${wanted_branch}', but from 590 on NVIDIA's packages for Ubuntu are none that are known here: give one up to 580, or set nvidia::driver to distribution")
      }
      $too_old = $fact.get('gpus', []).filter |$card| { $card['compute_capability'] and versioncmp(String($card['compute_capability']), '7.5') < 0 }
      if $modules == 'open' and !empty($too_old) {
        fail("nvidia::kernel_modules is 'open', but ${too_old[0]['name']} is older than Turing: set nvidia::kernel_modules to proprietary")
      }

      contain nvidia::headers
      contain nvidia::nouveau
      contain nvidia::hold
      contain nvidia::sources
      contain nvidia::packages
      contain nvidia::persistence

      Class['nvidia::hold']
      -> Class['nvidia::sources']
      -> Class['nvidia::headers']
      -> Class['nvidia::packages']
      -> Class['nvidia::nouveau']
      -> Class['nvidia::persistence']
      -> Class['nvidia::metrics']
    }
  }
}
