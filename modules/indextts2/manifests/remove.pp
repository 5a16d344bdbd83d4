# Rendered by fleet render from templates/module/manifests/remove.pp.j2: edit that, not this file.

# @summary Takes IndexTTS2 off the node; the folder cache_hub stays
#
# @api private
class indextts2::remove {
  assert_private()

  $switch = 'releases@indextts2.service'
  $front = 'indextts2-front.service'
  $watch = 'releases-watch@indextts2.service'
  # systemd takes the pattern for all that it knows: of cards, too, that the service had before
  $instances = 'indextts2-webui@*.service'
  $enabled = [$switch, $front, $watch, 'indextts2-weights.timer']
  $others = [$front, 'indextts2-weights.timer', 'indextts2-weights.service']
  $units = $others + [$instances]

  $unit_files = $others.map |$unit| { "/etc/systemd/system/${unit}" }
  $description = '/etc/releases/indextts2.json'
  # with what a killed write leaves, and what was found to be rubbish
  $written = ['json', 'json.new', 'json.broken', 'map', 'map.new', 'prom', 'prom.new'].map |$suffix| { "/var/lib/releases/indextts2.${suffix}" }
  $find = "/usr/bin/find /etc/systemd/system -maxdepth 1 -type f -name 'indextts2-webui@*'"

  ([$switch, $watch] + $units).each |$unit| {
    service { $unit:
      ensure => stopped,
      enable => $unit in $enabled ? { true => false, default => undef },
      # is-active says no of a switch that is under way, and of what systemd is about to start again
      status => "/bin/systemctl show --property=ActiveState '${unit}' | /bin/grep -qvxE '(ActiveState=(inactive|failed))?'",
    }
  }

  file { [$description] + $unit_files + $written + ['/etc/weights/indextts2.json']:
    ensure => absent,
  }

  # with what a killed write leaves
  exec { 'indextts2: remove the units of its web UIs':
    command  => "${find} -delete",
    onlyif   => "${find} | /bin/grep -q .",
    provider => shell,
  }

  # systemd forgets a unit only when it is told to
  exec { 'indextts2: forget its units':
    command => ['/bin/systemctl', 'daemon-reload'],
    onlyif  => "/bin/systemctl show --property=LoadState '${units.join("' '")}' | /bin/grep -qx LoadState=loaded",
    require => Exec['indextts2: remove the units of its web UIs'],
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
  -> Service[$switch, $watch]
  -> Service[$front]
  -> Service[$units - [$front]]
  -> File[$unit_files + $written]
  -> Exec['indextts2: remove the units of its web UIs']
  -> File[$indextts2::releases_dir, $indextts2::state_dir, $indextts2::build_dir]
  -> User['tts-user', 'tts-build', 'indextts2-front']
  -> Group['tts-user', 'tts-build', 'indextts2-front']
}
