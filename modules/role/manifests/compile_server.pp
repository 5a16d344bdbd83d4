# @summary A further Puppet server, which only compiles: the first one signs, and has the record
#
# docs/COMPILE_SERVERS.md says what it needs.
#
# @example Invited by the first server
#   fleet join compile-01.example.org --role compile_server --env prod --server puppet.example.org
class role::compile_server {
  include profile::puppet_agent
  include profile::puppet_server
  include profile::hiera_eyaml
  include profile::code_deploy
  include profile::fleet
  include profile::record
  include profile::node_exporter
}
