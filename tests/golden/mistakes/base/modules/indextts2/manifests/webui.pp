# @summary The unit of the web UI
#
# @param unit
#   The name of the unit.
#
# @api private
class indextts2::webui (
  String[1] $unit = 'indextts2-webui.service',
) {
  assert_private()
}
