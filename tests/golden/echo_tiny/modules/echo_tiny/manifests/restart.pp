# Rendered by fleet render from templates/module/manifests/restart.pp.j2: edit that, not this file.

# @summary The timer that starts Echo's 回声 100% "tiny" <%= title %> ${title} anew from time to time
#
# @api private
class echo_tiny::restart {
  assert_private()

  $timer = 'echo_tiny-restart.timer'
  $every = $echo_tiny::ensure ? {
    'present' => $echo_tiny::restart_every,
    default   => undef,
  }
  $units = {
    $timer => $every ? {
      undef   => undef,
      default => epp('echo_tiny/restart.timer.epp', { 'every' => $every, 'certname' => $trusted['certname'] }),
    },
    'echo_tiny-restart.service' => $every ? {
      undef   => undef,
      default => file('echo_tiny/restart.service'),
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
      require   => File['/etc/systemd/system/echo_tiny-restart.service'],
    }
  } else {
    exec { 'echo_tiny: no start anew':
      command => [
        '/bin/sh', '-c',
        "/bin/systemctl disable --now ${timer} && { for verb in stop reset-failed; do /bin/systemctl \$verb echo_tiny-restart.service 2>/dev/null || true; done; }",
      ],
      onlyif  => [['/usr/bin/test', '-e', "/etc/systemd/system/${timer}"]],
      before  => File["/etc/systemd/system/${timer}", '/etc/systemd/system/echo_tiny-restart.service'],
    }
  }
}
