# @summary When the agent of a machine runs: every so often, at a second that is the machine's own
#
# The second is drawn from the certname by a hash, so that the machines of a fleet are spread evenly over the interval
# and stay so: after a power cut, too, when all of them boot at once. systemd's own RandomizedDelaySec draws from
# the machine ID, which machines cloned from one image share, and is added to the wait for the next full interval.
#
# @param certname
#   The machine's name.
# @param interval
#   The time between two runs. It has to divide a minute, an hour or a day: systemd's calendar has no other.
# @return [String[1]]
#   An event of systemd.time(7).
# @example
#   profile::slot('tts1.example.org', '30m')     # '*-*-* *:13/30:56 UTC'
function profile::slot(String[1] $certname, Profile::Interval $interval) >> String[1] {
  $seconds = profile::seconds($interval)
  # How long the finest hand of the clock that such an interval moves takes for a turn, and for a step.
  [$turn, $step] = $seconds ? {
    Integer[1, 59]    => [60, 1],
    Integer[60, 3599] => [3600, 60],
    default           => [86400, 3600],
  }
  unless $turn % $seconds == 0 and $seconds % $step == 0 {
    fail("a run every ${interval} has no place in systemd's calendar: take what divides a minute (20s), an hour (30m) or a day (2h)")
  }
  $own = Integer("0x${sha256($certname)[0, 12]}", 16) % $seconds
  $second = $own % 60
  $minute = $own / 60 % 60
  $hour = $own / 3600
  $every = $seconds / $step
  # A hand that makes one step a turn has none to repeat: systemd takes no 24 for hours.
  $event = [$turn, $every] ? {
    [60, default]   => "*:*:${second}/${every}",
    [3600, default] => "*:${minute}/${every}:${second}",
    [86400, 24]     => "${hour}:${minute}:${second}",
    default         => "${hour}/${every}:${minute}:${second}",
  }
  "*-*-* ${event} UTC"
}
