# @summary What the gateways of all services on a machine share
#
# @example A gateway to the nodes of a service
#   gateway::service { 'indextts2':
#     port => 7860,
#   }
#
# @param ca_bundle
#   The certificates of the authorities that the nodes' own, of those that speak TLS, have to be of: a file on the gateway. The
#   module's own data has the system's.
class gateway (
  Stdlib::Unixpath $ca_bundle,
) {
  require releases::haproxy

  $libexec = '/usr/local/lib/gateway'

  file {
    default:
      owner => 'root',
      group => 'root',
      mode  => '0755',
      ;
    # the folder of a service that is taken out goes with its keys
    '/etc/gateway':
      ensure  => directory,
      recurse => true,
      purge   => true,
      force   => true,
      backup  => false,
      ;
    $libexec:
      ensure => directory,
      ;
    "${libexec}/pem":
      ensure  => file,
      content => file('releases/pem.sh'),
      ;
  }
}
