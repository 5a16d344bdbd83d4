# Rendered by fleet render from templates/module/manifests/restart.pp.j2: edit that, not this file.

# @summary The timer that starts IndexTTS2 anew from time to time
#
# @api private
class indextts2::restart {
  assert_private()

  $timer = 'indextts2-restart.timer'
  $every = $indextts2::ensure ? {
    'present' => $indextts2::restart_every,
    default   => undef,
  }
  $units = {
    $timer => $every ? {
      undef   => undef,
      default => epp('indextts2/restart.timer.epp', { 'every' => $every, 'certname' => $trusted['certname'] }),
    },
    'indextts2-restart.service' => $every ? {
      undef   => undef,
      default => file('indextts2/restart.service'),
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
      require   => File['/etc/systemd/system/indextts2-restart.service'],
    }
  } else {
    exec { 'indextts2: no start anew':
      command => [
        '/bin/sh', '-c',
        "/bin/systemctl disable --now ${timer} && { for verb in stop reset-failed; do /bin/systemctl \$verb indextts2-restart.service 2>/dev/null || true; done; }",
      ],
      onlyif  => [['/usr/bin/test', '-e', "/etc/systemd/system/${timer}"]],
      before  => File["/etc/systemd/system/${timer}", '/etc/systemd/system/indextts2-restart.service'],
    }
  }
}
