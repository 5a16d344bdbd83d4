"""What a run of the agent costs that has nothing to do: the full role against an empty catalogue.

Both run on the same node, with the same plugins and facts: the environment ``empty`` is the same code
but for manifests/site.pp, which includes nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

import yaml

from generator.errors import CommandFailed
from generator.lab import Lab
from tests.bench.measure import in_turn, median

NODE = "tts1"
RUNS = 5
EMPTY_SITE = "node default {}\n"
#: Where the server says how long a compile took.
SERVER_LOG = "/var/log/puppetserver/puppetserver.log"
_COMPILED = re.compile(r"Compiled catalog for (\S+) in environment (\w+) in ([\d.]+) seconds")
_SUMMARY = "/var/lib/puppet/public/last_run_summary.yaml"


def measure() -> dict[str, float]:
    """Ratios of wall time and compile time; what the full run forked and connected to."""
    lab = Lab()
    lab.up(nodes=2)
    _make_empty_environment(lab)
    for environment in ("production", "empty"):
        _run(lab, environment)  # plugins, caches and compiled code of the server
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


def _make_empty_environment(lab: Lab) -> None:
    """Commit the branch ``empty`` beside production, without touching the clone's files, and deploy it."""
    clone = lab.folders.control
    with tempfile.TemporaryDirectory() as folder:
        variables = os.environ | {"GIT_INDEX_FILE": f"{folder}/index"}

        def git(*arguments: str, stdin: str = "") -> str:
            who = ["-c", "user.name=lab", "-c", "user.email=lab@lab.test", "-c", "safe.directory=*"]
            done = subprocess.run(
                ["git", *who, *arguments],
                cwd=clone,
                env=variables,
                input=stdin,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise CommandFailed(f"git {arguments[0]} in {clone}: {done.stderr.strip()}")
            return done.stdout.strip()

        git("read-tree", "HEAD")
        blob = git("hash-object", "-w", "--stdin", stdin=EMPTY_SITE)
        git("update-index", "--add", "--cacheinfo", f"100644,{blob},manifests/site.pp")
        commit = git(
            "commit-tree", git("write-tree"), "-p", "HEAD", "-m", "An empty catalogue, to compare with"
        )
        git("update-ref", "refs/heads/empty", commit)
    lab.deploy()


def _run(lab: Lab, environment: str) -> float:
    """Seconds of one run that changes nothing."""
    began = time.monotonic()
    done = subprocess.run(
        [*lab.agent_command(NODE), "--environment", environment],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    seconds = time.monotonic() - began
    assert done.returncode in (0, 2), done.stdout + done.stderr
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

    Seen by strace from outside of the node. A connection is an Internet one (names are asked of files).
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "trace"
        strace = ["strace", "-f", "-qq", "-e", "trace=connect,execve", "-e", "signal=none", "-o", str(log)]
        done = subprocess.run(
            [*strace, *lab.agent_command(NODE)], stdin=subprocess.DEVNULL, capture_output=True
        )
        assert done.returncode in (0, 2), done.stdout
        return count(log.read_text(errors="replace"), lab.address("puppet"))


def count(trace: str, server: str) -> tuple[int, int]:
    """Programs started, and connections to anything but ``server``, in the output of strace."""
    processes = len(re.findall(r"execve\(.*\) = 0$", trace, re.MULTILINE))
    addresses = re.findall(r'connect\(.*?sin6?_port=htons\(\d+\).*?"([^"]+)"', trace)
    # a connect to port 0 or to itself asks the kernel for a route and sends nothing
    elsewhere = [a for a in addresses if a not in (server, f"::ffff:{server}") and not a.startswith("127.")]
    return processes, len(elsewhere)
