# @summary The command `fleet` on the Puppet server, of the code that is deployed there
#
# It runs on Debian's Python packages, so it changes with each deploy and needs nothing built. Root asks PuppetDB with this server's
# own certificate. It is for Debian 13: the Python of Debian 12's packages lacks some of them.
#
# @example On the server, as root
#   fleet join tts-01.example.org --role tts_node --env prod --server puppet.example.org
class profile::fleet {
  # the one says where PuppetDB is, the other has the code
  include profile::puppet_server
  include profile::code_deploy

  package { [
      'python3-click', 'python3-fastjsonschema', 'python3-jinja2', 'python3-packaging', 'python3-prometheus-client',
      'python3-pypuppetdb', 'python3-yaml', 'puppet-strings',
    ]:
      ensure => installed,
  }

  $ssl = '/var/lib/puppet/ssl'
  $puppetdb = {
    'server_urls' => "https://${profile::puppet_server::puppetdb_server}:8081",
    'cacert'      => "${ssl}/certs/ca.pem",
    'cert'        => "${ssl}/certs/${trusted['certname']}.pem",
    'key'         => "${ssl}/private_keys/${trusted['certname']}.pem",
  }

  file {
    default:
      owner => 'root',
      group => 'root',
      mode  => '0755',
      ;
    '/usr/local/bin/fleet':
      ensure  => file,
      content => file('profile/fleet.sh'),
      ;
    '/etc/puppetlabs/client-tools':
      ensure => directory,
      ;
    # Only root reads the key that it names.
    '/etc/puppetlabs/client-tools/puppetdb.conf':
      ensure  => file,
      mode    => '0600',
      content => stdlib::to_json_pretty({ 'puppetdb' => $puppetdb }),
      ;
  }
}
