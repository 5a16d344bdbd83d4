# @summary A node that turns text to speech
#
# @example In the csr_attributes.yaml of the node
#   extension_requests:
#     pp_role: tts_node
#     pp_environment: prod
class role::tts_node {
  include profile::puppet_agent
  include profile::gpu
  include profile::tts
  include profile::journal
  include profile::node_exporter
}
