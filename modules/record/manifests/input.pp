# @summary Something that the shipper follows, in rsyslog's words
#
# @example The log of a program
#   record::input { 'program':
#     content => file('profile/program.conf'),
#     groups  => ['adm'],
#   }
#
# @param content
#   The input; messages go to the ruleset `ship`.
#
# @param groups
#   The groups to which what is followed is readable.
define record::input (
  String[1] $content,
  Array[String[1], 1] $groups,
) {
  include record

  if $record::endpoint {
    file {
      default:
        ensure => file,
        owner  => 'root',
        group  => 'root',
        mode   => '0644',
        notify => Service[$record::service],
        ;
      "${record::inputs}/${title}.conf":
        content => $content,
        ;
      "${record::units}/${record::service}.d/${title}.conf":
        content => "# Kept by Puppet, module record: what ${title} is readable to.\n[Service]\nSupplementaryGroups=${join($groups, ' ')}\n",
        ;
    }
  }
}
