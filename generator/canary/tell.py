"""What a pass says: a line for each rollout, and a textfile for Prometheus's node exporter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from generator.canary.judge import BLIND, Decision, Verb
from generator.canary.rollout import Rollout, State

#: Checks that may be breached; what holds or takes back a rollout without one of them is an operator.
CHECKS = (
    *("run", "catalogue", "release", "silent", "arrival", "smoke"),
    *("errors", "latency", "restarts", "memory", "gpu_memory"),
)
_HELP = {
    "state": "How a rollout stands: 1.",
    "step_percent": "The percent of nodes that are asked of.",
    "members": "Nodes that have its revision.",
    "breach": "Why it is held or was taken back: 1.",
    "waiting": "What it waits for: 1.",
    "blind": "Whether PuppetDB or Prometheus gives no answer, or not a whole one.",
}


@dataclass(frozen=True)
class Story:
    """What became of a rollout in a pass; ``decision`` is None where it was not looked at.

    ``after`` is how it stands after a move; ``over``: its file is gone.
    """

    rollout: Rollout
    decision: Decision | None = None
    after: Rollout | None = None
    over: bool = False

    @property
    def line(self) -> str:
        """Say it in a line."""
        said = f"{self.rollout.service} {self.rollout.revision}"
        if self.decision is None:
            return f"{said}: not looked at"
        return f"{said}: {self.decision.verb.value}: {self.decision.reason}"


def check_of(rollout: Rollout) -> str:
    """Return the check that a rollout is held or was taken back for, by how its reason begins."""
    check = (rollout.reason or "").partition(":")[0]
    return check if check in CHECKS else "operator"


def tell(path: Path, stories: Sequence[Story], failed: bool, now: datetime) -> None:
    """Write the metrics: whoever reads them finds the old ones or the new."""
    series: dict[str, list[str]] = {name: [] for name in _HELP}
    for story in stories:
        for name, labels, value in _of(story):
            said = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            series[name].append(f"fleet_canary_{name}{{{said}}} {value}\n")
    text = "".join(
        f"# HELP fleet_canary_{name} {_HELP[name]}\n# TYPE fleet_canary_{name} gauge\n{''.join(lines)}"
        for name, lines in series.items()
        if lines
    )
    for name, what, number in (
        ("driver_failed", "Whether the last pass of the driver failed.", str(int(failed))),
        ("last_pass_time_seconds", "When the driver made its last pass.", f"{now.timestamp():.3f}"),
    ):
        text += f"# HELP fleet_canary_{name} {what}\n# TYPE fleet_canary_{name} gauge\n"
        text += f"fleet_canary_{name} {number}\n"
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.chmod(0o644)
    beside.replace(path)


def _of(story: Story) -> Iterator[tuple[str, dict[str, str], int]]:
    if story.over:
        return
    rollout, decision = story.after or story.rollout, story.decision
    names = {"service": rollout.service, "revision": rollout.revision}
    yield "state", {**names, "state": rollout.state.value}, 1
    yield "step_percent", names, rollout.step
    yield "members", names, len(rollout.members)
    if rollout.state is not State.RUNNING:
        # the reason stands in the file, and changes with nothing: one series for as long as it lasts
        yield "breach", {**names, "check": check_of(rollout), "reason": rollout.reason or ""}, 1
    if decision is None:
        return
    if decision.verb is Verb.WAIT:
        yield "waiting", {**names, "what": decision.what}, 1
    blind = decision.verb is Verb.WAIT and decision.what in BLIND
    yield "blind", {"service": rollout.service}, int(blind)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
