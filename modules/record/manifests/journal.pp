# @summary On a node: what the units of its services say in the journal
#
# @example More than the services' own units, in hieradata/common.yaml
#   record::journal::units: ['*-webui@*', '*-front.service', 'releases@*', 'puppet*']
#
# @param units
#   Which units' entries are shipped: names, with `*` for anything.
class record::journal (
  Array[Pattern[/\A[a-zA-Z0-9:_.@*-]+\z/], 1] $units = ['*-webui@*', '*-front.service', 'releases@*'],
) {
  $patterns = $units.map |$unit| { regsubst(regsubst($unit, '\.', '[.]', 'G'), '\*', '.*', 'G') }

  record::input { 'journal':
    content => epp('record/journal.conf.epp', { 'pattern' => "^(${join($patterns, '|')})\$" }),
    groups  => ['systemd-journal'],
  }
}
