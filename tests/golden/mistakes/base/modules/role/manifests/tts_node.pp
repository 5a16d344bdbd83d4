# @summary A node that speaks
class role::tts_node {
  include profile::tts
}
