# Rendered by fleet render from templates/module/manifests/remove.pp.j2: edit that, not this file.

# @summary Takes Stable Diffusion off the node; the folder cache_hub stays
#
# @api private
class stable_diffusion::remove {
  assert_private()

  $switch = 'releases@stable_diffusion.service'
  $front = 'stable_diffusion-front.service'
  $watch = 'releases-watch@stable_diffusion.service'
  # systemd takes the pattern for all that it knows: of cards, too, that the service had before
  $instances = 'stable_diffusion-webui@*.service'
  $enabled = [$switch, $front, $watch, 'stable_diffusion-weights.timer']
  $others = [$front, 'stable_diffusion-weights.timer', 'stable_diffusion-weights.service']
  $units = $others + [$instances]

  $unit_files = $others.map |$unit| { "/etc/systemd/system/${unit}" }
  $description = '/etc/releases/stable_diffusion.json'
  # with what a killed write leaves, and what was found to be rubbish
  $written = ['json', 'json.new', 'json.broken', 'map', 'map.new', 'prom', 'prom.new'].map |$suffix| { "/var/lib/releases/stable_diffusion.${suffix}" }
  $find = "/usr/bin/find /etc/systemd/system -maxdepth 1 -type f -name 'stable_diffusion-webui@*'"

  ([$switch, $watch] + $units).each |$unit| {
    service { $unit:
      ensure => stopped,
      enable => $unit in $enabled ? { true => false, default => undef },
      # is-active says no of a switch that is under way, and of what systemd is about to start again
      status => "/bin/systemctl show --property=ActiveState '${unit}' | /bin/grep -qvxE '(ActiveState=(inactive|failed))?'",
    }
  }

  file { [$description] + $unit_files + $written + ['/etc/weights/stable_diffusion.json']:
    ensure => absent,
  }

  # with what a killed write leaves
  exec { 'stable_diffusion: remove the units of its web UIs':
    command  => "${find} -delete",
    onlyif   => "${find} | /bin/grep -q .",
    provider => shell,
  }

  # systemd forgets a unit only when it is told to
  exec { 'stable_diffusion: forget its units':
    command => ['/bin/systemctl', 'daemon-reload'],
    onlyif  => "/bin/systemctl show --property=LoadState '${units.join("' '")}' | /bin/grep -qx LoadState=loaded",
    require => Exec['stable_diffusion: remove the units of its web UIs'],
  }

  # or while it remembers that the unit failed
  ([$switch, $watch] + $units).each |$unit| {
    exec { "stable_diffusion: forget that ${unit} failed":
      command => ['/bin/systemctl', 'reset-failed', $unit],
      onlyif  => [['/bin/systemctl', 'is-failed', '--quiet', $unit]],
      require => [Service[$unit], Exec['stable_diffusion: forget its units']],
    }
  }

  # no `recurse`: it would make a resource of each of the tens of thousands of files in a .venv
  file { [
      "${stable_diffusion::root}/source.git",
      $stable_diffusion::releases_dir,
      $stable_diffusion::build_dir,
      $stable_diffusion::state_dir,
      $stable_diffusion::config_dir,
      $stable_diffusion::libexec_dir,
      '/etc/weights/stable_diffusion.s3',
    ]:
      ensure => absent,
      force  => true,
      backup => false,
  }

  user { ['sd-user', 'sd-build', 'stable_diffusion-front']:
    ensure => absent,
  }

  group { ['sd-user', 'sd-build', 'stable_diffusion-front']:
    ensure => absent,
  }

  # Whoever asks for a switch from then on hears that there is no such service.
  File[$description]
  -> Service[$switch, $watch]
  -> Service[$front]
  -> Service[$units - [$front]]
  -> File[$unit_files + $written]
  -> Exec['stable_diffusion: remove the units of its web UIs']
  -> File[$stable_diffusion::releases_dir, $stable_diffusion::state_dir, $stable_diffusion::build_dir]
  -> User['sd-user', 'sd-build', 'stable_diffusion-front']
  -> Group['sd-user', 'sd-build', 'stable_diffusion-front']
}
