# Rendered by fleet render from templates/module/manifests/remove.pp.j2: edit that, not this file.

# @summary Takes IndexTTS2 off the node; the folder cache_hub stays
#
# @api private
class indextts2::remove {
  assert_private()

  $switch = 'releases@indextts2.service'
  $front = 'indextts2-front.service'
  $watch = 'releases-watch@indextts2.service'
  $instances = $indextts2::cards.map |$card, $slots| { $slots.keys.map |$slot| { "indextts2-webui@${card}-${slot}.service" } }.flatten
  $enabled = [$switch, $front, $watch, 'indextts2-weights.timer']
  $units = [$front] + $instances + ['indextts2-weights.timer', 'indextts2-weights.service']
  $unit_files = $units.map |$unit| { "/etc/systemd/system/${unit}" }
  $description = '/etc/releases/indextts2.json'
  # with what a killed write leaves, and what was found to be rubbish
  $written = ['', '.new', '.broken'].map |$suffix| { "/var/lib/releases/indextts2.json${suffix}" }
  + $instances.map |$unit| { "/etc/systemd/system/${unit}.new" }

  ([$switch, $watch] + $units).each |$unit| {
    service { $unit:
      ensure => stopped,
      enable => $unit in $enabled ? { true => false, default => undef },
      # is-active says no of a switch that is under way, and of what systemd is about to start again
      status => "/bin/systemctl show --property=ActiveState ${unit} | /bin/grep -qvxE 'ActiveState=(inactive|failed)'",
    }
  }

  file { [$description] + $unit_files + $written + ['/etc/weights/indextts2.json']:
    ensure => absent,
  }

  # systemd forgets a unit only when it is told to
  exec { 'indextts2: forget its units':
    command => ['/bin/systemctl', 'daemon-reload'],
    onlyif  => "/bin/systemctl show --property=LoadState ${units.join(' ')} | /bin/grep -qx LoadState=loaded",
    require => File[$unit_files],
  }

  # or while it remembers that the unit failed
  ([$switch, $watch] + $units).each |$unit| {
    exec { "indextts2: forget that ${unit} failed":
      command => ['/bin/systemctl', 'reset-failed', $unit],
      onlyif  => [['/bin/systemctl', 'is-failed', '--quiet', $unit]],
      require => [Service[$unit], Exec['indextts2: forget its units']],
    }
  }

  # no `recurse`: it would make a resource of each of the tens of thousands of files in a .venv
  file { [
      "${indextts2::root}/source.git",
      $indextts2::releases_dir,
      $indextts2::build_dir,
      $indextts2::state_dir,
      $indextts2::config_dir,
      $indextts2::libexec_dir,
      '/etc/weights/indextts2.s3',
    ]:
      ensure => absent,
      force  => true,
      backup => false,
  }

  user { ['tts-user', 'tts-build', 'indextts2-front']:
    ensure => absent,
  }

  group { ['tts-user', 'tts-build', 'indextts2-front']:
    ensure => absent,
  }

  # Whoever asks for a switch from then on hears that there is no such service.
  File[$description]
  -> Service[$switch]
  -> Service[$front]
  -> Service[$units - [$front]]
  -> File[$unit_files + $written]
  -> File[$indextts2::releases_dir, $indextts2::state_dir, $indextts2::build_dir]
  -> User['tts-user', 'tts-build', 'indextts2-front']
  -> Group['tts-user', 'tts-build', 'indextts2-front']
}
