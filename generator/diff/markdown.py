"""A report for the comment on a pull request, no longer than a forge takes."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from generator.diff.report import Group, Report
from generator.diff.text import details, headline, summary

#: What GitHub takes in one comment; it counts characters, and bytes are never fewer.
LIMIT = 65_536


def as_markdown(report: Report, limit: int = LIMIT) -> str:
    """Return the report as a comment of at most ``limit`` bytes.

    Each group folds. Where that is too much, the groups of the fewest nodes lose their details first, and
    are only counted at last.
    """
    top = f"### What this change does\n\n{html.escape(summary(report))}\n"
    sections = [_section(group) for group in report.groups]
    over = _size([top, *sections]) - limit
    for index in reversed(range(len(sections))):
        if over <= 0:
            break
        line = _line(report.groups[index])
        over -= _size([sections[index]]) - _size([line])
        sections[index] = line
    kept = len(sections)
    while kept and over + _size([_left_out(report.groups[kept:])]) > 0:
        kept -= 1
        over -= _size([sections[kept]])
    return "".join([top, *sections[:kept], _left_out(report.groups[kept:])])


def _section(group: Group) -> str:
    body = "\n".join(details(group))
    if not body:
        return _line(group)
    longest = max((len(run) for run in re.findall("`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    title = html.escape(headline(group))
    return (
        f"\n<details><summary><code>{title}</code></summary>\n\n{fence}diff\n{body}\n{fence}\n\n</details>\n"
    )


def _line(group: Group) -> str:
    return f"\n<code>{html.escape(headline(group))}</code>\n"


def _left_out(groups: Sequence[Group]) -> str:
    if not groups:
        return ""
    nodes = sum(len(group.nodes) for group in groups)
    return f"\n… and {nodes} more nodes, in {len(groups)} groups; `fleet diff` has them all\n"


def _size(sections: Sequence[str]) -> int:
    return sum(len(section.encode()) for section in sections)
