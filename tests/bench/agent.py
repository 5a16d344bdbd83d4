"""What a run of the agent costs that has nothing to do: the full role against an empty catalogue.

Both run on the same node, with the same plugins and facts: the environment ``empty`` is the same code
but for manifests/site.pp, which includes nothing.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from pathlib import Path

import yaml

from generator.lab import Lab
from tests.bench.measure import in_turn, median

NODE = "tts1"
RUNS = 5
WARM_UP = 15
EMPTY_SITE = "node default {}\n"
#: Where the server says how long a compile took.
SERVER_LOG = "/var/log/puppetserver/puppetserver.log"
_COMPILED = re.compile(r"Compiled catalog for (\S+) in environment (\w+) in ([\d.]+) seconds")
#: The way into the node, and the agent itself.
_HARNESS = {"nsenter", "env", "puppet"}
_SUMMARY = "/var/cache/puppet/public/last_run_summary.yaml"


def measure() -> dict[str, float]:
    """Ratios of wall time and compile time; what the full run forked and connected to."""
    lab = Lab()
    lab.up(nodes=2)
    lab.commit({"manifests/site.pp": EMPTY_SITE}, "An empty catalogue, to compare with", branch="empty")
    for environment in ("production", "empty") * WARM_UP:
        _run(lab, environment)  # plugins, caches, and code that the server keeps: it runs for months
    facts: list[float] = []

    def full() -> float:
        seconds = _run(lab, "production")
        facts.append(_fact_time(lab))
        return seconds

    full_runs, empty_runs = in_turn(RUNS, full, lambda: _run(lab, "empty"))
    compiled = _compile_times(lab)
    processes, connections = _trace(lab)
    return {
        "agent.noop_ratio": median(full_runs) / median(empty_runs),
        "agent.noop_s": median(full_runs),
        "agent.empty_s": median(empty_runs),
        "agent.facts_s": median(facts),
        "agent.noop_processes": processes,
        "agent.noop_connections": connections,
        "compile.ratio": median(compiled["production"]) / median(compiled["empty"]),
        "compile.full_s": median(compiled["production"]),
        "compile.empty_s": median(compiled["empty"]),
    }


def _run(lab: Lab, environment: str) -> float:
    """Seconds of one run that changes nothing."""
    began = time.monotonic()
    run = lab.agent(NODE, environment=environment)
    seconds = time.monotonic() - began
    assert run.code == 0, run.output
    return seconds


def _fact_time(lab: Lab) -> float:
    summary = yaml.safe_load(lab.exec(NODE, ["cat", _SUMMARY]).stdout)
    return float(summary["time"]["fact_generation"])


def _compile_times(lab: Lab) -> dict[str, list[float]]:
    """Seconds of the last compiles of the node's catalogue, by environment."""
    times: dict[str, list[float]] = {"production": [], "empty": []}
    for name, environment, seconds in _COMPILED.findall(lab.exec("puppet", ["cat", SERVER_LOG]).stdout):
        if name == f"{NODE}.lab.test" and environment in times:
            times[environment].append(float(seconds))
    return {environment: seconds[-RUNS:] for environment, seconds in times.items()}


def _trace(lab: Lab) -> tuple[int, int]:
    """How many programs a run that changes nothing starts, and its connections past the server.

    Seen by strace from outside of the node: one file for each process, so that no two lines mix.
    """
    with tempfile.TemporaryDirectory() as folder:
        strace = [
            "strace",
            "-ff",
            "-qq",
            "-e",
            "trace=connect,execve",
            "-e",
            "signal=none",
            "-o",
            f"{folder}/trace",
        ]
        done = subprocess.run(
            [*strace, *lab.agent_command(NODE)], stdin=subprocess.DEVNULL, capture_output=True
        )
        assert done.returncode == 0, done.stdout
        traces = [path.read_text(errors="replace") for path in sorted(Path(folder).iterdir())]
        return count(traces, lab.address("puppet"))


def count(traces: list[str], server: str) -> tuple[int, int]:
    """Programs that the agent started, and its Internet connections to anything but ``server``.

    ``traces`` are strace's files, one a process. A connect to port 0 asks the kernel for a route, and
    sends nothing.
    """
    programs = re.findall(r'^execve\("(?:[^"]*/)?([^"/]+)".* = 0$', "\n".join(traces), re.MULTILINE)
    ends = re.findall(
        r'connect\(\d+, \{sa_family=AF_INET6?, sin6?_port=htons\((\d+)\).*?"([0-9a-f.:]+)"', "\n".join(traces)
    )
    here = {server, f"::ffff:{server}", "127.0.0.1", "::1"}
    return sum(name not in _HARNESS for name in programs), sum(
        port != "0" and address not in here for port, address in ends
    )
