# Rendered by fleet render from templates/module/manifests/remove.pp.j2: edit that, not this file.

# @summary Takes Echo's 回声 100% "tiny" <%= title %> ${title} off the node; the folder cache_hub stays
#
# @api private
class echo_tiny::remove {
  assert_private()

  $unit = 'echo_tiny-webui.service'

  service { $unit:
    ensure => stopped,
    enable => false,
  }

  file { "/etc/systemd/system/${unit}":
    ensure => absent,
  }

  # systemd forgets a unit only when it is told to
  exec { "echo_tiny: forget ${unit}":
    command => ['/bin/systemctl', 'daemon-reload'],
    onlyif  => "/bin/systemctl show --property=LoadState ${unit} | /bin/grep -qx LoadState=loaded",
    require => File["/etc/systemd/system/${unit}"],
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

  Service[$unit]
  -> File["/etc/systemd/system/${unit}"]
  -> File[$echo_tiny::releases_dir, $echo_tiny::state_dir, $echo_tiny::build_dir]
  -> User['echo', 'echo-build']
  -> Group['echo', 'echo-build']
}
