"""What was found about all nodes, nodes with the same outcome together."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.diff.compare import Change, Changes, Uncompiled
from generator.diff.trees import Base


@dataclass(frozen=True)
class Group:
    """Nodes, by name, with one outcome."""

    nodes: tuple[str, ...]
    outcome: Changes | Uncompiled

    @property
    def fails(self) -> bool:
        """Say whether these nodes do not compile after the change."""
        return isinstance(self.outcome, Uncompiled) and self.outcome.after


@dataclass(frozen=True)
class Report:
    """The groups, those that do not compile first, then the biggest; ``total`` counts all compiled nodes."""

    base: Base
    total: int
    groups: tuple[Group, ...]

    @property
    def failed(self) -> int:
        """The number of nodes that do not compile after the change."""
        return sum(len(group.nodes) for group in self.groups if group.fails)

    @property
    def changed(self) -> int:
        """The number of nodes whose catalogue changes."""
        return sum(len(group.nodes) for group in self.groups if isinstance(group.outcome, Changes))


def make_report(base: Base, known: Sequence[str], outcomes: Mapping[str, Changes | Uncompiled]) -> Report:
    """Group the ``known`` nodes by their outcomes; a node without one is what it was."""
    groups: dict[str, list[str]] = defaultdict(list)
    seen: dict[str, Changes | Uncompiled] = {}
    for name in sorted(known, key=_natural):
        outcome = outcomes.get(name)
        if outcome is None or outcome == Changes((), ()):
            continue
        key = json.dumps(_outcome(outcome), sort_keys=True)
        groups[key].append(name)
        seen[key] = outcome
    made = [Group(tuple(nodes), seen[key]) for key, nodes in groups.items()]
    return Report(
        base, len(known), tuple(sorted(made, key=lambda group: (not group.fails, -len(group.nodes))))
    )


def as_data(report: Report) -> dict[str, Any]:
    """Return the report for a machine: JSON's types, and names that stay."""
    return {
        "base": {"revision": report.base.revision, "commit": report.base.commit},
        "nodes": report.total,
        "changed": report.changed,
        "failed": report.failed,
        "groups": [{"nodes": list(group.nodes), **_outcome(group.outcome)} for group in report.groups],
    }


def _outcome(outcome: Changes | Uncompiled) -> dict[str, Any]:
    if isinstance(outcome, Uncompiled):
        refusal = outcome.refusal
        place = {"path": refusal.path, "line": refusal.line, "column": refusal.column}
        return {"error": {"at": "head" if outcome.after else "base", **place, "message": refusal.message}}
    return {
        "changes": [_change(change) for change in outcome.changes],
        "refreshed": list(outcome.refreshed),
    }


def _change(change: Change) -> dict[str, Any]:
    parameters = {
        difference.name: {"before": difference.before, "after": difference.after}
        for difference in change.differences
    }
    former = {"was": change.was} if change.kind == "renamed" else {}
    return {"change": change.kind, "resource": change.resource, **former, "parameters": parameters}


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort tts-2 before tts-10."""
    return [(int(part or 0), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]
