# Rendered by fleet render from templates/module/manifests/remove.pp.j2: edit that, not this file.

# @summary Takes Speech recognition off the node; the folder cache_hub stays
#
# @api private
class speech_recognition::remove {
  assert_private()

  $switch = 'releases@speech_recognition.service'
  $front = 'speech_recognition-front.service'
  $watch = 'releases-watch@speech_recognition.service'
  # systemd takes the pattern for all that it knows: of cards, too, that the service had before
  $instances = 'speech_recognition-webui@*.service'
  $enabled = [$switch, $front, $watch, 'speech_recognition-weights.timer']
  $others = [$front, 'speech_recognition-weights.timer', 'speech_recognition-weights.service']
  $units = $others + [$instances]

  $unit_files = $others.map |$unit| { "/etc/systemd/system/${unit}" }
  $description = '/etc/releases/speech_recognition.json'
  # with what a killed write leaves, and what was found to be rubbish
  $written = ['json', 'json.new', 'json.broken', 'map', 'map.new', 'prom', 'prom.new'].map |$suffix| { "/var/lib/releases/speech_recognition.${suffix}" }
  $find = "/usr/bin/find /etc/systemd/system -maxdepth 1 -type f -name 'speech_recognition-webui@*'"

  ([$switch, $watch] + $units).each |$unit| {
    service { $unit:
      ensure => stopped,
      enable => $unit in $enabled ? { true => false, default => undef },
      # is-active says no of a switch that is under way, and of what systemd is about to start again
      status => "/bin/systemctl show --property=ActiveState '${unit}' | /bin/grep -qvxE '(ActiveState=(inactive|failed))?'",
    }
  }

  file { [$description] + $unit_files + $written + ['/etc/weights/speech_recognition.json']:
    ensure => absent,
  }

  # with what a killed write leaves
  exec { 'speech_recognition: remove the units of its web UIs':
    command  => "${find} -delete",
    onlyif   => "${find} | /bin/grep -q .",
    provider => shell,
  }

  # systemd forgets a unit only when it is told to
  exec { 'speech_recognition: forget its units':
    command => ['/bin/systemctl', 'daemon-reload'],
    onlyif  => "/bin/systemctl show --property=LoadState '${units.join("' '")}' | /bin/grep -qx LoadState=loaded",
    require => Exec['speech_recognition: remove the units of its web UIs'],
  }

  # or while it remembers that the unit failed
  ([$switch, $watch] + $units).each |$unit| {
    exec { "speech_recognition: forget that ${unit} failed":
      command => ['/bin/systemctl', 'reset-failed', $unit],
      onlyif  => [['/bin/systemctl', 'is-failed', '--quiet', $unit]],
      require => [Service[$unit], Exec['speech_recognition: forget its units']],
    }
  }

  # no `recurse`: it would make a resource of each of the tens of thousands of files in a .venv
  file { [
      "${speech_recognition::root}/source.git",
      $speech_recognition::releases_dir,
      $speech_recognition::build_dir,
      $speech_recognition::state_dir,
      $speech_recognition::config_dir,
      $speech_recognition::libexec_dir,
      '/etc/weights/speech_recognition.s3',
    ]:
      ensure => absent,
      force  => true,
      backup => false,
  }

  user { ['asr-user', 'asr-build', 'speech_recognition-front']:
    ensure => absent,
  }

  group { ['asr-user', 'asr-build', 'speech_recognition-front']:
    ensure => absent,
  }

  # Whoever asks for a switch from then on hears that there is no such service.
  File[$description]
  -> Service[$switch, $watch]
  -> Service[$front]
  -> Service[$units - [$front]]
  -> File[$unit_files + $written]
  -> Exec['speech_recognition: remove the units of its web UIs']
  -> File[$speech_recognition::releases_dir, $speech_recognition::state_dir, $speech_recognition::build_dir]
  -> User['asr-user', 'asr-build', 'speech_recognition-front']
  -> Group['asr-user', 'asr-build', 'speech_recognition-front']
}
