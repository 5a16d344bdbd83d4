"""What ``fleet capacity`` answers: the rule, what this server was given, and what PuppetDB has measured."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from generator import capacity
from generator.capacity import ASSUMED, RECORD, Size
from generator.errors import FleetError
from generator.fleet_nodes import settings_file
from generator.progress import say
from generator.record.nodes import INTERVALS
from generator.record.values import INTERVAL

#: What a run waited for its catalogue, of so many nodes' last runs.
_RUNS = "reports[certname, metrics]{ latest_report? = true limit 200 }"


@dataclass(frozen=True)
class Answer:
    """A machine of ``cores`` and ``memory`` (MiB): what the rule gives it, and what it has (``given``).

    ``interval`` and ``compile_time`` are seconds, each with where it comes from.
    """

    cores: int
    memory: int
    rule: Size
    given: Size | None
    interval: float
    interval_source: str
    compile_time: float
    compile_source: str

    @property
    def jrubies(self) -> int:
        """The instances that are counted with: those that it has, or would get."""
        return (self.given or self.rule).jrubies

    @property
    def agents(self) -> int:
        """How many agents it carries."""
        return capacity.agents(self.jrubies, self.interval, self.compile_time)


def answer(every: float | None, compile_time: float | None) -> Answer:
    """Size this machine; what is not given is what PuppetDB says, where there is one.

    Raises:
        InputError: the settings of PuppetDB's clients are wrong.
    """
    cores, memory = capacity.machine()
    rule = capacity.size(cores, max(0, memory - (RECORD if Path("/etc/puppetdb").is_dir() else 0)))
    waited, usual = (None, None) if every and compile_time else _recorded()
    return Answer(
        cores,
        memory,
        rule,
        _given(),
        *_first((every, "as given"), (usual, "the median of the nodes'"), (INTERVAL, "Puppet's own")),
        *_first(
            (compile_time, "as given"),
            (waited, "the median of PuppetDB's last reports"),
            (ASSUMED, "assumed: nothing has measured one"),
        ),
    )


def text(found: Answer) -> str:
    """Return it in words."""
    given = _words(found.given) if found.given else "is no Puppet Server of ours yet"
    count = f"{found.jrubies} x {found.interval:g} s / {found.compile_time:.2f} s"
    return "\n".join(
        [
            f"machine       {found.cores} cores, {found.memory} MiB",
            f"by the rule   {_words(found.rule)}",
            f"this server   {given}",
            f"interval      {found.interval:g} s ({found.interval_source})",
            f"compile time  {found.compile_time:.2f} s ({found.compile_source})",
            f"agents        {found.agents} = {count}",
        ]
    )


def data(found: Answer) -> dict[str, Any]:
    """Return the same for ``--json``."""
    return {
        "cores": found.cores,
        "memory_mib": found.memory,
        "rule": asdict(found.rule),
        "interval_s": found.interval,
        "interval_source": found.interval_source,
        "given": asdict(found.given) if found.given else None,
        "compile_s": found.compile_time,
        "compile_source": found.compile_source,
        "agents": found.agents,
    }


def _first(*known: tuple[float | None, str]) -> tuple[float, str]:
    """Return the first that there is; the last is there always."""
    return next((value, source) for value, source in known if value is not None)


def _words(size: Size) -> str:
    number = f"{size.jrubies} JRuby instance{'s' * (size.jrubies > 1)}"
    return f"{number}, heap {size.heap} MiB, code cache {size.code_cache} MiB"


def _given() -> Size | None:
    try:
        texts = [path.read_text(encoding="utf-8") for path in (capacity.CONF, capacity.DEFAULTS)]
    except OSError:
        return None
    return capacity.configured(*texts)


def _recorded() -> tuple[float | None, float | None]:
    """Ask PuppetDB, where there is one, for the wait and the interval; without an answer neither is known."""
    path = settings_file()
    if path is None:
        return None, None
    from generator.puppetdb import PuppetDB  # it takes a tenth of a second, and few have one

    try:
        runs, classes = PuppetDB.load(path).queries(_RUNS, INTERVALS)
    except FleetError as error:
        say(f"  ! {error}")
        return None, None
    return capacity.compile_time(runs), capacity.usual_interval(classes)
