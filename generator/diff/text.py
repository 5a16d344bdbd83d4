"""A report for people: a line for each group of nodes, and below it what changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from generator.diff.compare import Change, Changes, Kind, Uncompiled
from generator.diff.effects import VERBS
from generator.diff.names import both_names, split
from generator.diff.report import Group, Report
from generator.diff.values import WIDTH, cut, plain, show

#: Parameters that are named in the line of a group.
_NAMED = 3
#: How a change of each kind begins its line, as in diff.
_MARKS: dict[Kind, str] = {"added": "+", "removed": "-", "changed": " ", "renamed": " "}


def as_text(report: Report) -> str:
    """Return the report for a terminal."""
    groups = [
        "\n".join([headline(group), *(f"  {line}" for line in details(group))]) for group in report.groups
    ]
    return "\n\n".join([*groups, summary(report)]) + "\n"


def summary(report: Report) -> str:
    """Say in one line how many nodes change."""
    do = "does" if report.failed == 1 else "do"
    failed = f", {report.failed} {do} not compile" if report.failed else ""
    changed = f"{report.changed} change" if report.changed > 1 else f"{report.changed or 'none'} changes"
    return f"{_nodes_count(report.total)} compared with {report.base}: {changed}{failed}"


def headline(group: Group) -> str:
    """Say in one line which nodes these are, and the most telling of what changes."""
    if isinstance(group.outcome, Changes):
        return plain(f"{_nodes(group.nodes)}: {'; '.join(_telling(group.outcome))}")
    now = "does" if len(group.nodes) == 1 else "do"
    verdict = f"{now} not compile" if group.outcome.after else f"did not compile before, and {now} now"
    return plain(f"{_nodes(group.nodes)} {verdict}: {cut(str(group.outcome.refusal), 8 * WIDTH)}")


def details(group: Group) -> Iterator[str]:
    """Yield lines about each resource that changes, and what that restarts."""
    if isinstance(group.outcome, Uncompiled):
        return
    for change in group.outcome.changes:
        yield plain(f"{_MARKS[change.kind]} {_name(change)}")
        if change.kind in ("changed", "renamed"):
            for difference in change.differences:
                yield from (f"    {line}" for line in show(difference))
    for ref in group.outcome.refreshed:
        yield plain(f"  {ref} {VERBS[split(ref)[0]]}")


def _telling(outcome: Changes) -> list[str]:
    """What changes in few words, what is set on classes first; how many resources in all; what restarts."""
    lines = [
        f"{change.resource if change.kind == 'changed' else split(change.resource)[0]} {line[0]}"
        for change in outcome.changes
        if change.kind in ("changed", "renamed")
        for difference in change.differences
        if len(line := show(difference)) == 1
    ]
    kinds = Counter(change.kind for change in outcome.changes)
    counted = ", ".join(f"{kinds[kind]} {kind}" for kind in _MARKS if kinds[kind])
    services = [f"{ref} restarts" for ref in outcome.refreshed if ref.startswith("Service[")]
    return [*(cut(line, 2 * WIDTH) for line in lines[:_NAMED]), *filter(None, [counted]), *services[:_NAMED]]


def _name(change: Change) -> str:
    return both_names(change.was, change.resource) if change.kind == "renamed" else change.resource


def _nodes(names: Sequence[str]) -> str:
    """Count nodes, and name them: all of a few, the first and the last of many."""
    shown = ", ".join(names) if len(names) <= 3 else f"{names[0]} … {names[-1]}"
    return f"{_nodes_count(len(names))} ({shown})"


def _nodes_count(number: int) -> str:
    return "1 node" if number == 1 else f"{number} nodes"
