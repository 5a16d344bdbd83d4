# Rendered by fleet render from templates/module/manifests/restart.pp.j2: edit that, not this file.

# @summary The timer that starts Stable Diffusion anew from time to time
#
# @api private
class stable_diffusion::restart {
  assert_private()

  $timer = 'stable_diffusion-restart.timer'
  $every = $stable_diffusion::ensure ? {
    'present' => $stable_diffusion::restart_every,
    default   => undef,
  }
  $units = {
    $timer => $every ? {
      undef   => undef,
      default => epp('stable_diffusion/restart.timer.epp', { 'every' => $every, 'certname' => $trusted['certname'] }),
    },
    'stable_diffusion-restart.service' => $every ? {
      undef   => undef,
      default => file('stable_diffusion/restart.service'),
    },
  }

  $units.each |$unit, $text| {
    file { "/etc/systemd/system/${unit}":
      ensure  => $text =~ String ? { true => file, default => absent },
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      content => $text,
    }
  }

  if $every {
    service { $timer:
      ensure    => running,
      enable    => true,
      subscribe => File["/etc/systemd/system/${timer}"],
      require   => File['/etc/systemd/system/stable_diffusion-restart.service'],
    }
  } else {
    exec { 'stable_diffusion: no start anew':
      command => [
        '/bin/sh', '-c',
        "/bin/systemctl disable --now ${timer} && { for verb in stop reset-failed; do /bin/systemctl \$verb stable_diffusion-restart.service 2>/dev/null || true; done; }",
      ],
      onlyif  => [['/usr/bin/test', '-e', "/etc/systemd/system/${timer}"]],
      before  => File["/etc/systemd/system/${timer}", '/etc/systemd/system/stable_diffusion-restart.service'],
    }
  }
}
