# @summary Alertmanager: it tells people what Prometheus sees, once, and again while it lasts
#
# @example In hieradata/secrets/prod.yaml, as Alertmanager's own documentation has it
#   profile::alertmanager::receivers:
#     - name: on call
#       webhook_configs: [{url: ENC[PKCS7,MIIBeQYJKoZIhvcNAQcDoIIBajCCAWYCAQAx…]}]
#
# @param receivers
#   Whom it tells, the first of all: receivers of Alertmanager's configuration. Without one, alerts are there to be looked at.
# @param watchdog
#   The name of the receiver, one of `receivers`, that gets the alert Watchdog every `watchdog_interval`: a service elsewhere
#   that calls somebody when it does not come. Without one nobody notices that this machine has fallen silent.
# @param watchdog_interval
#   Seconds between two of them.
# @param external_url
#   Where people find it.
class profile::alertmanager (
  Sensitive[Array[Hash[String[1], Data]]] $receivers = Sensitive([]),
  Optional[String[1]] $watchdog = undef,
  Integer[10] $watchdog_interval = 60,
  Stdlib::HTTPUrl $external_url = "https://${trusted['certname']}:9443/alertmanager/",
) {
  $file = '/etc/prometheus/alertmanager.yml'
  $known = $receivers.unwrap + [{ 'name' => 'nobody' }]
  if $watchdog and !($watchdog in $known.map |$one| { $one['name'] }) {
    fail("profile::alertmanager::watchdog is '${watchdog}': write the name of one of profile::alertmanager::receivers")
  }
  $configuration = {
    'route'         => {
      'receiver'        => $known[0]['name'],
      'group_by'        => ['alertname'],
      'group_wait'      => '30s',
      'group_interval'  => '5m',
      'repeat_interval' => '4h',
      # It is no news to anybody but whom it is for.
      'routes'          => [
        {
          'matchers'        => ['alertname = Watchdog'],
          'receiver'        => pick($watchdog, 'nobody'),
          'group_wait'      => '0s',
          'group_interval'  => "${watchdog_interval}s",
          'repeat_interval' => "${watchdog_interval}s",
        },
      ],
    },
    # A machine that is gone is told of once.
    'inhibit_rules' => [
      {
        'source_matchers' => ['alertname = NodeSilent'],
        'target_matchers' => ['alertname = NodeExporterDown'],
        'equal'           => ['certname'],
      },
    ],
    'receivers'     => $known,
  }

  file { $file:
    ensure       => file,
    owner        => 'root',
    group        => 'prometheus',
    mode         => '0640',
    content      => Sensitive(stdlib::to_yaml($configuration)),
    validate_cmd => '/usr/bin/amtool check-config %',
    require      => Package['prometheus-alertmanager'],
  }

  profile::prometheus::daemon { 'prometheus-alertmanager':
    command => [
      '/usr/bin/prometheus-alertmanager',
      "--config.file=${file}",
      '--storage.path=/var/lib/prometheus/alertmanager',
      '--web.listen-address=127.0.0.1:9093',
      "--web.external-url=${external_url}",
      '--web.route-prefix=/',
      # it has no others to talk to
      '--cluster.listen-address=',
    ],
    reads   => [$file],
    state   => '/var/lib/prometheus/alertmanager',
  }
}
