"""The file of a rollout: read with a place for each error, and written."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from generator.canary.rollout import COHORTS, Breach, Rollout, State
from generator.errors import InputError
from generator.tokens import CERTNAME, NAME
from generator.yaml_source import Document, load

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_INTERVAL = re.compile(r"([1-9]\d{0,5})([smhd])")
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_HEAD = "# Written by fleet canary, which goes on with it: docs/CANARY.md.\n"


def read(root: Path, service: str) -> Rollout | None:
    """Read the rollout of ``service`` from the repository at ``root``; None where there is none.

    Raises:
        InputError: the file is none that ``fleet canary`` writes.
    """
    path = root / COHORTS / f"{service}.yaml"
    return parse(load(path)) if path.exists() else None


def read_all(root: Path) -> list[Rollout]:
    """Read every rollout of the repository at ``root``, by service.

    Raises:
        InputError: as for :func:`read`.
    """
    return [parse(load(path)) for path in sorted((root / COHORTS).glob("*.yaml"))]


def dump(rollout: Rollout) -> str:
    """Write a rollout, for :func:`parse`."""
    said: dict[str, Any] = {
        "revision": rollout.revision,
        "state": rollout.state.value,
        "reason": rollout.reason,
        "steps": list(rollout.steps),
        "step": rollout.step,
        "since": rollout.since.astimezone(UTC).strftime(_TIME),
        "interval": interval_text(rollout.interval),
        "windows": rollout.windows,
        "on_breach": rollout.on_breach.value,
        "gates": list(rollout.gates),
        "approved": list(rollout.approved),
        "only": list(rollout.only),
        "traffic": rollout.traffic,
        "salt": rollout.salt,
        "members": list(rollout.members),
        "taken_back": list(rollout.taken_back),
    }
    kept = {key: value for key, value in said.items() if value or key == "members"}
    return f"---\n{_HEAD}{yaml.dump(kept, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=150)}"


class _Dumper(yaml.SafeDumper):
    """Writes a text that begins with a colon in quotes: Ruby takes it for a symbol otherwise."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="'" if text.startswith(":") else None
    ),
)


def interval_text(seconds: int) -> str:
    """Write a time as :func:`parse_interval` reads it, in the largest unit that fits.

    >>> interval_text(1800), interval_text(7200), interval_text(90)
    ('30m', '2h', '90s')
    """
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % _SECONDS[unit] == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


def parse_interval(text: str) -> int | None:
    """Read a time such as ``30m`` or ``2h``, in seconds; None where it is none.

    >>> parse_interval("30m"), parse_interval("0m"), parse_interval("soon")
    (1800, None, None)
    """
    found = _INTERVAL.fullmatch(text)
    return int(found[1]) * _SECONDS[found[2]] if found else None


def parse(document: Document) -> Rollout:
    """Read a rollout of what its file says; the file has the service's name.

    Raises:
        InputError: it says something that ``fleet canary`` does not write.
    """
    reader = _Reader(document)
    reader.known()
    if "members" not in document.data:
        raise document.error((), "members is missing (members: [] where nobody has the revision)")
    steps = reader.percents("steps", required=True)
    rollout = Rollout(
        service=reader.service(),
        revision=reader.text("revision"),
        steps=steps,
        step=reader.one_of("step", steps),
        since=reader.time("since"),
        interval=reader.interval("interval"),
        salt=reader.text("salt"),
        members=reader.certnames("members"),
        windows=reader.number("windows", 1),
        state=State(reader.one_of("state", [state.value for state in State], State.RUNNING.value)),
        on_breach=Breach(reader.one_of("on_breach", [breach.value for breach in Breach], Breach.ABORT.value)),
        gates=reader.some_of("gates", steps),
        approved=reader.some_of("approved", steps),
        only=reader.texts("only"),
        traffic=reader.percent("traffic"),
        taken_back=reader.certnames("taken_back"),
        reason=reader.text("reason", required=False) or None,
    )
    if rollout.state is State.ABORTED and rollout.members:
        raise document.error(
            ("members",), "an aborted rollout has no members (take them out, or let fleet canary write it)"
        )
    return rollout


_KEYS = (
    *("revision", "state", "reason", "steps", "step", "since", "interval", "windows", "on_breach"),
    *("gates", "approved", "only", "traffic", "salt", "members", "taken_back"),
)


class _Reader:
    """Reads the values of one file, each with its error."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.data: Mapping[str, Any] = document.data

    def known(self) -> None:
        for key in self.data:
            if key not in _KEYS:
                known = ", ".join(_KEYS)
                raise self.document.error((key,), f"{key} means nothing here (known: {known})", key=True)

    def service(self) -> str:
        name = self.document.path.stem
        if not NAME.fullmatch(name):
            raise self.document.error(
                (), f"{name} is no service (the file has the name of one: indextts2.yaml)"
            )
        return name

    def text(self, key: str, *, required: bool = True) -> str:
        value = self.data.get(key, "")
        if not isinstance(value, str) or (required and not value) or "\n" in value:
            raise self._error(key, "is a text of one line")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(
            self._list(key, lambda one: isinstance(one, str) and bool(one), "a list of names and globs")
        )

    def certnames(self, key: str) -> tuple[str, ...]:
        found = self._list(
            key,
            lambda one: isinstance(one, str) and CERTNAME.fullmatch(one) is not None,
            "a list of nodes' names",
        )
        return tuple(sorted(set(found)))

    def number(self, key: str, default: int) -> int:
        value = self.data.get(key, default)
        if not _is_whole(value) or not 1 <= value <= 1000:
            raise self._error(key, "is a number from 1 to 1000")
        return int(value)

    def percent(self, key: str) -> int | None:
        value = self.data.get(key)
        if value is not None and not (_is_whole(value) and 1 <= value <= 100):
            raise self._error(key, "is a percent, from 1 to 100")
        return value

    def percents(self, key: str, *, required: bool = False) -> tuple[int, ...]:
        found = self._list(
            key, lambda one: _is_whole(one) and 1 <= one <= 100, "a list of percents, from 1 to 100"
        )
        if (required and not found) or found != sorted(set(found)):
            raise self._error(key, "are percents that rise, such as [10, 25, 50, 100]")
        return tuple(found)

    def some_of(self, key: str, choices: tuple[int, ...]) -> tuple[int, ...]:
        found = self.percents(key)
        if not set(found) <= set(choices):
            raise self._error(key, f"are some of the steps ({', '.join(map(str, choices))})")
        return found

    def one_of(self, key: str, choices: Collection[Any], default: Any = None) -> Any:
        value = self.data.get(key, default)
        if isinstance(value, bool) or value not in choices:
            raise self._error(key, f"is one of {', '.join(map(str, choices))}")
        return value

    def interval(self, key: str) -> int:
        value = self.data.get(key)
        seconds = parse_interval(value) if isinstance(value, str) else None
        if seconds is None:
            raise self._error(key, "is a time such as 30m or 2h")
        return seconds

    def time(self, key: str) -> datetime:
        value = self.data.get(key)
        try:
            return datetime.strptime(str(value), _TIME).replace(tzinfo=UTC)
        except ValueError:
            raise self._error(key, "is a time of UTC such as 2026-11-28T09:30:00Z") from None

    def _list(self, key: str, fits: Callable[[Any], bool], shape: str) -> list[Any]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(fits(one) for one in value):
            raise self._error(key, f"is {shape}")
        return value

    def _error(self, key: str, right: str) -> InputError:
        return self.document.error((key,), f"{key} {right}, and not {self.data.get(key)!r}")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
