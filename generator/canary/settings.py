"""The settings of the driver: JSON, written by profile::canary."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from generator.canary.limits import DAYS, Freeze, Limits
from generator.errors import InputError
from generator.record.trouble import SILENT_RUNS

#: A request goes to the member, and nowhere else.
_SMOKE = re.compile(r"https?://\{certname\}(:\d{1,5})?(/[^\s{}]*)?")

assert Limits().silent_runs == SILENT_RUNS


@dataclass(frozen=True)
class Settings:
    """What the driver works with.

    ``state`` is its own folder: the clone, the lock and its metrics are there. ``puppetdb`` is a file of the
    settings of Puppet's client tools. ``ssh_key`` is what it pushes by, and ``known_hosts`` whose hosts it
    knows; None: ssh's own. ``author`` is whose its commits are. ``smoke`` maps a service to the address that
    its members are asked at for a test, with ``{certname}`` in it, and ``ca`` vouches for them.
    """

    remote: str
    branch: str
    state: Path
    prometheus: str
    puppetdb: Path
    author: tuple[str, str]
    limits: Limits = field(default_factory=Limits)
    freezes: tuple[Freeze, ...] = ()
    ssh_key: Path | None = None
    known_hosts: Path | None = None
    smoke: Mapping[str, str] = field(default_factory=dict)
    ca: Path | None = None
    #: Seconds that git may take to fetch, and to push.
    timeout: float = 120.0

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Read them.

        Raises:
            InputError: the file is none of these settings.
        """
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise InputError(path, error.lineno, error.colno, f"this is no JSON ({error.msg})") from None
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(path, 1, 1, f"cannot be read ({error})") from None
        reader = _Reader(path, said)
        name, mail = reader.text("author_name"), reader.text("author_email")
        return cls(
            remote=reader.text("remote"),
            branch=reader.text("branch"),
            state=Path(reader.text("state")),
            prometheus=reader.text("prometheus"),
            puppetdb=Path(reader.text("puppetdb")),
            author=(name, mail),
            limits=reader.limits("limits"),
            freezes=reader.freezes("freezes"),
            ssh_key=reader.path_or_none("ssh_key"),
            known_hosts=reader.path_or_none("known_hosts"),
            smoke=reader.smoke("smoke"),
            ca=reader.path_or_none("ca"),
            timeout=reader.number("timeout", 120.0),
        )


class _Reader:
    def __init__(self, path: Path, said: Any) -> None:
        self.path = path
        if not isinstance(said, dict):
            raise self._error("these are no settings of fleet canary run (an object)")
        self.said: Mapping[str, Any] = said

    def text(self, key: str) -> str:
        value = self.said.get(key)
        # git would take one with a dash for an option
        if not isinstance(value, str) or not value or value.startswith("-") or "\n" in value:
            raise self._error(f"{key} is {value!r}, which is no text of a line")
        return value

    def path_or_none(self, key: str) -> Path | None:
        return Path(self.text(key)) if self.said.get(key) is not None else None

    def number(self, key: str, default: float) -> float:
        value = self.said.get(key, default)
        if not _is_number(value) or value <= 0:
            raise self._error(f"{key} is {value!r}, which is no number above 0")
        return float(value)

    def smoke(self, key: str) -> Mapping[str, str]:
        said = self._object(key, self.said.get(key, {}))
        for service, url in said.items():
            if not isinstance(url, str) or not _SMOKE.fullmatch(url):
                raise self._error(
                    f"{key}.{service} is {url!r}, which is no address (write http://{{certname}}:7860/config)"
                )
        return said

    def limits(self, key: str) -> Limits:
        said = self._object(key, self.said.get(key, {}))
        known = [one.name for one in fields(Limits)]
        for name, value in said.items():
            if name not in known:
                raise self._error(f"{key}.{name} is no limit (known: {', '.join(known)})")
            optional = name in ("error_ratio", "latency_ratio", "latency", "restarts", "memory_ratio")
            whole = name in ("min_jobs", "restarts", "silent_runs", "deploy")
            fits = (_is_number(value) and value >= 0 and (not whole or isinstance(value, int))) or (
                optional and value is None
            )
            if not fits:
                raise self._error(f"{key}.{name} is {value!r}, which is no {'whole ' * whole}number from 0")
        return Limits(**said)

    def freezes(self, key: str) -> tuple[Freeze, ...]:
        said = self.said.get(key, [])
        if not isinstance(said, list):
            raise self._error(f"{key} is no list")
        return tuple(self._freeze(key, self._object(key, one)) for one in said)

    def _freeze(self, key: str, said: Mapping[str, Any]) -> Freeze:
        days = said.get("days", list(DAYS))
        if not isinstance(days, list) or not days or not set(days) <= set(DAYS):
            raise self._error(f"{key}: days are {days!r}, and not some of {', '.join(DAYS)}")
        moment: Callable[[str], clock_time] = clock_time.fromisoformat
        try:
            start, end = moment(said["from"]), moment(said["to"])
        except (KeyError, TypeError, ValueError):
            raise self._error(
                f'{key}: write {{"from": "22:00", "to": "06:00"}}, not {dict(said)!r}'
            ) from None
        return Freeze(start, end, tuple(day for day in DAYS if day in days))

    def _object(self, key: str, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self._error(f"{key} is {value!r}, which is no object")
        return value

    def _error(self, message: str) -> InputError:
        return InputError(self.path, 1, 1, message)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
