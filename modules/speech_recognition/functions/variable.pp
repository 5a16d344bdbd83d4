# Rendered by fleet render from templates/module/functions/variable.pp.j2: edit that, not this file.

# @summary A parameter's value as the text of an environment variable
#
# @param value
#   The value.
#
# @return
#   `true` or `false` for a boolean; undef, which leaves the variable unset, for undef.
#
# @api private
function speech_recognition::variable(Optional[Scalar] $value) >> Optional[String] {
  # %s, because a number with a point has six decimals otherwise
  $value ? {
    undef   => undef,
    default => String($value, '%s'),
  }
}
