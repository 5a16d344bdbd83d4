# @summary Deploys this repository's branches as Puppet environments, by r10k
#
# An account of its own does it: it owns the environments, and Puppet Server can only read them. Each deploy ends
# with a word to the Puppet Server of this machine, which otherwise goes on with the code that it has read.
#
# @example In hieradata/roles/puppet_server.yaml
#   profile::code_deploy::remote: https://git.example.org/control.git
#
# @param remote
#   Where the control repository is.
# @param modules
#   Whether r10k fetches the Puppetfile's modules too. A server that has them as Debian packages needs none.
# @param interval
#   Time between two deploys; 'never' leaves them to whoever starts code-deploy.service.
class profile::code_deploy (
  String[1] $remote,
  Boolean $modules = true,
  Variant[Enum['never'], Pattern[/\A\d+(s|min|h)\z/]] $interval = '5min',
) {
  # r10k fetches the modules of a branch that it sees for the first time, asked or not: only a name that no
  # branch has for its Puppetfile keeps it from that.
  $puppetfile = $modules ? {
    true  => {},
    false => { 'puppetfile_name' => 'no-Puppetfile' },
  }
  $source = { 'remote' => $remote, 'basedir' => '/etc/puppet/code/environments' } + $puppetfile

  # a deploy is known to the server by this machine's own certificate
  require profile::puppet_ca

  package { ['r10k', 'git', 'curl']:
    ensure => installed,
  }

  user { 'code-deploy':
    ensure => present,
    system => true,
    home   => '/var/cache/r10k',
    shell  => '/usr/sbin/nologin',
  }

  file {
    default:
      owner => 'root',
      group => 'root',
      mode  => '0644',
      ;
    '/etc/puppetlabs':
      ensure => directory,
      mode   => '0755',
      ;
    '/etc/puppetlabs/r10k':
      ensure => directory,
      mode   => '0755',
      ;
    '/etc/puppetlabs/r10k/r10k.yaml':
      ensure  => file,
      content => stdlib::to_yaml( {
          'cachedir' => '/var/cache/r10k',
          'git'      => { 'provider' => 'shellgit' },
          'sources'  => { 'fleet' => $source },
      }),
      ;
    ['/etc/puppet/code/environments', '/etc/puppet/code/environments/production']:
      ensure => directory,
      owner  => 'code-deploy',
      mode   => '0755',
      ;
    '/etc/systemd/system/code-deploy.service':
      ensure  => file,
      content => epp('profile/code-deploy.service.epp', { 'modules' => $modules, 'server' => $trusted['certname'] }),
      ;
    '/etc/systemd/system/code-deploy.timer':
      ensure  => stdlib::ensure($interval != 'never', 'file'),
      content => epp('profile/code-deploy.timer.epp', { 'interval' => $interval }),
      notify  => Service['code-deploy.timer'],
      ;
  }

  units::reread { 'code-deploy.service':
    require => File['/etc/systemd/system/code-deploy.service'],
    before  => Service['code-deploy.timer'],
  }

  service { 'code-deploy.timer':
    ensure => stdlib::ensure($interval != 'never', 'service'),
    enable => $interval != 'never',
  }
}
