"""A bump under load, the agent's whole run of it, in each mode of handover and in the article's way.

A request is a job: upload, join, stream and audio, and the audio must be the one for its own text. The clients
pause between their jobs, so that the node has time to spare: a queue that only grows would hide what a switch adds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from generator.lab import AgentRun, Lab
from generator.progress import say
from tests.bench import article
from tests.lab.conftest import Fleet
from tests.lab.serving import NODE, SWITCHING
from tests.load import Load, Result, browser, official
from tests.load.result import spread
from tests.load.wav import silence

OLD, NEW = "v23", "v24-beta"
CLIENTS, PAUSE = 20, 3.0
#: Of clients that pause alike, those that once queued one behind the other would do so ever after.
JITTER = 0.5
#: Begin and end on a load's clock, in seconds.
Window = tuple[float, float]
#: Clients of Gradio's own library, beside ours.
OFFICIAL = 4
#: Jobs that arrive all at once as the switch begins, in hold mode.
BURST = 100
#: In overlap few jobs fall into one switch: the node goes there, back and there again.
ROUNDS = {"hold": (NEW,), "overlap": (NEW, OLD, NEW)}
#: How many jobs are served until each client has its page, and then before the bump; how many are sent at least.
WARM_UP, BEFORE, LEAST = 60, 300, 1000
#: How long the load may take to be served as much, in seconds.
PATIENCE = 900


def measure() -> dict[str, float]:
    """Requests, failures, longest wait and longest time without service, by the way of the bump."""
    fleet = Fleet(Lab())
    fleet.lab.up(nodes=2)
    try:
        found = bump(fleet, "hold", BURST) | bump(fleet, "overlap", 0)
        return found | by_the_article(fleet)
    finally:
        fleet.serve(OLD)
        fleet.lab.agent(NODE)


def bump(fleet: Fleet, mode: str, burst: int) -> dict[str, float]:
    """Bump the node from v23 to v24-beta in ``mode``, which includes the install, under load; see ROUNDS.

    ``burst`` more jobs arrive as each switch begins.
    """
    fleet.serve(OLD, handover=mode)
    run = fleet.lab.agent(NODE)
    assert run.code in (0, 2) and fleet.release(NODE) == OLD, run.output
    fleet.sh(NODE, f"rm -rf /opt/indextts2/releases/{NEW}-*")
    url = f"http://{fleet.lab.address(NODE)}:7860"
    with (
        Load(official(url, silence()), PAUSE, jitter=JITTER) as theirs,
        Load(browser(url, silence()), PAUSE, jitter=JITTER) as ours,
        ThreadPoolExecutor(1) as pool,
    ):
        ours.start(CLIENTS)
        theirs.start(OFFICIAL)
        until(ours, lambda: ours.served >= WARM_UP)
        warm = ours.now
        until(ours, lambda: ours.served >= WARM_UP + BEFORE)
        calm = (warm, ours.now)
        switches = []
        for revision in ROUNDS[mode]:
            fleet.serve(revision, handover=mode)
            agent = pool.submit(fleet.lab.agent, NODE)
            began = _switch_begins(fleet, ours, agent)
            ours.burst(burst)
            run = agent.result()
            switches.append((began, ours.now))
            assert run.code == 2 and fleet.release(NODE) == revision, run.output
        until(ours, lambda: ours.ended >= LEAST)
        mine, other = ours.stop(), theirs.stop()
    name = f"switch.{mode}"
    return {
        **numbers(name, mine),
        f"{name}.p99_added_ms": added_ms(mine, calm, switches),
        f"{name}.official_requests": other.sent,
        f"{name}.official_failed": other.failed,
    }


def by_the_article(fleet: Fleet) -> dict[str, float]:
    """Bump as the article does: in place, by pip, and with a restart."""
    url = f"http://{fleet.lab.address(NODE)}:7860"
    with article.node(fleet, NODE, OLD), Load(browser(url, silence()), PAUSE, jitter=JITTER) as load:
        load.start(CLIENTS)
        until(load, lambda: load.served >= BEFORE)
        article.bump(fleet, NODE, NEW)
        until(load, lambda: load.ended >= LEAST)
        result = load.stop()
    return numbers("switch.article", result) | {"switch.article.outage_s": result.longest_gap()}


def numbers(name: str, result: Result) -> dict[str, float]:
    """Sum up a load, by names that begin with ``name``; its failures are told as progress."""
    for failure in result.failures():
        say(f"  {name}: {failure['count']} failed in {failure['phase']}: {failure['reason']}")
    return {
        f"{name}.requests": result.sent,
        f"{name}.failed": result.failed,
        f"{name}.longest_s": result.latency().get("max", 0.0),
        f"{name}.gap_s": result.longest_gap(),
    }


def added_ms(result: Result, calm: Window, switches: Sequence[Window]) -> float:
    """What switches added to the 99th percentile of the jobs that were all within a calm time, in ms.

    Of the jobs that were under way in one of them; where none was served in one, it took at least as long.
    """
    before = [job.latency for job in result.served if job.began >= calm[0] and job.ended <= calm[1]]
    assert before, "no job was served before the bump"
    during = [latency for begin, end in switches for latency in result.latencies(begin, end) or [end - begin]]
    return 1000 * (spread(during)["p99"] - spread(before)["p99"])


def until(load: Load, enough: Callable[[], bool]) -> None:
    """Let ``load`` go on until it is ``enough``."""
    deadline = time.monotonic() + PATIENCE
    while not enough():
        assert time.monotonic() < deadline, f"{load.served} of {load.ended} jobs served in {PATIENCE} s"
        time.sleep(0.1)


def _switch_begins(fleet: Fleet, load: Load, agent: Future[AgentRun]) -> float:
    """Wait until the node's switch begins, or the run is over without one; when that was, on the load's clock."""
    while not agent.done() and not fleet.holds(NODE, SWITCHING):
        time.sleep(0.3)
    return load.now
