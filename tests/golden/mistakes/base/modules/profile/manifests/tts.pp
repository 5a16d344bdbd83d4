# @summary What a node that speaks is
#
# @param api_key
#   The key that callers show.
#
# @param canary_percent
#   Percent of the requests that a new release gets first.
#
# @param state_mode
#   The mode of the folder with what the service writes.
#
# @param restart_at
#   When the service is restarted, as hours and minutes.
#
# @param frozen_until
#   The day before which nothing is rolled out.
#
# @param greeting
#   What the page says first.
class profile::tts (
  Optional[Sensitive[String[1]]] $api_key = undef,
  Integer[0, 100] $canary_percent = 0,
  Stdlib::Filemode $state_mode = '0750',
  Optional[Pattern[/\A\d\d:\d\d\z/]] $restart_at = undef,
  Optional[String[1]] $frozen_until = undef,
  Optional[String[1]] $greeting = undef,
) {
  include indextts2
  include whisper
}
