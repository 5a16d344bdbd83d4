# @summary Watches the fleet: it asks each machine how it is, and tells somebody
#
# A machine of its own, or the Puppet server: site.pp gives a machine one role, and role::puppet_server takes this one's
# profiles along where profile::watch says so.
#
# @example In the csr_attributes.yaml of the node
#   extension_requests:
#     pp_role: monitoring
#     pp_environment: prod
class role::monitoring {
  include profile::puppet_agent
  include profile::node_exporter
  include profile::watch
}
