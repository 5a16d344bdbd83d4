# @summary The record of a node: what its services say in the journal, shipped where it is said to where
#
# @example In hieradata/common.yaml
#   record::endpoint: https://elastic.example.org:9200
class profile::journal {
  include record::journal
}
