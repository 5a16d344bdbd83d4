# Rendered by fleet render from templates/module/manifests/restart.pp.j2: edit that, not this file.

# @summary The timer that starts Speech recognition anew from time to time
#
# @api private
class speech_recognition::restart {
  assert_private()

  $timer = 'speech_recognition-restart.timer'
  $every = $speech_recognition::ensure ? {
    'present' => $speech_recognition::restart_every,
    default   => undef,
  }
  $units = {
    $timer => $every ? {
      undef   => undef,
      default => epp('speech_recognition/restart.timer.epp', { 'every' => $every, 'certname' => $trusted['certname'] }),
    },
    'speech_recognition-restart.service' => $every ? {
      undef   => undef,
      default => file('speech_recognition/restart.service'),
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
      require   => File['/etc/systemd/system/speech_recognition-restart.service'],
    }
  } else {
    exec { 'speech_recognition: no start anew':
      command => [
        '/bin/sh', '-c',
        "/bin/systemctl disable --now ${timer} && { for verb in stop reset-failed; do /bin/systemctl \$verb speech_recognition-restart.service 2>/dev/null || true; done; }",
      ],
      onlyif  => [['/usr/bin/test', '-e', "/etc/systemd/system/${timer}"]],
      before  => File["/etc/systemd/system/${timer}", '/etc/systemd/system/speech_recognition-restart.service'],
    }
  }
}
