# @summary The Puppet server of a fleet: it signs, compiles, deploys and keeps the record
#
# @example In the csr_attributes.yaml of the node
#   extension_requests:
#     pp_role: puppet_server
#     pp_environment: prod
class role::puppet_server {
  include profile::puppet_agent
  include profile::puppet_server
  include profile::puppetdb
  include profile::hiera_eyaml
  include profile::autosign
  include profile::code_deploy
  include profile::fleet
  include profile::backup
  include profile::canary
  include profile::record
  include profile::exporter
  include profile::node_exporter
  include profile::watch
}
