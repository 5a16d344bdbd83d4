"""The state of the fleet for a reader, on one screen, and as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generator.record.first_error import one_line
from generator.record.nodes import NodeState, ServiceState
from generator.record.status import Assessed, Status
from generator.record.trouble import Kind
from generator.table import table, utc

#: How each kind of trouble is called in the counts.
NAMES = {
    Kind.NO_CATALOGUE: "got no catalogue",
    Kind.FAILED: "run failed",
    Kind.UNREADABLE: "report cannot be read",
    Kind.SILENT: "silent",
    Kind.NEVER_REPORTED: "never reported",
    Kind.HELD_BACK: "held back by a failed release",
    Kind.CACHED_CATALOGUE: "on a cached catalogue",
    Kind.OFF_RELEASE: "off the intended release",
    Kind.UNKNOWN_RELEASE: "release not known",
    Kind.NOOP: "noop",
}
#: Rows of releases on a screen: a fleet serves two or three of each service.
_RELEASES = 6
#: Rows of nodes that are named in any case, however low the screen is.
_LEAST = 3


def counts(status: Status) -> list[str]:
    """Return the lines that stand above the nodes: how many are well, serve what, and have which trouble."""
    total, bad = len(status.nodes), len(status.in_trouble)
    lines = [f"{_count(total, 'node')} at {utc(status.at)}: {total - bad:,} well, {bad:,} in trouble"]
    releases = status.releases()
    if releases:
        rows = [
            (
                one_line(one.service),
                one_line(one.release or "nothing"),
                f"{one.nodes:,}",
                f"{one.well:,}",
                f"{one.want_another:,}",
            )
            for one in releases[:_RELEASES]
        ]
        lines += [
            "",
            *table([("service", "serves", "nodes", "well", "want another"), *rows], right={2, 3, 4}),
        ]
        if more := releases[_RELEASES:]:
            rest = sum(one.nodes for one in more)
            lines.append(f"and {_count(len(more), 'more release')} on {_count(rest, 'node')}")
    if status.commits:
        lines.append("")
    for environment, commit in status.commits.items():
        behind = status.behind[environment]
        waiting = (
            f"; {_count(behind, 'node')} ran older code and wait{'s' if behind == 1 else ''} for the next run"
        )
        named = f"code of {one_line(environment)}: {one_line(commit)[:7]}"
        lines.append(f"{named}{waiting if behind else ', on every node'}")
    if kinds := status.kinds:
        lines += ["", "in trouble: " + ", ".join(f"{count:,} {NAMES[kind]}" for kind, count in kinds.items())]
    return lines


def room(lines: Sequence[str], height: int) -> int:
    """Return how many nodes have a row below ``lines`` on a screen of ``height`` rows."""
    # an empty line, the line of those that are not named, and the shell's own
    return max(_LEAST, height - len(lines) - 3)


def rows(named: Sequence[Assessed], all_bad: int, errors: Mapping[str, str], width: int) -> list[str]:
    """Return a row for each node that is named; ``errors`` has the first error of reports, by hash."""
    if not named:
        return []
    lines = table([(one.node.certname, _last(one.node), _why(one, errors)) for one in named])
    more = all_bad - len(named)
    return [
        "",
        *(_cut(line, width) for line in lines),
        *([f"and {more:,} more: --json has all"] if more else []),
    ]


def data(status: Status, errors: Mapping[str, str]) -> dict[str, Any]:
    """Return the same for ``--json``, with every node."""
    return {
        "at": utc(status.at),
        "nodes": len(status.nodes),
        "in_trouble": len(status.in_trouble),
        "troubles": {kind.value: count for kind, count in status.kinds.items()},
        "releases": [
            {
                "service": one.service,
                "release": one.release,
                "nodes": one.nodes,
                "well": one.well,
                "want_another": one.want_another,
            }
            for one in status.releases()
        ],
        "environments": {
            environment: {"commit": commit, "behind": status.behind[environment]}
            for environment, commit in status.commits.items()
        },
        "states": {one.node.certname: _data(one, errors) for one in status.nodes},
    }


def _data(one: Assessed, errors: Mapping[str, str]) -> dict[str, Any]:
    node, run = one.node, one.node.run
    return {
        "role": node.role,
        "environment": node.environment,
        "troubles": [{"kind": trouble.kind.value, "text": trouble.text} for trouble in one.troubles],
        "error": errors.get(run.hash) if run else None,
        "behind": one.behind,
        "interval_s": node.interval,
        "run": run
        and {
            "status": run.status,
            "reported": utc(run.reported),
            "seconds": round(run.seconds, 3),
            "commit": run.commit,
            "puppet_environment": run.environment,
            "transaction_uuid": run.transaction_uuid,
            "catalogue": "none" if not run.has_catalogue else "cached" if run.cached_catalogue else "new",
            "noop": run.noop,
            "noop_pending": run.noop_pending,
            "corrective_changes": run.corrective_changes,
        },
        "services": {service.service: _service(service) for service in node.services},
    }


def _service(service: ServiceState) -> dict[str, Any]:
    failed = service.failed
    return {
        "wanted": service.wanted,
        "active": service.active,
        "cards": {
            card: {"release": one.release, "commit": one.commit, "since": utc(one.since)}
            for card, one in sorted(service.cards.items())
        },
        "failed": failed and {"release": failed.release, "reason": failed.reason, "at": utc(failed.at)},
        "trouble": service.trouble,
    }


def _last(node: NodeState) -> str:
    return utc(node.run.reported) if node.run else "-"


def _why(one: Assessed, errors: Mapping[str, str]) -> str:
    said = "; ".join(one_line(trouble.text) for trouble in one.troubles)
    error = errors.get(one.node.run.hash) if one.node.run else None
    return f"{said}: {error}" if error else said


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"
