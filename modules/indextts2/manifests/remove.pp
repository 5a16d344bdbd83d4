# Rendered by fleet render from templates/module/manifests/remove.pp.j2: edit that, not this file.

# @summary Takes IndexTTS2 off the node; the folder cache_hub stays
#
# @api private
class indextts2::remove {
  assert_private()

  $unit = 'indextts2-webui.service'

  service { $unit:
    ensure => stopped,
    enable => false,
  }

  file { "/etc/systemd/system/${unit}":
    ensure => absent,
  }

  # systemd forgets a unit only when it is told to
  exec { "indextts2: forget ${unit}":
    command => ['/bin/systemctl', 'daemon-reload'],
    onlyif  => "/bin/systemctl show --property=LoadState ${unit} | /bin/grep -qx LoadState=loaded",
    require => File["/etc/systemd/system/${unit}"],
  }

  # no `recurse`: it would make a resource of each of the tens of thousands of files in a .venv
  file { [
      "${indextts2::root}/source.git",
      $indextts2::releases_dir,
      $indextts2::build_dir,
      $indextts2::state_dir,
      $indextts2::config_dir,
      $indextts2::libexec_dir,
    ]:
      ensure => absent,
      force  => true,
      backup => false,
  }

  user { ['tts-user', 'tts-build']:
    ensure => absent,
  }

  group { ['tts-user', 'tts-build']:
    ensure => absent,
  }

  Service[$unit]
  -> File["/etc/systemd/system/${unit}"]
  -> File[$indextts2::releases_dir, $indextts2::state_dir, $indextts2::build_dir]
  -> User['tts-user', 'tts-build']
  -> Group['tts-user', 'tts-build']
}
