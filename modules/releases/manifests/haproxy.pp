# @summary HAProxy, of which the front of each service is a process of its own
#
# @example
#   include releases::haproxy
class releases::haproxy {
  package { 'haproxy':
    ensure => installed,
  }

  # the package's own service has nothing to do here
  service { 'haproxy.service':
    ensure  => stopped,
    enable  => false,
    require => Package['haproxy'],
  }
}
