# @summary Ships the record of a machine to Elasticsearch or OpenSearch: nothing is installed until it is said where
#
# An rsyslog of its own, beside the machine's, follows files and the journal and keeps what waits on the disk; the program
# `ship` sends it by the bulk protocol. Each document has an id that follows from what it says, so it arrives once, however
# often it has to be sent. What is followed is said by `record::reports` and `record::journal`.
#
# @example In hieradata/common.yaml
#   record::endpoint: https://elastic.example.org:9200
#   record::user: fleet
#
# @example What it says of itself, and what waits
#   systemctl status fleet-record
#   du -sh /var/lib/fleet-record/queue
#
# @param endpoint
#   Where the bulk protocol is spoken. Without it, nothing is shipped, and what was installed for it is taken away.
#
# @param user
#   Who asks, with `password`. On a server it may put index templates and policies and create documents, on a node it
#   needs to create documents of fleet-journal-* only.
#
# @param password
#   The password of `user`: encrypted, in hieradata/secrets.
#
# @param api_key
#   A key of the API, as it is encoded for the header, instead of `user`.
#
# @param ca_file
#   The authorities that the endpoint's certificate is held against, a file on the machine that everybody reads. The
#   system's own, where it is not set.
#
# @param manage_indices
#   Whether this machine puts the index template and the policy of retention. One that does is enough.
#
# @param retention_days
#   For how many days the endpoint keeps what is shipped.
#
# @param queue_size
#   What may wait on the disk while the endpoint is away. When it is full, what follows waits where it comes from.
class record (
  Optional[Stdlib::HTTPUrl] $endpoint = undef,
  Optional[String[1]] $user = undef,
  Optional[Sensitive[String[1]]] $password = undef,
  Optional[Sensitive[String[1]]] $api_key = undef,
  Optional[Stdlib::Absolutepath] $ca_file = undef,
  Boolean $manage_indices = false,
  Integer[1, 3650] $retention_days = 90,
  Pattern[/\A[1-9]\d*[mg]\z/] $queue_size = '1g',
) {
  $config = '/etc/fleet-record'
  $inputs = "${config}/inputs"
  $units = '/etc/systemd/system'
  $service = 'fleet-record.service'

  if $endpoint {
    if $user and !$password {
      fail('record::user is set, but record::password is not: encrypt it in hieradata/secrets, or leave the user out')
    }
    if $user and $api_key {
      fail('record::user and record::api_key are both set: leave one of them out')
    }
    contain record::shipper
  } else {
    contain record::absent
  }
}
