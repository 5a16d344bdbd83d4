"""What became of each deploy: a line for the record, and metrics for Prometheus."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from code_deploy.files import append, write
from code_deploy.settings import Settings

DEPLOYS = "deploys.jsonl"
METRICS = "code_deploy.prom"
_LAST = "last.json"


@dataclass(frozen=True)
class Deploy:
    """One deploy of one environment.

    ``time`` is its end in seconds since 1970; ``commit`` the one that was to serve (empty where r10k does not
    say), ``previous`` the one that served before; ``error`` a line, empty where it is ``ok``; ``seconds`` how
    long it took.
    """

    time: float
    environment: str
    commit: str
    previous: str
    ok: bool
    seconds: float
    error: str = ""


def keep(settings: Settings, deploys: list[Deploy], gone: list[str]) -> None:
    """Write down what happened; what is as it was, only the metrics say again.

    An environment that is ``gone`` has no metrics any more.
    """
    state, last = settings.state, _last(settings.state)
    for deploy in deploys:
        known = last.get(deploy.environment, {})
        same = all(known.get(key) == getattr(deploy, key) for key in ("commit", "ok", "error"))
        # a failure is told once, not with every tick of the timer
        if not same or (deploy.ok and deploy.commit != deploy.previous):
            append(state / DEPLOYS, json.dumps(asdict(deploy)))
        last[deploy.environment] = asdict(deploy)
    for environment in gone:
        last.pop(environment, None)
    write(state / _LAST, json.dumps(last, indent=1) + "\n")
    write(state / METRICS, metrics(last, settings.interval))


def _last(state: Path) -> dict[str, dict[str, Any]]:
    try:
        kept = json.loads((state / _LAST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def metrics(last: dict[str, dict[str, Any]], interval: int | None) -> str:
    """Tell of the last deploys in Prometheus's text format; of when the next is due, where a clock starts it.

    >>> print(metrics({"production": {"ok": False, "time": 1.5}}, 300))
    # HELP fleet_deploy_ok Whether the last deploy of the environment succeeded.
    # TYPE fleet_deploy_ok gauge
    fleet_deploy_ok{environment="production"} 0
    # HELP fleet_deploy_time_seconds When it ended, in seconds since 1970.
    # TYPE fleet_deploy_time_seconds gauge
    fleet_deploy_time_seconds{environment="production"} 1.5
    # HELP fleet_deploy_interval_seconds Time between two deploys.
    # TYPE fleet_deploy_interval_seconds gauge
    fleet_deploy_interval_seconds{environment="production"} 300
    <BLANKLINE>
    """
    told = [
        ("fleet_deploy_ok", "Whether the last deploy of the environment succeeded.", "ok"),
        ("fleet_deploy_time_seconds", "When it ended, in seconds since 1970.", "time"),
    ]
    if interval is not None:
        told.append(("fleet_deploy_interval_seconds", "Time between two deploys.", "interval"))
    lines = []
    for name, text, key in told:
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        for each in sorted(last):
            value = {**last[each], "interval": interval}[key] + 0
            lines.append(f'{name}{{environment="{each}"}} {value}')
    return "\n".join(lines) + "\n"
