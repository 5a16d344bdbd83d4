# @summary On a Puppet server: the reports, which the processor `fleet_record` writes, and the server's own log
#
# reports.jsonl is there, rotated each day, whether it is shipped or not.
#
# @example The last runs of which something failed, on the server
#   jq -c 'select(.status == "failed") | [.end, .node, .failures[].title]' /var/log/puppetserver/reports.jsonl
#
# @param days
#   For how many days reports.jsonl is kept on the server.
class record::reports (
  Integer[2, 365] $days = 14,
) {
  record::input { 'puppetserver':
    content => file('record/inputs/puppetserver.conf'),
    groups  => ['puppet'],
  }

  package { 'logrotate':
    ensure => installed,
  }

  file { '/etc/logrotate.d/fleet-record':
    ensure  => file,
    owner   => 'root',
    group   => 'root',
    mode    => '0644',
    content => epp('record/logrotate.epp', { 'days' => $days }),
  }
}
