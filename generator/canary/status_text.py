"""How the rollouts stand for a reader, on one screen, and as data."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from generator.canary.arrival import Arrival
from generator.canary.history import Ended, Said
from generator.canary.rollout import State
from generator.canary.rollout_file import interval_text
from generator.canary.status import Standing, Status
from generator.canary.words import count, standing
from generator.record.first_error import one_line
from generator.table import table, utc

#: Rows of nodes that are named of each rollout in any case, however low the screen is.
_LEAST = 3


def lines(status: Status, height: int, width: int) -> list[str]:
    """Return the lines of a screen of ``height`` rows."""
    heads = [_wrapped(_head(one, status), width) for one in status.standings]
    foot = _ended(status.ended)
    if not heads:
        heads = [["no canary is under way"]]
    # an empty line below each head, the line of those that are not named, and the shell's own
    taken = sum(len(head) + 3 for head in heads) + len(foot) + 1
    room = max(_LEAST, (height - taken) // max(len(status.standings), 1))
    found: list[str] = []
    for place, head in enumerate(heads):
        rows = _rows(status.standings[place], status, room) if status.standings else []
        found += [*([""] if found else []), *head, *(["", *rows] if rows else [])]
    return [_cut(line, width) for line in [*found, *(["", *foot] if foot else [])]]


def data(status: Status) -> dict[str, Any]:
    """Return the same for ``--json``, with every node."""
    return {
        "at": utc(status.at),
        "unknown": status.unknown,
        "rollouts": [_standing_data(one, status) for one in status.standings],
        "ended": [
            {
                "service": one.rollout.service,
                "revision": one.rollout.revision,
                "how": one.how.replace(" ", "_"),
                "step": one.rollout.step,
                "nodes": len(one.rollout.members or one.rollout.taken_back),
                "reason": one.rollout.reason,
                **_said_data(one.said),
            }
            for one in status.ended
        ],
    }


def _standing_data(one: Standing, status: Status) -> dict[str, Any]:
    rollout = one.rollout
    return {
        "service": rollout.service,
        "revision": rollout.revision,
        "state": rollout.state.value,
        "reason": rollout.reason,
        "steps": list(rollout.steps),
        "step": rollout.step,
        "since": utc(rollout.since),
        "interval_s": rollout.interval,
        "windows": rollout.windows,
        "on_breach": rollout.on_breach.value,
        "gates": list(rollout.gates),
        "approved": list(rollout.approved),
        "only": list(rollout.only),
        "traffic": rollout.share,
        "waits_for": one.waits_for(status.at),
        "said": one.said and _said_data(one.said),
        "uncommitted": one.edited,
        "nodes": {
            node.certname: {
                "arrived": node.arrived,
                "serves": node.serves,
                "trouble": node.trouble,
                "overruled_by": one.overruled.get(node.certname),
            }
            for node in one.nodes
        },
    }


def _said_data(said: Said) -> dict[str, Any]:
    return {
        "commit": said.commit,
        "at": utc(said.at),
        "by": said.author,
        "subject": said.subject,
        "move": said.move or None,
    }


def _head(one: Standing, status: Status) -> list[str]:
    rollout = one.rollout
    steps = ", ".join(map(str, rollout.steps))
    found = [
        f"{rollout.service} {rollout.revision} {one_line(standing(rollout))}",
        f"  {count(one.nodes)}, since {utc(rollout.since)}; steps {steps} %, each well for "
        f"{interval_text(rollout.interval * rollout.windows)}",
        f"  waits for {one.waits_for(status.at)}",
    ]
    if one.said:
        found.append(f"  last: {_said(one.said)}: {one_line(one.said.subject)}")
    if one.edited:
        found.append(f"  {rollout.file} has changes that are not committed: nodes get the committed one")
    if own := list(one.overruled.values()):
        whose = "a line of its own" if len(own) == 1 else "lines of their own"
        found.append(f"  {count(own)} with {whose}, which wins: {own[0]}{', …' if own[1:] else ''}")
    if status.unknown is not None and one.nodes:
        found.append(f"  whether nodes have arrived is not known: {one_line(status.unknown)}")
    return found


def _rows(one: Standing, status: Status, room: int) -> list[str]:
    """Return a row for each node that is named: those that have not arrived first."""
    nodes = sorted(one.nodes, key=lambda node: (_rank(node), node.certname))
    if not nodes:
        return []
    done = "back" if one.rollout.state is State.ABORTED else "arrived"
    rows = [_row(node, one) for node in nodes[:room]]
    more, rest = nodes[room:], ""
    if more:
        there = sum(node.arrived is True for node in more)
        rest = f"and {count(more)} more" + ("" if status.unknown is not None else f", {there:,} {done}")
    return [*table([("node", done, "serves", ""), *rows]), *([f"{rest}: --json has all"] if rest else [])]


def _row(node: Arrival, one: Standing) -> tuple[str, str, str, str]:
    word = {True: "yes", False: "no", None: "?"}[node.arrived]
    own = one.overruled.get(node.certname)
    why = f"its own line in {own} wins" if own else one_line(node.trouble or "")
    return node.certname, word, one_line(node.serves or "-"), why


def _rank(node: Arrival) -> int:
    return {False: 0, None: 1, True: 2}[node.arrived]


def _ended(ended: Sequence[Ended]) -> list[str]:
    if not ended:
        return []
    rows = [
        (
            utc(one.said.at),
            f"{one.rollout.service} {one.rollout.revision}",
            f"{one.how} at {one.rollout.step} % ({count(one.rollout.members or one.rollout.taken_back)})",
            f"by {one_line(one.said.author)}"
            + (f": {one_line(one.rollout.reason)}" if one.rollout.reason else ""),
        )
        for one in ended
    ]
    return ["over:", *(f"  {line}" for line in table(rows))]


def _said(said: Said) -> str:
    return f"{one_line(said.author)} at {utc(said.at)}, {said.commit[:7]}"


def _wrapped(lines: Sequence[str], width: int) -> list[str]:
    return [
        part
        for line in lines
        for part in textwrap.wrap(
            line, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
        )
    ]


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"
