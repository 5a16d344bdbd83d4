# @summary The rsyslog that follows, the program that ships, and the unit that they run in
#
# @api private
class record::shipper {
  assert_private()

  $lib = '/usr/local/lib/record'
  $folder = '/var/lib/fleet-record'
  # Where systemd puts what only this unit may read (systemd.exec(5), LoadCredential).
  $credentials = "/run/credentials/${record::service}/endpoint.json"
  $endpoint = {
    'url'            => $record::endpoint,
    'user'           => $record::user,
    'password'       => $record::password.then |$secret| { $secret.unwrap },
    'api_key'        => $record::api_key.then |$secret| { $secret.unwrap },
    'ca_file'        => $record::ca_file,
    'setup'          => $record::manage_indices,
    'retention_days' => $record::retention_days,
  }

  # A message takes more than 256 bytes of the queue's files, so those are full first; rsyslog counts by an int.
  $messages = min(to_bytes($record::queue_size.upcase) / 256, 2000000000)

  # The package has root's rsyslog run on a machine that had none, and write all that the journal has once more.
  exec { 'record: leave the journal to itself':
    command  => 'systemctl mask rsyslog.service',
    onlyif   => 'test ! -e /usr/sbin/rsyslogd && test ! -e /etc/systemd/system/rsyslog.service',
    path     => ['/usr/bin', '/bin'],
    provider => shell,
  }
  -> package { 'rsyslog':
    ensure => installed,
  }

  file {
    default:
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      notify => Service[$record::service],
      ;
    # Python keeps what it compiled beside the source; a module of an older version goes.
    [$lib, "${lib}/shipper"]:
      ensure  => directory,
      mode    => '0755',
      recurse => true,
      purge   => true,
      force   => true,
      ignore  => '__pycache__',
      ;
    "${lib}/ship":
      ensure  => file,
      mode    => '0755',
      content => file('record/launch.py'),
      ;
    "${lib}/recover":
      ensure  => file,
      mode    => '0755',
      content => file('record/recover.sh'),
      ;
    $record::config:
      ensure => directory,
      mode   => '0755',
      ;
    [$record::inputs, "${record::units}/${record::service}.d"]:
      ensure  => directory,
      mode    => '0755',
      recurse => true,
      purge   => true,
      force   => true,
      ;
    "${record::config}/endpoint.json":
      ensure  => file,
      mode    => '0600',
      content => Sensitive(stdlib::to_json($endpoint)),
      ;
    # for whoever has Kibana or OpenSearch Dashboards import it
    "${record::config}/dashboard.ndjson":
      ensure  => stdlib::ensure($record::manage_indices, 'file'),
      content => file('record/dashboard.ndjson'),
      notify  => undef,
      ;
    "${record::config}/rsyslog.conf":
      ensure  => file,
      content => epp('record/rsyslog.conf.epp', {
          'program'     => "${lib}/ship",
          'credentials' => $credentials,
          'folder'      => $folder,
          'inputs'      => $record::inputs,
          'queue_size'  => $record::queue_size,
          'messages'    => $messages,
      }),
      require => Package['rsyslog'],
      ;
    "${record::units}/${record::service}":
      ensure  => file,
      content => file('record/fleet-record.service'),
      ;
  }

  [
    '__init__', 'bulk', 'cli', 'deadline', 'delivery', 'documents', 'endpoint', 'errors', 'installation', 'rejected', 'template',
    'transactions',
  ].each |$name| {
    file { "${lib}/shipper/${name}.py":
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      content => file("record/shipper/${name}.py"),
      notify  => Service[$record::service],
    }
  }

  service { $record::service:
    ensure  => running,
    enable  => true,
    require => Package['rsyslog'],
  }
}
