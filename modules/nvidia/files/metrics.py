#!/usr/bin/python3 -IS
"""Write what nvidia-smi says of the cards into a file in Prometheus's text format: metrics FILE.

It is for the textfile collector of the node exporter. What nvidia-smi does not tell of a card is left out;
where it fails, the file says so and has no value of before.

No signal ends a process that waits for the driver in the kernel. So it is not waited for, and no other is
started beside it: who asks locks the folder of the file, and nvidia-smi inherits the lock and holds it to its
end.
"""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

#: Seconds: how long nvidia-smi may take, as in the fact nvidia, and how long a killed one may take to go.
PATIENCE = 5
GRACE = 0.2
#: Bytes that an answer may have; that for eight cards has less than a thousand.
LONGEST_OUTPUT = 65_536

SUCCEEDED = "nvidia_cards_last_success_timestamp_seconds"


class Metric(NamedTuple):
    """What Prometheus is told of each card, and the field of nvidia-smi that it is made of."""

    name: str
    kind: str
    scale: float
    help: str


METRICS = {
    "utilization.gpu": Metric(
        "nvidia_card_utilization_ratio", "gauge", 0.01, "Share of the last moment that the card computed."
    ),
    "memory.used": Metric("nvidia_card_memory_used_bytes", "gauge", 2**20, "Memory of the card in use."),
    "memory.total": Metric("nvidia_card_memory_total_bytes", "gauge", 2**20, "Memory of the card."),
    "temperature.gpu": Metric("nvidia_card_temperature_celsius", "gauge", 1, "Temperature of the processor."),
    "power.draw": Metric("nvidia_card_power_watts", "gauge", 1, "What the card draws."),
    "enforced.power.limit": Metric(
        "nvidia_card_power_limit_watts", "gauge", 1, "What the card may draw at most."
    ),
    # Over its life and not since the driver was loaded: a reboot, the cure of most errors, would hide them.
    "ecc.errors.uncorrected.aggregate.total": Metric(
        "nvidia_card_ecc_errors_uncorrected_total", "counter", 1, "Errors that ECC could not correct."
    ),
}
#: A field that an nvidia-smi does not know costs the whole answer, and these are as old as any. The name is
#: last, since nvidia-smi quotes nothing.
FIELDS = ["index", "uuid", *METRICS, "name"]
COMMAND = ["nvidia-smi", f"--query-gpu={','.join(FIELDS)}", "--format=csv,noheader,nounits"]


class Card(NamedTuple):
    """A card that nvidia-smi lists: what tells it from others, and what is said of it, by field."""

    labels: dict[str, str]
    said: dict[str, str]


class Answer(NamedTuple):
    """The cards, what is wrong, if anything is, and whether an nvidia-smi is there that cannot be killed."""

    cards: list[Card]
    wrong: str | None
    stuck: bool = False


def ask(lock: int) -> Answer:
    """Ask nvidia-smi once, if none of before is stuck.

    Args:
        lock: a descriptor that nvidia-smi inherits, and holds locked to its end
    """
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return Answer([], "an nvidia-smi is stuck in the driver: look for Xid in dmesg and reboot", True)
    # Into a file: whatever nvidia-smi leaves behind could keep a pipe open.
    with tempfile.TemporaryFile() as output:
        try:
            smi = subprocess.Popen(
                COMMAND,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=[lock],
                # a group of its own, so that what it started is killed with it
                start_new_session=True,
            )
        except OSError as error:
            return Answer([], f"nvidia-smi cannot be started: {error}")
        try:
            code = smi.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            late = f"nvidia-smi did not answer in {PATIENCE} s: look for Xid in dmesg"
            return Answer([], late, not kill(smi))
        output.seek(0)
        said = output.read(LONGEST_OUTPUT + 1)
    if len(said) > LONGEST_OUTPUT:
        return Answer([], f"nvidia-smi printed more than {LONGEST_OUTPUT} bytes")
    if code < 0:
        # what it was about to print may be cut anywhere
        return Answer([], f"nvidia-smi was ended by signal {-code}")
    return understood(said.decode(errors="replace"), code)


