# @summary The Puppet agent: whom it asks, how often, and whether it runs by itself
#
# @example In hieradata/common.yaml
#   profile::puppet_agent::server: puppet.example.org
#
# @param server
#   Name of the Puppet server; its certificate has to carry it.
# @param runinterval
#   Time between two runs.
# @param service
#   Whether the agent runs by itself. `stopped` is for machines where something else starts it.
class profile::puppet_agent (
  Stdlib::Fqdn $server = 'puppet',
  Pattern[/\A\d+[smhd]\z/] $runinterval = '30m',
  Stdlib::Ensure::Service $service = 'running',
) {
  $settings = {
    'server'                      => ['main', $server],
    'runinterval'                 => ['agent', $runinterval],
    # A fleet that wakes at once, after a power cut say, must not ask its server at once.
    'splay'                       => ['agent', true],
    # A report tells what a run changed or could not change; Puppet 8 does so unasked.
    'exclude_unchanged_resources' => ['agent', true],
  }
  $settings.each |$setting, $value| {
    ini_setting { "puppet.conf: agent's ${setting}":
      path    => "${settings::confdir}/puppet.conf",
      section => $value[0],
      setting => $setting,
      value   => $value[1],
      notify  => Service['puppet'],
    }
  }

  service { 'puppet':
    ensure => $service,
    enable => $service == 'running',
  }
}
