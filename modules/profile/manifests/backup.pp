# @summary Backs up what the Puppet server cannot be made anew without: its authority, its keys, PuppetDB
#
# `puppet-backup.timer` writes a folder of its own each time, reads it again, and drops the oldest. `fleet backup` makes one
# now, `fleet restore` makes a server of it on an empty machine. There are the fleet's secrets in it, so it is closed to
# all but root and its account; what is copied elsewhere is better encrypted.
#
# The account may read every file, because the authority's are closed to all but the server: that one capability, no network,
# and nothing to write to but the directory. Of PostgreSQL it may read all, and is known to it by its name.
#
# @example In hieradata/roles/puppet_server.yaml
#   profile::backup::directory: /mnt/backup/puppet
#
# @param directory
#   Where backups go; its parent has to be there.
# @param keep
#   How many are kept.
# @param on_calendar
#   When one is made, as systemd.time(7) has it; 'never' leaves it to whoever starts puppet-backup.service.
class profile::backup (
  Stdlib::Absolutepath $directory = '/var/backups/puppet',
  Integer[1] $keep = 14,
  Variant[Enum['never'], Pattern[/\A[\w*:\/.,~ -]+\z/]] $on_calendar = '*-*-* 02:40:00',
) {
  # What it backs up is there by then, and PostgreSQL runs.
  require profile::puppet_ca
  require profile::autosign
  require profile::hiera_eyaml
  require profile::puppetdb

  $account = 'puppet-backup'
  $ca = '/etc/puppet/puppetserver/ca'

  user { $account:
    ensure => present,
    system => true,
    home   => '/nonexistent',
    shell  => '/usr/sbin/nologin',
  }

  file {
    default:
      ensure => file,
      owner  => 'root',
      group  => 'root',
      mode   => '0644',
      ;
    $directory:
      ensure => directory,
      owner  => $account,
      group  => $account,
      mode   => '0700',
      ;
    '/usr/local/sbin/puppet-backup':
      mode    => '0755',
      content => file('profile/backup.py'),
      ;
    '/etc/puppet-backup.json':
      content => stdlib::to_json_pretty( {
          'certname'  => $trusted['certname'],
          'directory' => $directory,
          'keep'      => $keep,
          'database'  => 'puppetdb',
          'ca'        => $ca,
          # What is not there is left out: the record of deploys and the folder of reboots' turns begin with the first of them.
          # Of deploys the record alone: code is deployed anew, and a restore must not take away what serves.
          'trees'     => [
            $ca,
            '/var/lib/puppet/ssl',
            '/etc/puppet/autosign.key',
            '/var/lib/puppetserver/autosign',
            '/etc/puppet/eyaml',
            '/var/lib/code-deploy/deploys.jsonl',
            '/var/lib/puppetserver/nvidia-reboots',
          ],
      }),
      ;
    '/etc/systemd/system/puppet-backup.service':
      content => epp('profile/puppet-backup.service.epp', { 'account' => $account, 'directory' => $directory }),
      ;
    '/etc/systemd/system/puppet-backup.timer':
      ensure  => stdlib::ensure($on_calendar != 'never', 'file'),
      content => epp('profile/puppet-backup.timer.epp', { 'on_calendar' => $on_calendar }),
      notify  => Service['puppet-backup.timer'],
      ;
  }

  # What is told is in the unit's own folder.
  profile::prometheus::textfile { 'puppet_backup.prom':
    source => '/var/lib/puppet-backup/puppet_backup.prom',
  }

  exec { 'let the account of backups read PuppetDB':
    command => "psql --quiet --command='CREATE ROLE \"${account}\" LOGIN IN ROLE pg_read_all_data'",
    unless  => "psql --tuples-only --no-align --command=\"SELECT pg_has_role('${account}', 'pg_read_all_data', 'usage')\" | grep -qx t",
    user    => 'postgres',
    cwd     => '/',
    path    => ['/usr/bin', '/bin'],
  }

  units::reread { 'puppet-backup.service':
    require => File['/etc/systemd/system/puppet-backup.service'],
  }
  -> service { 'puppet-backup.timer':
    ensure  => stdlib::ensure($on_calendar != 'never', 'service'),
    enable  => $on_calendar != 'never',
    require => [
      File[$directory, '/usr/local/sbin/puppet-backup', '/etc/puppet-backup.json'],
      Exec['let the account of backups read PuppetDB'],
    ],
  }
}