def kill(smi: subprocess.Popen[bytes]) -> bool:
    """Kill it with all that it started, and say whether it is gone; subprocess.run would wait for ever."""
    os.killpg(smi.pid, signal.SIGKILL)
    try:
        smi.wait(GRACE)
    except subprocess.TimeoutExpired:
        return False
    return True


def understood(said: str, code: int) -> Answer:
    """Take each line for a card or for a complaint."""
    cards: dict[str, Card] = {}
    complaints = []
    for line in filter(None, (line.strip() for line in said.split("\n"))):
        values = dict(zip(FIELDS, (value.strip() for value in line.split(",", len(FIELDS) - 1))))
        labels = {label: values.get(label, "") for label in ("uuid", "index", "name")}
        if (
            re.fullmatch("GPU-[0-9A-Fa-f-]+", labels["uuid"])
            and re.fullmatch("[0-9]+", labels["index"])
            and labels["name"]
        ):
            # by its UUID: where two series are equal, the node exporter refuses all that it has
            cards[labels["uuid"]] = Card(labels, values)
        else:
            complaints.append(f"nvidia-smi says {line[:200]!r}")
    if code:
        complaints.append(f"nvidia-smi ended with exit code {code}")
    if not cards:
        complaints.append("nvidia-smi listed no card")
    return Answer(list(cards.values()), complaints[0] if complaints else None)


def exposition(cards: list[Card], up: bool, stuck: bool, succeeded: int) -> str:
    """Say it in Prometheus's text format.

    Args:
        cards: the cards that are told of
        up: whether nvidia-smi told of all cards
        stuck: whether one is left behind that cannot be killed
        succeeded: when it last told of all cards, in seconds of the epoch; 0 for never
    """
    lines = []
    for field, metric in METRICS.items():
        told = [card for card in cards if re.fullmatch(r"[0-9]+(\.[0-9]+)?", card.said.get(field, ""))]
        if told:
            lines += heading(metric.name, metric.kind, metric.help)
        for card in told:
            labels = ",".join(f'{label}="{escaped(value)}"' for label, value in card.labels.items())
            lines.append(f"{metric.name}{{{labels}}} {float(card.said[field]) * metric.scale:.15g}")
    for name, help, value in (
        ("nvidia_cards_up", "Whether nvidia-smi told of all cards when it was last asked.", int(up)),
        ("nvidia_cards_query_stuck", "Whether an nvidia-smi hangs that cannot be killed.", int(stuck)),
        (SUCCEEDED, "When nvidia-smi last told of all cards, 0 for never.", succeeded),
    ):
        lines += [*heading(name, "gauge", help), f"{name} {value}"]
    return "".join(f"{line}\n" for line in lines)


def heading(name: str, kind: str, help: str) -> list[str]:
    """What stands once before the values of a metric."""
    return [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]


def escaped(value: str) -> str:
    """Write the value of a label so that it ends where it ends."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def last_success(file: Path) -> int:
    """Read from the file of before when nvidia-smi last told of all cards; 0 where it does not say."""
    try:
        found = re.search(rf"^{SUCCEEDED} ([0-9]+)$".encode(), file.read_bytes(), re.MULTILINE)
    except FileNotFoundError:
        found = None
    return int(found[1]) if found else 0


def main() -> int:
    """Ask, and write; say in the journal what is wrong."""
    file = Path(sys.argv[1])
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        answer = ask(folder)
        up = answer.wrong is None
        text = exposition(answer.cards, up, answer.stuck, int(time.time()) if up else last_success(file))
        # beside it, and not named as what is collected, so that nobody reads half of it
        new = file.with_name(f"{file.name}.new")
        new.write_text(text, encoding="utf-8")
        new.chmod(0o644)
        new.replace(file)
    finally:
        os.close(folder)
    if answer.wrong is not None:
        print(answer.wrong, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
