# Rendered by fleet render from templates/module/functions/quote.pp.j2: edit that, not this file.

# @summary Quotes text for a systemd unit, so that the process gets it as it is
#
# @see https://www.freedesktop.org/software/systemd/man/systemd.syntax.html#Quoting
#
# @param text
#   The text.
#
# @param command_line
#   Whether it is for a command line, where systemd also expands `$`.
#
# @return
#   The text in double quotes.
#
# @api private
function speech_recognition::quote(String $text, Boolean $command_line) >> String {
  # systemd takes a line with a noncharacter for broken UTF-8, and leaves it out
  if $text !~ Speech_recognition::Text or $text =~ /\p{Noncharacter_Code_Point}/ {
    fail("speech_recognition: '${text}' has a control character or noncharacter, which no systemd unit can hold; take it out")
  }
  $escaped = $text
  .regsubst(/["\\]/, '\\\\\0', 'G')
  .regsubst(/\n/, '\\\\n', 'G')
  .regsubst(/\t/, '\\\\t', 'G')
  .regsubst(/%/, '%%', 'G')
  $command_line ? {
    true  => "\"${regsubst($escaped, /\$/, '$$', 'G')}\"",
    false => "\"${escaped}\"",
  }
}
