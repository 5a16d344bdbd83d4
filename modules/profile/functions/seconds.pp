# @summary How many seconds a length of time has
#
# @param interval
#   The length of time.
# @return [Integer[1]]
#   Its seconds.
# @example
#   profile::seconds('30m')     # 1800
function profile::seconds(Profile::Interval $interval) >> Integer[1] {
  Integer($interval[0, -2], 10) * { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400 }[$interval[-1]]
}
