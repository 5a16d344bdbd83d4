# @summary The record of a Puppet server: each report as one line of JSON, shipped with the server's own log
#
# @example In hieradata/common.yaml
#   record::endpoint: https://elastic.example.org:9200
class profile::record {
  include record::reports
}
