# @summary Has a unit that runs take what was written since it began to
#
# It looks at the unit, not at what this run has written: a restart that was missed is made up for by the next run.
#
# @example Prometheus with another unit, and with other rules
#   units::current {
#     default:
#       unit => 'prometheus.service',
#       ;
#     'prometheus, its unit':
#       files => ['/etc/systemd/system/prometheus.service.d/fleet.conf'],
#       ;
#     'prometheus, its rules':
#       files => ['/etc/prometheus/rules/fleet.yml'],
#       by    => 'reload',
#       ;
#   }
#
# @param unit
#   The unit; one that does not run is left alone.
# @param files
#   What it reads.
# @param by
#   What it takes them by.
define units::current (
  Pattern[/\A[\w@.-]+\.service\z/] $unit,
  Array[Stdlib::Absolutepath, 1] $files,
  Enum['restart', 'reload'] $by = 'restart',
) {
  # A reload changes the state of a unit twice, and does not begin it anew.
  $since = $by ? {
    'restart' => 'ActiveEnterTimestamp',
    'reload'  => 'StateChangeTimestamp',
  }
  exec { "have ${title} take its files":
    command  => "systemctl daemon-reload && systemctl ${by} ${unit}",
    onlyif   => "systemctl --quiet is-active ${unit} && \
      since=$(systemctl show --timestamp=us+utc --property=${since} --value ${unit}) && \
      find ${shell_join($files)} -newermt \"\${since}\" | grep -q .",
    path     => ['/usr/bin', '/bin'],
    provider => shell,
  }
}
