# @summary The driver of canaries: it looks at each rollout every minute, and makes the move that is due as one pushed commit
#
# It runs `fleet canary run` as an account of its own, in a clone of its own, and does nothing where no rollout is under way. To go on, or to take back,
# it pushes to `branch` of `remote`, never by force: give it a key that may do so (`ssh_key`), or, where `remote` is a folder, write permission for the
# account `fleet-canary`. docs/CANARY.md has both, and what it does where PuppetDB or Prometheus does not answer.
#
# @example In hieradata/roles/puppet_server.yaml
#   profile::canary::remote: ssh://git@git.example.org/fleet/control.git
#   profile::canary::ssh_key: /etc/ssh/fleet-canary
#   profile::canary::known_hosts: ['git.example.org ssh-ed25519 AAAAC3…']
#   profile::canary::limits: {error_ratio: 0.05}
#   profile::canary::freezes: [{from: '18:00', to: '08:00', days: [mon, tue, wed, thu]}, {from: '18:00', to: '18:00', days: [fri, sat]}]
#
# @param remote
#   Where the control repository is, to fetch and to push; without it, `profile::code_deploy::remote`.
# @param branch
#   The branch that is pushed to: the one that is deployed.
# @param interval
#   Time between two looks; 'never' leaves rollouts to people.
# @param prometheus
#   Where Prometheus is, which is asked without TLS: on this machine.
# @param limits
#   What differs from the limits that docs/CANARY.md lists.
# @param freezes
#   When no rollout goes on; what is not well is taken back then, too.
# @param smoke
#   By service: where each node of a rollout is asked for a test, with {certname} in it. Anything but 200 is a breach.
# @param ssh_key
#   The private key to push by, a file that only root reads.
# @param known_hosts
#   Lines of known_hosts of the remote's host; without them ssh takes what /etc/ssh/ssh_known_hosts has.
class profile::canary (
  Optional[Pattern[/\A[^-\s]\S*\z/]] $remote = undef,
  Pattern[/\A[a-z0-9_]+\z/] $branch = 'production',
  Variant[Enum['never'], Profile::Interval] $interval = '60s',
  Stdlib::HTTPUrl $prometheus = 'http://127.0.0.1:9090',
  Profile::Canary_limits $limits = {},
  Array[Profile::Freeze] $freezes = [],
  Hash[Pattern[/\A[a-z][a-z0-9_]*\z/], Pattern[/\Ahttps?:\/\/\{certname\}(:\d{1,5})?(\/[^\s{}]*)?\z/]] $smoke = {},
  Optional[Stdlib::Absolutepath] $ssh_key = undef,
  Array[Pattern[/\A\S+ \S+ \S+\z/]] $known_hosts = [],
) {
  require profile::puppet_ca
  require profile::watch_certificate
  include profile::code_deploy
  include profile::fleet
  include profile::puppet_server

  $account = 'fleet-canary'
  $folder = '/etc/fleet-canary'
  $state = '/var/lib/fleet-canary'
  $credentials = '/run/credentials/fleet-canary.service'
  $unit = '/etc/systemd/system/fleet-canary.service'
  $on = $interval != 'never'
  # of no meaning where it is off
  $pace = $on ? { true => $interval, default => '1s' }
  $there = pick($remote, $profile::code_deploy::remote)
  # YAML makes seconds of a time without quotes.
  $frozen = $freezes.map |$freeze| {
    $freeze + ['from', 'to'].reduce({}) |$times, $end| {
      $text = $freeze[$end] ? {
        Integer => sprintf('%02d:%02d', $freeze[$end] / 3600, $freeze[$end] % 3600 / 60),
        default => $freeze[$end],
      }
      $times + { $end => $text }
    }
  }
  $writes = $there ? { /\A\// => $there, default => undef }
  $key = $ssh_key ? { undef => {}, default => { 'ssh_key' => "${credentials}/ssh_key" } }
  $hosts = $known_hosts.empty ? { true => {}, false => { 'known_hosts' => "${folder}/known_hosts" } }

  user { $account:
    ensure => present,
    system => true,
    home   => $state,
    shell  => '/usr/sbin/nologin',
  }

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    $folder:
      ensure => directory,
      mode   => '0755',
      ;
    # The remote's address may hold a token.
    "${folder}/settings.json":
      group   => $account,
      mode    => '0640',
      require => User[$account],
      content => stdlib::to_json_pretty( {
          'remote'       => $there,
          'branch'       => $branch,
          'state'        => $state,
          'prometheus'   => $prometheus,
          'puppetdb'     => "${folder}/puppetdb.conf",
          'author_name'  => 'fleet canary',
          'author_email' => "${account}@${trusted['certname']}",
          'limits'       => $limits,
          'freezes'      => $frozen,
          'smoke'        => $smoke,
          'ca'           => "${credentials}/ca.pem",
      } + $key + $hosts),
      ;
    "${folder}/puppetdb.conf":
      content => stdlib::to_json_pretty({
          'puppetdb' => {
            'server_urls' => "https://${profile::puppet_server::puppetdb_server}:8081",
            'cacert'      => "${credentials}/ca.pem",
            'cert'        => "${credentials}/cert.pem",
            'key'         => "${credentials}/key.pem",
          },
      }),
      ;
    "${folder}/known_hosts":
      ensure  => stdlib::ensure(!$known_hosts.empty, 'file'),
      content => $known_hosts.map |$line| { "${line}\n" }.join,
      ;
    # By this Prometheus knows that there has to be a pass.
    "${folder}/driver.prom":
      ensure  => stdlib::ensure($on, 'file'),
      content => @("END"),
        # HELP fleet_canary_interval_seconds Time between two passes of the driver of canaries.
        # TYPE fleet_canary_interval_seconds gauge
        fleet_canary_interval_seconds ${profile::seconds($pace)}
        # HELP fleet_canary_driver_expected Whether it has to make passes.
        # TYPE fleet_canary_driver_expected gauge
        fleet_canary_driver_expected 1
        | END
      ;
    $unit:
      content => epp('profile/fleet-canary.service.epp', {
          'account'  => $account,
          'settings' => "${folder}/settings.json",
          'certname' => $profile::watch_certificate::certname,
          'ssh_key'  => $ssh_key,
          'writes'   => $writes,
      }),
      ;
    '/etc/systemd/system/fleet-canary.timer':
      ensure  => stdlib::ensure($on, 'file'),
      content => epp('profile/fleet-canary.timer.epp', { 'interval' => $pace }),
      notify  => Service['fleet-canary.timer'],
      ;
  }

  # What its last pass said is no news when there is none any more.
  unless $on {
    file { "${state}/fleet_canary.prom":
      ensure  => file,
      content => '',
      require => Exec["begin ${state}/fleet_canary.prom"],
    }
  }

  profile::prometheus::textfile {
    'fleet_canary.prom':
      source => "${state}/fleet_canary.prom",
      ;
    'fleet_canary_driver.prom':
      ensure => stdlib::ensure($on),
      source => "${folder}/driver.prom",
      ;
  }

  units::reread { 'fleet-canary.service':
    require => File[$unit],
  }
  -> service { 'fleet-canary.timer':
    ensure  => stdlib::ensure($on, 'service'),
    enable  => $on,
    require => [
      Class['profile::fleet'],
      File["${folder}/settings.json", "${folder}/puppetdb.conf", "${folder}/known_hosts"],
      Package['git'],
      User[$account],
    ],
  }
}
