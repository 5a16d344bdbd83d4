"""The kinds of panels that the dashboards have, each by what it asks Prometheus."""

from __future__ import annotations

from grafana_foundation_sdk.builders import bargauge, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models.common import BarGaugeDisplayMode, BigValueColorMode, VizOrientation
from grafana_foundation_sdk.models.dashboard import DataSourceRef, Threshold, ThresholdsMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

#: Whichever Prometheus whoever looks has chosen above.
SOURCE = DataSourceRef(type_val="prometheus", uid="$source")


def query(expr: str, name: str = "") -> prometheus.Dataquery:
    """Ask for something over the time that is shown, each line by its ``name``."""
    return prometheus.Dataquery().expr(expr).legend_format(name).range()


def query_now(expr: str, name: str = "") -> prometheus.Dataquery:
    """Ask for something as it is now."""
    return prometheus.Dataquery().expr(expr).legend_format(name).instant().format(PromQueryFormat.TABLE)


def number(title: str, expr: str, unit: str = "short", *, bad_from: float | None = None) -> stat.Panel:
    """Show a number, red from ``bad_from`` on."""
    steps = [Threshold(value=None, color="green")]
    if bad_from is not None:
        steps.append(Threshold(value=bad_from, color="red"))
    levels = dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)
    return (
        stat.Panel()
        .title(title)
        .unit(unit)
        .thresholds(levels)
        .color_mode(BigValueColorMode.VALUE)
        .datasource(SOURCE)
        .with_target(query(expr))
        .height(4)
        .span(4)
    )


def chart(title: str, unit: str, *targets: prometheus.Dataquery) -> timeseries.Panel:
    """Show lines over time."""
    panel = (
        timeseries.Panel()
        .title(title)
        .unit(unit)
        .min(0)
        .fill_opacity(10)
        .datasource(SOURCE)
        .height(8)
        .span(12)
    )
    for target in targets:
        panel = panel.with_target(target)
    return panel


def bars(title: str, expr: str, name: str) -> bargauge.Panel:
    """Show how many there are now of each kind."""
    return (
        bargauge.Panel()
        .title(title)
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .datasource(SOURCE)
        .with_target(prometheus.Dataquery().expr(expr).legend_format(name).instant())
        .height(8)
        .span(12)
    )


def rows(title: str, expr: str) -> table.Panel:
    """Show what there is now, a line each."""
    return table.Panel().title(title).datasource(SOURCE).with_target(query_now(expr)).height(8).span(12)
