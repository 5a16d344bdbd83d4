# @summary Puppet Server: it compiles catalogues and keeps reports, facts and catalogues in PuppetDB
#
# @example In hieradata/roles/puppet_server.yaml
#   profile::puppet_server::heap: 4g
#
# @param heap
#   Java's heap; without it, what max_active_instances want.
# @param max_active_instances
#   How many catalogues are compiled at once, each by a JRuby of its own; without it, as many as profile::server_size says of
#   this machine, of whose memory PuppetDB and PostgreSQL keep theirs where they are on it.
# @param java_args
#   Further arguments for Java.
# @param environment_timeout
#   How long code that was read is kept. `unlimited`: until the next deploy, which profile::code_deploy tells the
#   server of. `0`: not at all, for a server whose code changes in another way.
# @param puppetdb_server
#   Name of the PuppetDB server; its certificate has to carry it.
# @param reports
#   Who gets each report: processors of Puppet's, and `fleet_record` of the module record.
class profile::puppet_server (
  Optional[Pattern[/\A\d+[mg]\z/]] $heap = undef,
  Optional[Integer[1]] $max_active_instances = undef,
  Array[Pattern[/\A-\S+\z/]] $java_args = [],
  Enum['unlimited', '0'] $environment_timeout = 'unlimited',
  Stdlib::Fqdn $puppetdb_server = $trusted['certname'],
  Array[Pattern[/\A[a-z]\w*\z/], 1] $reports = ['puppetdb', 'fleet_record'],
) {
  require profile::puppet_ca

  package { 'puppet-terminus-puppetdb':
    ensure => installed,
    notify => Service['puppetserver'],
  }

  $record = $puppetdb_server ? { $trusted['certname'] => 1536, default => 0 }
  $memory = pick($facts.dig('memory', 'system', 'total_bytes'), 4 * 1024 * 1024 * 1024) / 1024 / 1024
  $size = profile::server_size(pick($facts.dig('processors', 'count'), 2), max(0, $memory - $record))
  $jrubies = pick($max_active_instances, $size['jrubies'])
  $java_heap = pick($heap, "${512 * ($jrubies + 1)}m")

  $arguments = ["-Xms${java_heap}", "-Xmx${java_heap}", "-XX:ReservedCodeCacheSize=${size['code_cache']}m"] + $java_args
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
    'environment_timeout'        => $environment_timeout,
    'reports'                    => join($reports, ','),
    'storeconfigs'               => true,
    'storeconfigs_backend'       => 'puppetdb',
    # An environment is a link to one version of its code: what was read goes on with the files of that one until a deploy
    # has the server read the next.
    'versioned_environment_dirs' => true,
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
    # The server's JRuby finds Debian's Ruby libraries, hiera-eyaml among them, only where this says so.
    '/etc/puppet/puppetserver/conf.d/puppetserver.conf':
      content => epp('profile/puppetserver.conf.epp', { 'jrubies' => $jrubies }),
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
