# Rendered by fleet render from templates/module/manifests/remove.pp.j2: edit that, not this file.

# @summary Takes IndexTTS2 off the node; the folder cache_hub stays
#
# @api private
class indextts2::remove {
  assert_private()

  $front = 'indextts2-front.service'
  $instances = $indextts2::cards.map |$card, $slots| { $slots.keys.map |$slot| { "indextts2-webui@${card}-${slot}.service" } }.flatten
  $unit_files = ([$front] + $instances).map |$unit| { "/etc/systemd/system/${unit}" }

  service { [$front] + $instances:
    ensure => stopped,
  }

  service { 'releases@indextts2.service':
    enable => false,
  }

  file { $unit_files + ['/etc/releases/indextts2.json', '/var/lib/releases/indextts2.json']:
    ensure => absent,
  }

  # systemd forgets a unit only when it is told to
  exec { 'indextts2: forget its units':
    command => ['/bin/systemctl', 'daemon-reload'],
    onlyif  => "/bin/systemctl show --property=LoadState ${([$front] + $instances).join(' ')} | /bin/grep -qx LoadState=loaded",
    require => File[$unit_files],
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

  Service[[$front] + $instances]
  -> File[$unit_files]
  -> File[$indextts2::releases_dir, $indextts2::state_dir, $indextts2::build_dir]
  -> User['tts-user', 'tts-build']
  -> Group['tts-user', 'tts-build']
}
