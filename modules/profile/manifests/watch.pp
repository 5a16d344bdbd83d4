# @summary Prometheus, Alertmanager, the probes of web UIs, and what people look at: all that watches the fleet
#
# On a machine of role::monitoring, or on the Puppet server, where `here` says that there is no other.
#
# @example In hieradata/roles/puppet_server.yaml, where another machine watches
#   profile::watch::here: false
#
# @param here
#   Whether this is the machine that watches.
class profile::watch (
  Boolean $here = true,
) {
  if $here {
    include profile::alertmanager
    include profile::blackbox_exporter
    include profile::grafana_dashboards
    include profile::prometheus
    include profile::puppetboard
    include profile::web
  }
}
