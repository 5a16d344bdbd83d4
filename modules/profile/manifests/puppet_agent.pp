# @summary The Puppet agent: whom it asks, how often, and whether it runs by itself
#
# A timer of systemd starts each run, and not the agent's own daemon: nothing has to stay alive between two runs, a run that
# hangs is ended, and one that failed is a unit that failed. Each machine runs at a second of its own (profile::slot).
#
# Where the server gives no catalogue (it is away, or the code does not compile), the run puts right what the last good
# catalogue says, as `usecacheonfailure` of Puppet has it: a mistake in the code must not keep a crashed service down. Such a
# run ends well for systemd, so who watches looks at its report: `cached_catalog_status` is `on_failure` then.
#
# @example In hieradata/common.yaml
#   profile::puppet_agent::server: puppet.example.org
#
# @param server
#   Name of the Puppet server; its certificate has to carry it.
# @param ca_server
#   Name of the server that has the certificate authority, where it is another one: `server` only compiles.
# @param runinterval
#   Time between two runs; it divides a minute, an hour or a day.
# @param runtimeout
#   How long a run may take. What it has handed to systemd (a switch of releases, a reboot) goes on after that.
# @param service
#   Whether the agent runs by itself. `stopped` is for machines where something else starts it.
class profile::puppet_agent (
  Stdlib::Fqdn $server = 'puppet',
  Optional[Stdlib::Fqdn] $ca_server = undef,
  Profile::Interval $runinterval = '30m',
  Profile::Interval $runtimeout = '1h',
  Stdlib::Ensure::Service $service = 'running',
) {
  $settings = {
    'server'                      => ['main', $server],
    'runinterval'                 => ['agent', $runinterval],
    'runtimeout'                  => ['agent', $runtimeout],
    # The timer has spread the runs already.
    'splay'                       => ['agent', 'false'],
    'usecacheonfailure'           => ['agent', 'true'],
    # A report tells what a run changed or could not change; Puppet 8 does so unasked.
    'exclude_unchanged_resources' => ['agent', true],
  }
  $settings.each |$setting, $value| {
    ini_setting { "puppet.conf: agent's ${setting}":
      path    => "${settings::confdir}/puppet.conf",
      section => $value[0],
      setting => $setting,
      value   => $value[1],
    }
  }

  # A server's own is in section `main` (profile::puppet_ca).
  ini_setting { "puppet.conf: agent's ca_server":
    ensure  => stdlib::ensure($ca_server =~ NotUndef),
    path    => "${settings::confdir}/puppet.conf",
    section => 'agent',
    setting => 'ca_server',
    value   => $ca_server,
  }

  # So long a run waits for another one, which somebody has started by hand, to end.
  $patience = 600

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    '/etc/systemd/system/puppet-agent-run.service':
      content => epp('profile/puppet-agent-run.service.epp', {
          'patience' => $patience,
          # What is over its time ends itself, and reports; systemd ends what does not.
          'limit'    => profile::seconds($runtimeout) + $patience + 300,
      }),
      ;
    '/etc/systemd/system/puppet-agent.timer':
      content => epp('profile/puppet-agent.timer.epp', {
          'interval' => $runinterval,
          'slot'     => profile::slot($trusted['certname'], $runinterval),
      }),
      notify  => Service['puppet-agent.timer'],
      ;
  }

  units::reread { 'puppet-agent-run.service':
    require => File['/etc/systemd/system/puppet-agent-run.service'],
  }
  -> service { 'puppet-agent.timer':
    ensure => $service,
    enable => $service == 'running',
  }
  # The package's daemon: it lets a run go on that is under way, as this one may be.
  -> service { 'puppet':
    ensure => stopped,
    enable => false,
  }
}
