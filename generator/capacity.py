"""How many agents a Puppet Server carries, by the published rule.

https://www.puppet.com/docs/puppet/8/server/tuning_guide: a JRuby for each core but one, 512 MiB of heap for
each and 512 MiB for the rest. A JRuby compiles one catalogue at a time, so that in an interval it serves as
many agents as compiles fit into it.
"""

from __future__ import annotations

import math
import os
import re
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.errors import FleetError
from generator.record.values import interval

#: MiB that are the system's, and PuppetDB's with its PostgreSQL where they are on the same machine.
SYSTEM, RECORD = 1024, 1536
#: Seconds of a compile where nothing has measured one.
ASSUMED = 5.0
CONF = Path("/etc/puppet/puppetserver/conf.d/puppetserver.conf")
DEFAULTS = Path("/etc/default/puppetserver")


@dataclass(frozen=True)
class Size:
    """What a Puppet Server gets: ``heap`` and ``code_cache`` in MiB."""

    jrubies: int
    heap: int
    code_cache: int


def size(cores: int, memory: int) -> Size:
    """Size a server by the rule, fewer instances where ``memory`` (MiB, the system's with it) is not enough.

    profile::server_size is the same, for Puppet.

    >>> size(8, 16384), size(8, 3072)
    (Size(jrubies=7, heap=4096, code_cache=1024), Size(jrubies=2, heap=1536, code_cache=512))
    """
    found = [
        Size(jrubies, 512 * (jrubies + 1), 512 if jrubies <= 6 else 1024 if jrubies <= 12 else 2048)
        for jrubies in range(1, max(1, cores - 1) + 1)
    ]
    fitting = [each for each in found if each.heap + each.code_cache + SYSTEM <= memory]
    return fitting[-1] if fitting else found[0]


def agents(jrubies: int, every: float, compile_time: float) -> int:
    """Say how many agents that run once in ``every`` seconds a server carries.

    >>> agents(7, 1800, 5.0)
    2520
    """
    return math.floor(jrubies * every / compile_time)


def seconds(text: str) -> float:
    """Read an interval as Puppet writes it.

    >>> seconds("30m"), seconds("1h"), seconds("90")
    (1800.0, 3600.0, 90.0)

    Raises:
        FleetError: it is none.
    """
    found = interval(text)
    if found is None:
        raise FleetError(f"{text!r} is no interval (30m, 1h, 90s)")
    return float(found)


def compile_time(reports: Iterable[Mapping[str, Any]]) -> float | None:
    """Take the median of what nodes' last runs waited for their catalogue, in seconds; None where none says.

    ``reports`` are PuppetDB's, with their ``metrics``. The wait holds the network and the queue, too: what is
    made of it is rather too few agents.
    """
    waits = [
        wait
        for report in reports
        for metric in (report.get("metrics") or {}).get("data") or ()
        if metric.get("category") == "time" and metric.get("name") == "config_retrieval"
        # a run by a cached catalogue waits for none
        if isinstance(wait := metric.get("value"), int | float) and wait > 0
    ]
    return float(statistics.median(waits)) if waits else None


def usual_interval(classes: Iterable[Mapping[str, Any]]) -> float | None:
    """Take the median of the intervals (seconds) at which agents run; None where no catalogue says.

    ``classes`` are what the nodes' catalogues have of the class AGENT_CLASS, with its ``parameters``.
    """
    said = (interval((each.get("parameters") or {}).get("runinterval")) for each in classes)
    known = [found for found in said if found]
    return float(statistics.median(known)) if known else None


def machine() -> tuple[int, int]:
    """Return the cores of this machine and its memory in MiB."""
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return os.cpu_count() or 1, pages * page // 1024 // 1024


def configured(conf: str, defaults: str) -> Size | None:
    r"""Read what a server has been given, from the texts of CONF and DEFAULTS; None where they do not say.

    >>> configured("  max-active-instances: 3\n", 'JAVA_ARGS="-Xms2g -Xmx2g -XX:ReservedCodeCacheSize=512m"')
    Size(jrubies=3, heap=2048, code_cache=512)
    """
    jrubies = re.search(r"^\s*max-active-instances: *(\d+)", conf, re.MULTILINE)
    heap = re.search(r"-Xmx(\d+)([mg])", defaults)
    cache = re.search(r"-XX:ReservedCodeCacheSize=(\d+)([mg])", defaults)
    if not jrubies or not heap or not cache:
        return None
    first, second = (int(found[1]) * (1024 if found[2] == "g" else 1) for found in (heap, cache))
    return Size(int(jrubies[1]), first, second)
