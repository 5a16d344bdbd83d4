"""The metrics, made of what was read: no number is kept from one scrape to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric

from generator.exporter.puppetserver import ServerState
from generator.exporter.record import Record
from generator.record.nodes import NodeState

#: The statuses that are told also where no node has them, so that a chart has a nought and no gap.
STATUSES = ("unchanged", "changed", "failed", "unreported")


def status(node: NodeState) -> str:
    """Give the status of the last report; ``unreported`` without one, ``unreadable`` where it is none."""
    if node.unreadable is not None:
        return "unreadable"
    return node.run.status if node.run else "unreported"


def compile_failed(node: NodeState, refused: Collection[str]) -> bool:
    """Whether its last run got no catalogue of the server: it failed without one, or fell back on its cache.

    ``refused`` are those of whom the server could make none (:class:`generator.exporter.record.Record`). One
    that took its cached catalogue as it was told to, or since the server was away, is none of them.
    """
    run = node.run
    return bool(run and run.status == "failed" and not run.has_catalogue) or node.certname in refused


def gauge(name: str, help_text: str, value: float | None) -> Iterator[Metric]:
    """Make a gauge without labels; none where nobody knows its value."""
    if value is not None:
        yield GaugeMetricFamily(name, help_text, value=value)


def counter(name: str, help_text: str, value: float | None) -> Iterator[Metric]:
    """Make a counter without labels; none where nobody knows its value."""
    if value is not None:
        yield CounterMetricFamily(name, help_text, value=value)


def node_metrics(record: Record) -> Iterator[Metric]:
    """Yield what is told of each node, a handful of series each, and of all of them together."""
    yield from _totals(record)
    yield from _runs(record)
    yield from _releases(record)
    ends = GaugeMetricFamily(
        "fleet_node_certificate_expiry_time_seconds",
        "When a certificate of the node ends: its own, or that of its authority.",
        labels=("certname", "certificate"),
    )
    known = {node.certname for node in record.nodes}
    for certname, certificates in record.certificates.items():
        for certificate, end in certificates.items() if certname in known else ():
            ends.add_metric((certname, certificate), end)
    yield ends


def _totals(record: Record) -> Iterator[Metric]:
    counted = Counter({name: 0 for name in STATUSES})
    counted.update(status(node) for node in record.nodes)
    nodes = GaugeMetricFamily("fleet_nodes", "Nodes by the status of their last report.", labels=("status",))
    for name, count in counted.items():
        nodes.add_metric((name,), count)
    yield nodes
    drift = record.drift
    yield from gauge("fleet_drift_window_seconds", "The time over which drift is counted.", drift.window)
    yield from gauge("fleet_drift_reporting_nodes", "Nodes that reported in the window.", drift.reporting)
    yield from gauge(
        "fleet_drift_corrected_nodes",
        "Nodes on which something was put right in the window that somebody had changed.",
        drift.corrected,
    )
    yield from gauge("fleet_drift_ratio", "The latter of the former.", drift.ratio)
    failed = sum(compile_failed(node, record.refused) for node in record.nodes)
    yield from gauge("fleet_compile_failures", "Nodes whose catalogue could not be made.", failed)


def _runs(record: Record) -> Iterator[Metric]:
    def of_a_node(name: str, help_text: str, *more: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(name, help_text, labels=("certname", *more))

    info = InfoMetricFamily(
        "fleet_node", "What a node is.", labels=("certname", "role", "environment", "code")
    )
    reported = of_a_node("fleet_node_report_time_seconds", "When the server got the last report of a node.")
    paces = of_a_node("fleet_node_interval_seconds", "How often it is to run.")
    took = of_a_node("fleet_node_run_seconds", "How long its last run took.")
    statuses = of_a_node("fleet_node_status", "The status of its last report.", "status")
    corrected = of_a_node(
        "fleet_node_corrective_changes", "What its last run put right that somebody had changed."
    )
    without = of_a_node("fleet_node_compile_failed", "Whether its catalogue could not be made.")
    cached = of_a_node(
        "fleet_node_cached_catalogue", "Whether its last run was by the catalogue of an earlier one."
    )
    noop = of_a_node("fleet_node_noop", "Whether its last run changed nothing because it was told not to.")
    for node in record.nodes:
        one, run = (node.certname,), node.run
        code = run.commit if run and run.commit else ""
        info.add_metric((*one, node.role, node.environment, code), {})
        statuses.add_metric((*one, status(node)), 1)
        paces.add_metric(one, node.interval)
        if run:
            reported.add_metric(one, run.reported.timestamp())
            took.add_metric(one, run.seconds)
            corrected.add_metric(one, run.corrective_changes)
            without.add_metric(one, compile_failed(node, record.refused))
            cached.add_metric(one, run.cached_catalogue)
            noop.add_metric(one, run.noop)
    yield from (info, reported, paces, took, statuses, corrected, without, cached, noop)


def _releases(record: Record) -> Iterator[Metric]:
    serving = InfoMetricFamily(
        "fleet_node_release",
        "What a node serves, and what it is meant to.",
        labels=("certname", "service", "release", "wanted", "commit"),
    )
    off = GaugeMetricFamily(
        "fleet_node_off_release",
        "Whether a node does not serve what it is meant to.",
        labels=("certname", "service"),
    )
    for node in record.nodes:
        for service in node.services:
            commits = {card.commit for card in service.cards.values() if card.release == service.active}
            commit = next(iter(sorted(filter(None, commits))), "")
            names = (service.active or "", service.wanted or "", commit)
            serving.add_metric((node.certname, service.service, *names), {})
            if service.wanted is not None:
                off.add_metric((node.certname, service.service), not service.on_target)
    yield from (serving, off)


def server_metrics(server: ServerState) -> Iterator[Metric]:
    """Yield what is told of Puppet Server."""
    name = "fleet_puppetserver_"
    yield from gauge(f"{name}jrubies", "JRubies of Puppet Server.", server.jrubies)
    yield from gauge(f"{name}jrubies_free", "Those that do nothing.", server.jrubies_free)
    yield from gauge(f"{name}jrubies_requested", "Requests that wait for one.", server.jrubies_requested)
    yield from gauge(f"{name}jruby_borrow_seconds", "How long a request keeps one.", server.borrow_seconds)
    yield from gauge(f"{name}jruby_wait_seconds", "How long a request waits for one.", server.wait_seconds)
    yield from counter(f"{name}requests_refused", "Requests refused since too many waited.", server.refused)
    yield from counter(f"{name}compiles", "Catalogues compiled since it started.", server.compiles)
    yield from counter(f"{name}compile_seconds", "What they took together.", server.compile_seconds)
