# Rendered by fleet render from templates/module/manifests/remove.pp.j2: edit that, not this file.

# @summary Takes Echo's 回声 100% "tiny" <%= title %> ${title} off the node; the folder cache_hub stays
#
# @api private
class echo_tiny::remove {
  assert_private()

  $front = 'echo_tiny-front.service'
  $instances = $echo_tiny::cards.map |$card, $slots| { $slots.keys.map |$slot| { "echo_tiny-webui@${card}-${slot}.service" } }.flatten
  $unit_files = ([$front] + $instances).map |$unit| { "/etc/systemd/system/${unit}" }

  service { [$front] + $instances:
    ensure => stopped,
  }

  service { 'releases@echo_tiny.service':
    enable => false,
  }

  file { $unit_files + ['/etc/releases/echo_tiny.json', '/var/lib/releases/echo_tiny.json']:
    ensure => absent,
  }

  # systemd forgets a unit only when it is told to
  exec { 'echo_tiny: forget its units':
    command => ['/bin/systemctl', 'daemon-reload'],
    onlyif  => "/bin/systemctl show --property=LoadState ${([$front] + $instances).join(' ')} | /bin/grep -qx LoadState=loaded",
    require => File[$unit_files],
  }

  # no `recurse`: it would make a resource of each of the tens of thousands of files in a .venv
  file { [
      "${echo_tiny::root}/source.git",
      $echo_tiny::releases_dir,
      $echo_tiny::build_dir,
      $echo_tiny::state_dir,
      $echo_tiny::config_dir,
      $echo_tiny::libexec_dir,
    ]:
      ensure => absent,
      force  => true,
      backup => false,
  }

  user { ['echo', 'echo-build']:
    ensure => absent,
  }

  group { ['echo', 'echo-build']:
    ensure => absent,
  }

  Service[[$front] + $instances]
  -> File[$unit_files]
  -> File[$echo_tiny::releases_dir, $echo_tiny::state_dir, $echo_tiny::build_dir]
  -> User['echo', 'echo-build']
  -> Group['echo', 'echo-build']
}
