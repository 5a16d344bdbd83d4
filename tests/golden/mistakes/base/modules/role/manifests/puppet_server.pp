# @summary The Puppet server
class role::puppet_server {
}
