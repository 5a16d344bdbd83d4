# @summary Puppet Server: it compiles catalogues and keeps reports, facts and catalogues in PuppetDB
#
# @example In hieradata/roles/puppet_server.yaml
#   profile::puppet_server::heap: 4g
#
# @param heap
#   Java's heap. 1g is enough for tens of nodes.
# @param java_args
#   Further arguments for Java.
# @param environment_timeout
#   How long code that was read is kept. `unlimited`: until the next deploy, which profile::code_deploy tells the
#   server of. `0`: not at all, for a server whose code changes in another way.
# @param puppetdb_server
#   Name of the PuppetDB server; its certificate has to carry it.
class profile::puppet_server (
  Pattern[/\A\d+[mg]\z/] $heap = '2g',
  Array[Pattern[/\A-\S+\z/]] $java_args = [],
  Enum['unlimited', '0'] $environment_timeout = 'unlimited',
  Stdlib::Fqdn $puppetdb_server = $trusted['certname'],
) {
  require profile::puppet_ca

  package { 'puppet-terminus-puppetdb':
    ensure => installed,
    notify => Service['puppetserver'],
  }

  $arguments = ["-Xms${heap}", "-Xmx${heap}"] + $java_args
  ini_setting { "puppetserver: java's arguments":
    path              => '/etc/default/puppetserver',
    section           => '',
    setting           => 'JAVA_ARGS',
    key_val_separator => '=',
    # The logger is the package's own default.
    value             => "\"${join($arguments, ' ')} -Djruby.logger.class=com.puppetlabs.jruby_utils.jruby.Slf4jLogger\"",
    notify            => Service['puppetserver'],
  }

  $settings = {
    'environment_timeout'  => $environment_timeout,
    'reports'              => 'store,puppetdb',
    'storeconfigs'         => true,
    'storeconfigs_backend' => 'puppetdb',
  }
  $settings.each |$setting, $value| {
    ini_setting { "puppet.conf: server's ${setting}":
      path    => "${settings::confdir}/puppet.conf",
      section => 'server',
      setting => $setting,
      value   => $value,
      notify  => Service['puppetserver'],
    }
  }

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      notify => Service['puppetserver'],
      ;
    "${settings::confdir}/puppetdb.conf":
      content => epp('profile/puppetdb.conf.epp', { 'server' => $puppetdb_server }),
      ;
    '/etc/puppet/puppetserver/conf.d/auth.conf':
      content => epp('profile/auth.conf.epp', { 'server' => $trusted['certname'] }),
      ;
    '/etc/puppet/puppetserver/conf.d/webserver.conf':
      content => file('profile/webserver.conf'),
      ;
    "${settings::confdir}/routes.yaml":
      content => stdlib::to_yaml({ 'server' => { 'facts' => { 'terminus' => 'puppetdb', 'cache' => 'yaml' } } }),
      ;
  }

  service { 'puppetserver':
    ensure => running,
    enable => true,
  }
}
