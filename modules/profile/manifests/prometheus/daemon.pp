# @summary A daemon of Debian's Prometheus family: its package, its unit in a sandbox, and its service
#
# @api private
#
# @param command
#   The program and its arguments.
# @param reads
#   The files that it takes by a reload.
# @param certificate
#   Whether it gets the certificate of profile::watch_certificate, in /run/credentials/UNIT: cert.pem, key.pem, ca.pem.
# @param sees_machine
#   Whether it has to see processes and mounts of the machine.
# @param state
#   The folder that it writes.
define profile::prometheus::daemon (
  Array[String[1], 1] $command,
  Array[Stdlib::Absolutepath] $reads = [],
  Boolean $certificate = false,
  Boolean $sees_machine = false,
  Optional[Stdlib::Absolutepath] $state = undef,
) {
  $unit = "${title}.service"
  $conf = "/etc/systemd/system/${unit}.d/fleet.conf"

  if $certificate {
    require profile::watch_certificate

    $certname = $profile::watch_certificate::certname
    $certificates = [$profile::watch_certificate::certificate]
  } else {
    $certname = undef
    $certificates = []
  }

  # before the package, which starts it, and has it listen on all addresses
  file {
    default:
      owner => 'root',
      group => 'root',
      ;
    "/etc/systemd/system/${unit}.d":
      ensure => directory,
      mode   => '0755',
      ;
    $conf:
      ensure  => file,
      mode    => '0644',
      content => epp('profile/prometheus.service.conf.epp', {
          'command'      => $command,
          'certname'     => $certname,
          'sees_machine' => $sees_machine,
          'state'        => $state,
      }),
      ;
  }
  -> package { $title:
    ensure          => installed,
    # Recommended are a web server, and collectors that nothing here reads.
    install_options => ['--no-install-recommends'],
  }
  -> service { $unit:
    ensure => running,
    enable => true,
  }
  -> units::current { "${title}, its unit":
    unit  => $unit,
    files => [$conf] + $certificates,
  }

  # On the Puppet server this machine's certificate is made in the same run.
  Exec<| title == 'make the certificate authority' |> -> Service[$unit]

  unless empty($reads) {
    units::current { "${title}, what it reads":
      unit    => $unit,
      files   => $reads,
      by      => 'reload',
      require => Units::Current["${title}, its unit"],
    }
    File[$reads] -> Service[$unit]
  }
}
