# @summary The gateways of this machine: one address before the nodes of each service
#
# docs/GATEWAY.md says what it does with jobs, with nodes that drain, and with canaries.
#
# @example In hieradata/roles/tts_gateway.yaml
#   profile::gateway::services:
#     indextts2:
#       port: 7860
#       allowed_networks: [10.0.0.0/8]
#
# @param services
#   The services, each with parameters of gateway::service.
# @param users
#   Who may ask, of each service, as gateway::service has it: a secret, and so not among `services`.
class profile::gateway (
  Hash[Gateway::Name, Hash[String[1], Data]] $services,
  Sensitive[Hash[Gateway::Name, Hash[Gateway::User, Gateway::PasswordHash, 1]]] $users = Sensitive({}),
) {
  $strangers = $users.unwrap.keys - $services.keys
  unless $strangers.empty {
    fail("profile::gateway::users names ${strangers.join(', ')}, and profile::gateway::services does not: name the same services in both")
  }
  $ports = $services.values.filter |$options| { $options['ensure'] != 'absent' }.map |$options| {
    [$options['port'], pick($options['metrics_port'], 8405), pick($options['watch_port'], 9101)] + [$options['plain_port']].filter |$one| { $one =~ NotUndef }
  }.flatten
  if $ports.unique != $ports {
    fail("profile::gateway::services: two would listen on one port of ${ports.join(', ')}: give port, plain_port, metrics_port and watch_port \
(8405 and 9101 where they are not said) of each service each another")
  }

  $services.each |$service, $options| {
    $guarded = $service in $users.unwrap ? {
      true    => { 'users' => Sensitive($users.unwrap[$service]) },
      default => {},
    }
    gateway::service { $service:
      * => $options + $guarded,
    }
  }
}
