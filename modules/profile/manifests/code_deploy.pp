# @summary Deploys this repository's branches as Puppet environments: fetched beside what serves, checked there, swapped in by one rename
#
# An account of its own does it: it owns the environments, and Puppet Server can only read them. r10k brings each of `branches` to
# a folder that no server reads; a copy of it is parsed, its data is validated, and catalogues of some nodes are compiled, by another
# account, which has neither the environments nor this server's key (code-check.socket). Then the link
# /etc/puppet/code/environments/ENVIRONMENT leads to that copy, and the server is told, which otherwise goes on with the code that
# it has read. What fails any of it changes nothing.
#
# What became of each deploy is a line of /var/lib/code-deploy/deploys.jsonl, and is told to Prometheus's node exporter.
#
# @example In hieradata/roles/puppet_server.yaml
#   profile::code_deploy::remote: https://git.example.org/control.git
#
# @param remote
#   Where the control repository is.
# @param branches
#   What is deployed, each as the environment of its name; no other branch is fetched. Where r10k fetches modules it runs the
#   Puppetfile, which is Ruby, as the account of the deploys: guard these branches in the repository as you guard this server.
# @param modules
#   Whether r10k fetches the Puppetfile's modules too. A server that has them as Debian packages needs none.
# @param interval
#   Time between two deploys; 'never' leaves them to whoever says `fleet deploy`.
# @param compile_nodes
#   For how many nodes new code is compiled at most before it serves: one of each role, environment and system first. 0: for none.
# @param keep_versions
#   How many versions before the one that serves stay on the disk.
class profile::code_deploy (
  String[1] $remote,
  Array[Pattern[/\A[a-z0-9_]+\z/], 1] $branches = ['production'],
  Boolean $modules = true,
  Variant[Enum['never'], Pattern[/\A\d+(s|min|h)\z/]] $interval = '5min',
  Integer[0] $compile_nodes = 20,
  Integer[0] $keep_versions = 2,
) {
  # a deploy is known to the server by this machine's own certificate
  require profile::puppet_ca
  # it says where PuppetDB is
  include profile::puppet_server

  $state = '/var/lib/code-deploy'
  $home = '/var/cache/r10k'
  $lib = '/usr/local/lib/code-deploy'
  # r10k fetches the modules of a branch that it sees for the first time, asked or not: only a name that no
  # branch has for its Puppetfile keeps it from that.
  $puppetfile = $modules ? {
    true  => {},
    false => { 'puppetfile_name' => 'no-Puppetfile' },
  }
  $source = { 'remote' => $remote, 'basedir' => "${state}/staging" } + $puppetfile

  package { ['r10k', 'git']:
    ensure => installed,
  }

  user {
    default:
      ensure => present,
      system => true,
      shell  => '/usr/sbin/nologin',
      ;
    'code-deploy':
      home => $home,
      ;
    'code-check':
      home => '/nonexistent',
      ;
  }

  file {
    default:
      owner => 'root',
      group => 'root',
      mode  => '0644',
      ;
    # Python keeps what it compiled beside the source; a module of an older version goes.
    [$lib, "${lib}/code_deploy"]:
      ensure  => directory,
      mode    => '0755',
      recurse => true,
      purge   => true,
      force   => true,
      ignore  => '__pycache__',
      ;
    '/usr/local/sbin/code-deploy':
      ensure  => file,
      mode    => '0755',
      content => file('profile/code-deploy.py'),
      ;
    '/usr/local/sbin/code-check':
      ensure  => file,
      mode    => '0755',
      content => file('profile/code-check.py'),
      ;
    '/etc/systemd/system/code-check@.service':
      ensure  => file,
      content => file('profile/code-check@.service'),
      ;
    '/etc/systemd/system/code-check.socket':
      ensure  => file,
      content => file('profile/code-check.socket'),
      notify  => Service['code-check.socket'],
      ;
    '/etc/code-deploy.json':
      ensure  => file,
      content => stdlib::to_json_pretty( {
          'environments' => '/etc/puppet/code/environments',
          'state'        => $state,
          'r10k'         => '/etc/puppetlabs/r10k/r10k.yaml',
          'modules'      => $modules,
          'cache_url'    => "https://${trusted['certname']}:8140/puppet-admin-api/v1/environment-cache",
          'puppetdb_url' => "https://${profile::puppet_server::puppetdb_server}:8081",
          'nodes'        => $compile_nodes,
          'keep'         => $keep_versions,
          'branches'     => $branches,
          'checker'      => '/run/code-check.socket',
          'interval'     => $interval,
      }),
      ;
    ['/etc/puppetlabs', '/etc/puppetlabs/r10k']:
      ensure => directory,
      mode   => '0755',
      ;
    '/etc/puppetlabs/r10k/r10k.yaml':
      ensure  => file,
      content => stdlib::to_yaml( {
          'cachedir' => $home,
          'git'      => { 'provider' => 'shellgit' },
          'sources'  => { 'fleet' => $source },
      }),
      ;
    # What is in it is links, and a folder only where r10k once deployed in place: the next deploy puts a link there.
    '/etc/puppet/code/environments':
      ensure => directory,
      owner  => 'code-deploy',
      mode   => '0755',
      ;
    ['/etc/systemd/system/code-deploy.service', '/etc/systemd/system/code-deploy@.service']:
      ensure  => file,
      content => epp('profile/code-deploy.service.epp', { 'server' => $trusted['certname'] }),
      ;
    '/etc/systemd/system/code-deploy.timer':
      ensure  => stdlib::ensure($interval != 'never', 'file'),
      content => epp('profile/code-deploy.timer.epp', { 'interval' => $interval }),
      notify  => Service['code-deploy.timer'],
      ;
  }

  ['__init__', 'ask', 'checks', 'cli', 'errors', 'files', 'judge', 'nodes', 'programs', 'r10k', 'record', 'run', 'server', 'settings', 'versions'].each |$name| {
    file { "${lib}/code_deploy/${name}.py":
      ensure  => file,
      owner   => 'root',
      group   => 'root',
      mode    => '0644',
      content => file("profile/code_deploy/${name}.py"),
      before  => File['/usr/local/sbin/code-deploy', '/usr/local/sbin/code-check'],
    }
  }

  profile::prometheus::textfile { 'code_deploy.prom':
    source => "${state}/code_deploy.prom",
  }

  units::reread { ['code-deploy.service', 'code-deploy@.service', 'code-check@.service']:
    require => File['/etc/systemd/system/code-deploy.service', '/etc/systemd/system/code-deploy@.service', '/etc/systemd/system/code-check@.service'],
    before  => Service['code-deploy.timer', 'code-check.socket'],
  }

  service { 'code-check.socket':
    ensure  => running,
    enable  => true,
    require => [File['/usr/local/sbin/code-check'], User['code-deploy', 'code-check']],
    before  => Service['code-deploy.timer'],
  }

  service { 'code-deploy.timer':
    ensure  => stdlib::ensure($interval != 'never', 'service'),
    enable  => $interval != 'never',
    require => [
      File['/usr/local/sbin/code-deploy', '/etc/code-deploy.json', '/etc/puppetlabs/r10k/r10k.yaml', '/etc/puppet/code/environments'],
      Package['r10k', 'git'],
      User['code-deploy'],
    ],
  }
}
