# @summary One address before the nodes that turn text to speech
#
# docs/GATEWAY.md says what it needs; with profile::keepalived::address, two of them share that address.
#
# @example Invited by the Puppet server
#   fleet join gw1.example.org --role tts_gateway --env prod --server puppet.example.org
class role::tts_gateway {
  include profile::puppet_agent
  include profile::gateway
  include profile::keepalived
  include profile::journal
  include profile::node_exporter
}
