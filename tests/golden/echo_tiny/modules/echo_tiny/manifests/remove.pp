# Rendered by fleet render from templates/module/manifests/remove.pp.j2: edit that, not this file.

# @summary Takes Echo's 回声 100% "tiny" <%= title %> ${title} off the node; the folder cache_hub stays
#
# @api private
class echo_tiny::remove {
  assert_private()

  $switch = 'releases@echo_tiny.service'
  $front = 'echo_tiny-front.service'
  $watch = 'releases-watch@echo_tiny.service'
  # systemd takes the pattern for all that it knows: of cards, too, that the service had before
  $instances = 'echo_tiny-webui@*.service'
  $enabled = [$switch, $front, $watch]
  $others = [$front]
  $units = $others + [$instances]

  $unit_files = $others.map |$unit| { "/etc/systemd/system/${unit}" }
  $description = '/etc/releases/echo_tiny.json'
  # with what a killed write leaves, and what was found to be rubbish
  $written = ['json', 'json.new', 'json.broken', 'map', 'map.new', 'prom', 'prom.new'].map |$suffix| { "/var/lib/releases/echo_tiny.${suffix}" }
  $find = "/usr/bin/find /etc/systemd/system -maxdepth 1 -type f -name 'echo_tiny-webui@*'"

  ([$switch, $watch] + $units).each |$unit| {
    service { $unit:
      ensure => stopped,
      enable => $unit in $enabled ? { true => false, default => undef },
      # is-active says no of a switch that is under way, and of what systemd is about to start again
      status => "/bin/systemctl show --property=ActiveState '${unit}' | /bin/grep -qvxE '(ActiveState=(inactive|failed))?'",
    }
  }

  file { [$description] + $unit_files + $written:
    ensure => absent,
  }

  # with what a killed write leaves
  exec { 'echo_tiny: remove the units of its web UIs':
    command  => "${find} -delete",
    onlyif   => "${find} | /bin/grep -q .",
    provider => shell,
  }

  # systemd forgets a unit only when it is told to
  exec { 'echo_tiny: forget its units':
    command => ['/bin/systemctl', 'daemon-reload'],
    onlyif  => "/bin/systemctl show --property=LoadState '${units.join("' '")}' | /bin/grep -qx LoadState=loaded",
    require => Exec['echo_tiny: remove the units of its web UIs'],
  }

  # or while it remembers that the unit failed
  ([$switch, $watch] + $units).each |$unit| {
    exec { "echo_tiny: forget that ${unit} failed":
      command => ['/bin/systemctl', 'reset-failed', $unit],
      onlyif  => [['/bin/systemctl', 'is-failed', '--quiet', $unit]],
      require => [Service[$unit], Exec['echo_tiny: forget its units']],
    }
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

  user { ['echo', 'echo-build', 'echo_tiny-front']:
    ensure => absent,
  }

  group { ['echo', 'echo-build', 'echo_tiny-front']:
    ensure => absent,
  }

  # Whoever asks for a switch from then on hears that there is no such service.
  File[$description]
  -> Service[$switch, $watch]
  -> Service[$front]
  -> Service[$units - [$front]]
  -> File[$unit_files + $written]
  -> Exec['echo_tiny: remove the units of its web UIs']
  -> File[$echo_tiny::releases_dir, $echo_tiny::state_dir, $echo_tiny::build_dir]
  -> User['echo', 'echo-build', 'echo_tiny-front']
  -> Group['echo', 'echo-build', 'echo_tiny-front']
}
