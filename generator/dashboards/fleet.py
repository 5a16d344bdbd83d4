"""The dashboards: the fleet and its nodes, and the Puppet server."""

from __future__ import annotations

from collections.abc import Iterable

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

from generator.dashboards.panels import bars, chart, number, query, rows

Panels = Iterable[Builder[Panel]]

_NOUGHT = "0 * sum(fleet_nodes)"


def dashboards() -> dict[str, dashboard.Dashboard]:
    """Return the dashboards, by the names of their files."""
    return {
        "fleet.json": _dashboard("fleet", "Fleet", _fleet()),
        "puppet-server.json": _dashboard("fleet-puppet-server", "Puppet server", _server()),
    }


def _dashboard(uid: str, title: str, panels: Panels) -> dashboard.Dashboard:
    source = dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus")
    made = (
        dashboard.Dashboard(title)
        .uid(uid)
        .tags(["fleet"])
        .readonly()
        .timezone("browser")
        .time("now-24h", "now")
        .refresh("1m")
        .with_variable(source)
    )
    for panel in panels:
        made = made.with_panel(panel)
    return made


def _fleet() -> Panels:
    # a nought only where the exporter tells of the nodes
    silent = (
        f'count(count by (certname) (ALERTS{{alertname="NodeSilent", alertstate="firing"}})) or {_NOUGHT}'
    )
    return (
        number("Nodes", "sum(fleet_nodes)"),
        number("Silent", silent, bad_from=1),
        number("Last run failed", 'fleet_nodes{status="failed"}', bad_from=1),
        number("Without a catalogue", "fleet_compile_failures", bad_from=1),
        number("Off their release", f"count(fleet_node_off_release == 1) or {_NOUGHT}", bad_from=1),
        number("Drift", "fleet_drift_ratio", "percentunit", bad_from=0.05),
        chart("Drift", "percentunit", query("fleet_drift_ratio", "corrected of those that reported")),
        chart(
            "Run times",
            "s",
            query("max(fleet_node_run_seconds)", "longest"),
            query("quantile(0.95, fleet_node_run_seconds)", "95 % below"),
            query("quantile(0.5, fleet_node_run_seconds)", "half below"),
        ),
        bars(
            "Nodes by release",
            "count by (service, release) (fleet_node_release_info)",
            "{{service}} {{release}}",
        ),
        chart("Nodes by state", "short", query("fleet_nodes", "{{status}}")),
        rows(
            "Silent nodes: seconds since the last report",
            "sort_desc((time() - fleet_node_report_time_seconds) and on (certname)"
            ' ALERTS{alertname="NodeSilent", alertstate="firing"})',
        ),
        rows("Alerts", 'ALERTS{alertstate="firing", severity!="none"}'),
        chart(
            "Web UIs that answer",
            "percentunit",
            query('avg by (service) (probe_success{job="webui"})', "{{service}}"),
        ),
        chart(
            "Disks with the least room",
            "percentunit",
            query(
                'bottomk(5, node_filesystem_avail_bytes{mountpoint=~"/|/opt|/opt/.+"}'
                " / node_filesystem_size_bytes)",
                "{{certname}} {{mountpoint}}",
            ),
        ),
    )


def _server() -> Panels:
    compiles = (
        "rate(fleet_puppetserver_compile_seconds_total[15m]) / rate(fleet_puppetserver_compiles_total[15m])"
    )
    return (
        number("Puppet Server", "fleet_puppetserver_up", bad_from=None),
        number("PuppetDB", "fleet_puppetdb_up", bad_from=None),
        number("JRubies", "fleet_puppetserver_jrubies"),
        number("Free JRubies", "fleet_puppetserver_jrubies_free"),
        number("Commands waiting", "fleet_puppetdb_queue_depth", bad_from=100),
        number("Scrape", "fleet_scrape_seconds", "s", bad_from=2),
        chart("Compile time", "s", query(compiles, "a catalogue")),
        chart(
            "Catalogues", "ops", query("rate(fleet_puppetserver_compiles_total[15m])", "compiled a second")
        ),
        chart(
            "JRubies",
            "short",
            query("fleet_puppetserver_jrubies_free", "free"),
            query("fleet_puppetserver_jrubies_requested", "requests that wait"),
        ),
        chart("PuppetDB's queue", "short", query("fleet_puppetdb_queue_depth", "commands")),
        chart("Deploys", "short", query("fleet_deploy_ok", "{{environment}} is well")),
        chart("Age of the backup", "s", query("time() - fleet_backup_time_seconds", "{{certname}}")),
    )
