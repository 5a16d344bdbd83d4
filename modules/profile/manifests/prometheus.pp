# @summary Prometheus: it asks every machine that PuppetDB knows, and sees by rules whom that has to be told
#
# A node that joins is asked from its first catalogue on, and one that left PuppetDB no more: nobody writes lists. It asks
# by the certificate of profile::watch_certificate, which has to be one of `profile::puppetdb::clients`.
#
# @example In hieradata/roles/monitoring.yaml
#   profile::prometheus::puppetdb: https://puppet.example.org:8081
#   profile::prometheus::exporter: https://puppet.example.org:9801
#
# @param puppetdb
#   Where PuppetDB is.
# @param exporter
#   Where the exporter of the fleet is (profile::exporter).
# @param server
#   The Puppet server's certname: its exporters prove by `watch.` and that who they are (profile::watch_certificate).
# @param services
#   The services whose web UIs are asked, by their classes.
# @param scrape_interval
#   Seconds between two questions.
# @param refresh_interval
#   Seconds between two looks at PuppetDB for machines that came or went.
# @param retention
#   How long measurements are kept.
# @param runinterval
#   Time between two runs of every agent; where it is not set, each node says its own, and what is no node's goes by
#   that of this machine.
# @param silent_runs
#   After how many runs without a report a node counts as silent.
# @param drift_threshold
#   Which part of the nodes may have had something put right that somebody changed, before somebody is told.
# @param webui_down
#   Seconds for which a web UI may not answer: a switch with `hold` lets requests wait for as long as a release loads.
# @param certificate_days
#   Days before its end at which a certificate is told of.
# @param disk_free
#   Which part of a disk with weights has to be free.
# @param backup_age
#   Seconds after which a backup of the Puppet server is old.
# @param runbook
#   Where docs/RUNBOOK.md of this repository is read; alerts link to it.
# @param external_url
#   Where people find Prometheus.
class profile::prometheus (
  Stdlib::HTTPSUrl $puppetdb = "https://${trusted['certname']}:8081",
  Stdlib::HTTPUrl $exporter = 'http://127.0.0.1:9801',
  Stdlib::Fqdn $server = $puppetdb.regsubst('\Ahttps://([^:/]+).*\z', '\1'),
  Array[Pattern[/\A[a-z][a-z0-9_]*\z/]] $services = ['indextts2'],
  Integer[1, 300] $scrape_interval = 30,
  Integer[1] $refresh_interval = 60,
  Pattern[/\A\d+[hdwy]\z/] $retention = '90d',
  Optional[Profile::Interval] $runinterval = undef,
  Integer[1] $silent_runs = 3,
  Float[0.0, 1.0] $drift_threshold = 0.05,
  Integer[1] $webui_down = 300,
  Integer[1] $certificate_days = 21,
  Float[0.0, 0.5] $disk_free = 0.1,
  Integer[1] $backup_age = 129600,
  Stdlib::HTTPUrl $runbook = 'https://git.example.org/fleet/control/blob/main/docs/RUNBOOK.md',
  Stdlib::HTTPUrl $external_url = "https://${trusted['certname']}:9443/prometheus/",
) {
  include profile::puppet_agent

  $folder = '/etc/prometheus'
  $rules = "${folder}/rules/fleet.yml"
  $credentials = '/run/credentials/prometheus.service'
  $tls = {
    'tls_config' => {
      'ca_file'   => "${credentials}/ca.pem",
      'cert_file' => "${credentials}/cert.pem",
      'key_file'  => "${credentials}/key.pem",
    },
  }
  $tls_of_server = { 'tls_config' => $tls['tls_config'] + { 'server_name' => "watch.${server}" } }
  $found = { 'url' => $puppetdb, 'include_parameters' => true, 'refresh_interval' => "${refresh_interval}s" } + $tls
  $certname = { 'source_labels' => ['__meta_puppetdb_certname'], 'target_label' => 'certname' }
  $is_server = { 'source_labels' => ['__meta_puppetdb_certname'], 'regex' => $server.regsubst('\.', '[.]', 'G') }
  $titles = $services.map |$service| { "\"${service.capitalize}\"" }.join(', ')

  $nodes = {
    'scheme'              => 'https',
    'puppetdb_sd_configs' => [$found + { 'query' => 'resources { type = "Class" and title = "Profile::Node_exporter" }' }],
    'relabel_configs'     => [
      $certname,
      # a machine whose system has no exporter has the class, too, without what it does
      {
        'source_labels' => ['__meta_puppetdb_certname', '__meta_puppetdb_parameter_port'],
        'separator'     => ':',
        'target_label'  => '__address__',
      },
      { 'source_labels' => ['__meta_puppetdb_certname'], 'target_label' => 'instance' },
    ],
  }
  $jobs = [
    {
      'job_name'       => 'fleet',
      # The exporter asks PuppetDB, and waits for it for 8 s.
      'scrape_timeout' => "${[$scrape_interval, 15].min}s",
      'honor_labels'   => true,
      'scheme'         => $exporter.split('://')[0],
      'static_configs' => [{ 'targets' => [$exporter.split('://')[1]] }],
    } + ($exporter ? { /\Ahttps:/ => $tls_of_server, default => {} }),
    { 'job_name' => 'prometheus', 'static_configs' => [{ 'targets' => ['127.0.0.1:9090'] }] },
    { 'job_name' => 'alertmanager', 'static_configs' => [{ 'targets' => ['127.0.0.1:9093'] }] },
    $nodes + {
      'job_name'        => 'node',
      'relabel_configs' => [$is_server + { 'action' => 'drop' }] + $nodes['relabel_configs'],
    } + $tls,
    # One name is expected of all that a job asks.
    $nodes + {
      'job_name'        => 'node of the Puppet server',
      'relabel_configs' => [
        $is_server + { 'action' => 'keep' },
        { 'target_label' => 'job', 'replacement' => 'node' },
      ] + $nodes['relabel_configs'],
    } + $tls_of_server,
    {
      'job_name'            => 'webui',
      'metrics_path'        => '/probe',
      'params'              => { 'module' => ['webui'] },
      'puppetdb_sd_configs' => [$found + { 'query' => "resources { type = \"Class\" and title in [${titles}] }" }],
      'relabel_configs'     => [
        { 'source_labels' => ['__meta_puppetdb_parameter_ensure'], 'regex' => 'absent', 'action' => 'drop' },
        $certname,
        { 'source_labels' => ['__meta_puppetdb_title'], 'target_label' => 'service', 'action' => 'lowercase' },
        {
          'source_labels' => ['__meta_puppetdb_certname', '__meta_puppetdb_parameter_port'],
          'separator'     => ':',
          'target_label'  => '__param_target',
          'replacement'   => 'http://$1/config',
        },
        {
          'source_labels' => ['__meta_puppetdb_parameter_tls_certificate', '__meta_puppetdb_certname', '__meta_puppetdb_parameter_port'],
          'regex'         => '.+;(.+);(.+)',
          'target_label'  => '__param_target',
          'replacement'   => 'https://$1:$2/config',
        },
        { 'source_labels' => ['__param_target'], 'target_label' => 'instance' },
        { 'target_label' => '__address__', 'replacement' => '127.0.0.1:9115' },
      ],
    },
    {
      'job_name'            => 'gateway',
      'scheme'              => 'https',
      'puppetdb_sd_configs' => [$found + { 'query' => 'resources { type = "Gateway::Service" }' }],
      'relabel_configs'     => [
        { 'source_labels' => ['__meta_puppetdb_parameter_ensure'], 'regex' => 'absent', 'action' => 'drop' },
        $certname,
        { 'source_labels' => ['__meta_puppetdb_title'], 'target_label' => 'service' },
        {
          'source_labels' => ['__meta_puppetdb_certname', '__meta_puppetdb_parameter_watch_port'],
          'separator'     => ':',
          'target_label'  => '__address__',
        },
        { 'source_labels' => ['__meta_puppetdb_certname', '__meta_puppetdb_title'], 'separator' => ' ', 'target_label' => 'instance' },
      ],
    } + $tls,
  ]

  file {
    default:
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      require => Package['prometheus'],
      ;
    "${folder}/rules":
      ensure => directory,
      mode   => '0755',
      ;
    "${folder}/prometheus.yml":
      validate_cmd => '/usr/bin/promtool check config --syntax-only %',
      content      => stdlib::to_yaml({
          'global'         => {
            'scrape_interval'     => "${scrape_interval}s",
            'evaluation_interval' => "${scrape_interval}s",
          },
          'rule_files'     => [$rules],
          'alerting'       => { 'alertmanagers' => [{ 'static_configs' => [{ 'targets' => ['127.0.0.1:9093'] }] }] },
          'scrape_configs' => $jobs,
      }),
      ;
    $rules:
      validate_cmd => '/usr/bin/promtool check rules %',
      content      => epp('profile/rules.yml.epp', {
          'interval'         => profile::seconds(pick($runinterval, $profile::puppet_agent::runinterval)),
          'own_intervals'    => $runinterval =~ Undef,
          'silent_runs'      => $silent_runs,
          'drift_threshold'  => $drift_threshold,
          'webui_down'       => $webui_down,
          'certificate_days' => $certificate_days,
          'disk_free'        => $disk_free,
          'backup_age'       => $backup_age,
          'runbook'          => $runbook,
      }),
      ;
    "${folder}/consoles/fleet.html":
      content => file('profile/fleet.html'),
      ;
  }

  profile::prometheus::daemon { 'prometheus':
    command     => [
      '/usr/bin/prometheus',
      "--config.file=${folder}/prometheus.yml",
      '--storage.tsdb.path=/var/lib/prometheus/metrics2',
      "--storage.tsdb.retention.time=${retention}",
      '--web.listen-address=127.0.0.1:9090',
      "--web.external-url=${external_url}",
      '--web.route-prefix=/',
      "--web.console.templates=${folder}/consoles",
      "--web.console.libraries=${folder}/console_libraries",
    ],
    reads       => ["${folder}/prometheus.yml", $rules],
    certificate => true,
    state       => '/var/lib/prometheus/metrics2',
  }
}
