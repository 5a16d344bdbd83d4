# @summary A node that serves one or more models on its cards; profile::services::names says which
#
# @example In the csr_attributes.yaml of the node
#   extension_requests:
#     pp_role: gpu_node
#     pp_environment: prod
class role::gpu_node {
  include profile::puppet_agent
  include profile::gpu
  include profile::services
  include profile::journal
  include profile::node_exporter
}
