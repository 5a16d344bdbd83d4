# @summary The fleet's dashboards and its Prometheus, for a Grafana that is on this machine
#
# Grafana itself is whoever's brings it: Debian has none. It reads both at its start, and dashboards anew each 30 s.
#
# @example In hieradata/roles/monitoring.yaml, where Grafana's own package is
#   profile::grafana_dashboards::provisioning: /etc/grafana/provisioning
#
# @param provisioning
#   The folder from which that Grafana is provisioned. Where it is not set, nothing is done.
class profile::grafana_dashboards (
  Optional[Stdlib::Absolutepath] $provisioning = undef,
) {
  if $provisioning {
    $folder = '/var/lib/fleet-dashboards'

    file {
      default:
        ensure => file,
        owner  => 'root',
        group  => 'root',
        mode   => '0644',
        ;
      $folder:
        ensure  => directory,
        mode    => '0755',
        purge   => true,
        recurse => true,
        ;
      "${folder}/fleet.json":
        content => file('profile/dashboards/fleet.json'),
        ;
      "${folder}/puppet-server.json":
        content => file('profile/dashboards/puppet-server.json'),
        ;
      "${provisioning}/dashboards/fleet.yaml":
        content => stdlib::to_yaml({
            'apiVersion' => 1,
            'providers'  => [
              {
                'name'                  => 'fleet',
                'folder'                => 'Fleet',
                'type'                  => 'file',
                'updateIntervalSeconds' => 30,
                'options'               => { 'path' => $folder },
              },
            ],
        }),
        ;
      "${provisioning}/datasources/fleet.yaml":
        content => stdlib::to_yaml({
            'apiVersion'  => 1,
            'datasources' => [
              { 'name' => 'fleet', 'type' => 'prometheus', 'uid' => 'fleet', 'access' => 'proxy', 'url' => 'http://127.0.0.1:9090' },
            ],
        }),
        ;
    }
  }
}
