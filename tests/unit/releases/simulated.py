"""A node in memory: the real algorithm's effects, with a step before and after each at which it can be killed."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from releases import state as states
from releases.description import SLOTS, Description, release_of
from releases.disk import STAMP, Disk, Release
from releases.front import Front, FrontError
from releases.node import Clock, Node
from releases.state import Stamps, State
from releases.store import Store
from releases.units import Units
from releases.weights import Weights

_T = TypeVar("_T")

OLD, NEW = "v23-1111111.0000000a", "v24-2222222.0000000b"

DESCRIPTION = Description(
    service="tts",
    webui="tts-webui",
    front="tts-front.service",
    front_dir="/run/tts-front",
    front_ports=("0.0.0.0:7860",),
    releases_dir="/opt/tts/releases",
    deployments_dir="/etc/tts/deployments",
    wanted_release=release_of(NEW),
    handover="hold",
    drain_timeout=30,
    ready_timeout=60,
    retry_after=86400,
    keep_releases=2,
    cards={"0": {"blue": 7861, "green": 7862}},
    backends=("streams", "joins", "pages"),
    entrance="joins",
    idle_backends=("heartbeats",),
)


class Killed(BaseException):
    """The program was killed: nothing of it runs on, not even what catches errors."""


class World:
    """All that outlives the program, what it must not do, and the moment at which it is killed."""

    def __init__(self, handover: str = "hold", cards: Sequence[str] = ("0",)) -> None:
        """Make a node on which nothing serves yet, and both releases are complete."""
        slots = {card: {"blue": 7861 + 10 * int(card), "green": 7862 + 10 * int(card)} for card in cards}
        self.description = DESCRIPTION._replace(handover=handover, cards=slots)
        self.time = 1_000_000.0
        self.uptime = 0.0
        self.disk_state: str | None = None
        self.deployments = {id_: f"# deployment {id_}\n[Service]\n" for id_ in (OLD, NEW)}
        self.complete: dict[str, Stamps] = {id_: {STAMP: f"digest of {id_}"} for id_ in (OLD, NEW)}
        self.unit_files: dict[str, str] = {}
        #: unit to the deployment that it was started with
        self.running: dict[str, str] = {}
        self.starting: str | None = None
        #: units that failed, and that systemd starts again and again
        self.flapping: set[str] = set()
        #: deployments that do not start, and why
        self.broken: dict[str, str] = {}
        self.weights: dict[str, int] | None = self.fresh_weights()
        #: whether the front lets no new job in
        self.closed = False
        #: jobs of a slot's process, and how many seconds one needs; a process that stops cuts them
        self.jobs: dict[str, float] = {}
        self.cut: list[str] = []
        self.said: list[str] = []
        #: after so many steps the program is killed
        self.fuse: int | None = None
        self.steps = 0
        self.trace: list[str] = []
        self.watch: Callable[[World], None] = lambda world: None
        self.meanwhile: Callable[[World], None] = lambda world: None
        #: what the front says of releases and jobs, and what it would say from its start on
        self.posted: dict[str, str] = {}
        self.noted: dict[str, str] = {}
        self.going_down = False
        #: whether releases@tts.service does something just now, for a caller that was killed
        self.under_way = False
        #: after so many more the disk is full
        self.saves_left = -1
        #: how long each start may take, and may wait before
        self.limits: list[tuple[float | None, float]] = []
        #: what is wrong with the web UI on a port, though it is ready
        self.smoke: Callable[[int], str | None] = lambda port: None
        #: how many jobs the web UI on a port has that the front does not see
        self.queued: Callable[[int], int] = lambda port: 0
        self.gate: str | None = None
        #: cards that are lost: no web UI starts there
        self.lost: set[str] = set()
        #: cards that somebody has looked at since somebody asked
        self.looked: set[str] = set()
        #: port to the strange process that listens on it
        self.holders: dict[int, str] = {}

    def fresh_weights(self) -> dict[str, int]:
        """Return the weights of a front that has just started."""
        servers = [f"{card}-{slot}" for card in self.description.cards for slot in SLOTS]
        return {server: 100 * (server == servers[0]) for server in servers}

    def effect(self, name: str, work: Callable[[], _T]) -> _T:
        """Do something that others can see, between two moments at which the program may be killed."""
        self._step()
        done = work()
        self.trace.append(name)
        self.watch(self)
        self._step()
        return done

    def _step(self) -> None:
        self.steps += 1
        if self.fuse is not None and self.steps > self.fuse:
            self.fuse = None
            raise Killed

    def power_cut(self) -> None:
        """Lose all processes, and the weights of the front with them."""
        self.running.clear()
        self.jobs.clear()
        self.flapping.clear()
        self.starting = None
        self.weights = self.fresh_weights()
        self.posted = dict(self.noted)
        self.closed = False

    def node(self) -> Node:
        """Return the node as a program that starts now sees it."""
        return Node(
            description=self.description,
            store=SimulatedStore(self),
            units=SimulatedUnits(self),
            front=SimulatedFront(self),
            disk=SimulatedDisk(self),
            weights=Weights(None, "tts"),
            clock=SimulatedClock(self),
            say=self.said.append,
            smoke=lambda port: self.smoke(port),
            queued=lambda port: self.queued(port),
            gate=lambda card: self.gate or ("no GPU" if card in self.lost else None),
            look=self.looked.add,
            lost=self.found_lost,
            holder=lambda place, unit: self.holders.get(int(place.rpartition(":")[2])),
            anew=self.node,
        )

    def found_lost(self) -> dict[str, str]:
        """Say what was found of the cards that somebody has looked at."""
        found = sorted(self.looked & self.lost)
        self.looked.clear()
        return dict.fromkeys(found, "GPU-7 is lost")

    def state(self) -> State:
        """Return the state on the disk."""
        state = states.parse(self.disk_state or "")
        assert state is not None
        return state

    def unit(self, slot: str, card: str = "0") -> str:
        """Name a slot's unit."""
        return self.description.unit(card, slot)


class SimulatedClock(Clock):
    """Time that passes only while somebody waits."""

    def __init__(self, world: World) -> None:
        self.now = lambda: world.time
        self.elapsed = lambda: world.uptime
        self.sleep = lambda seconds: pass_time(world, float(seconds))


def pass_time(world: World, seconds: float) -> None:
    """Let the jobs go on."""
    world.time += seconds
    world.uptime += seconds
    world.jobs = {server: left - seconds for server, left in world.jobs.items() if left > seconds}
    world.meanwhile(world)


class SimulatedStore(Store):
    """A state file that is written whole or not at all, as files.write does."""

    def __init__(self, world: World) -> None:
        self._world = world

    path = "/var/lib/releases/tts.json"

    def locked(self) -> AbstractContextManager[None]:
        return nullcontext()

    def _text(self) -> str | None:
        return self._world.disk_state

    def _put_aside(self) -> None:
        self._world.disk_state = None

    def _write(self, text: str) -> None:
        def work() -> None:
            if self._world.saves_left == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            self._world.saves_left -= 1
            self._world.disk_state = text

        self._world.effect("save", work)


class SimulatedUnits(Units):
    """Units that start when their deployment is not broken."""

    def __init__(self, world: World) -> None:
        self._world = world

    def states(self, units: Sequence[str]) -> dict[str, str]:
        world = self._world
        likely = {unit: "activating" for unit in {*world.flapping, world.starting}}
        runs = {*world.running, *([] if world.weights is None else [world.description.front])}
        return {unit: "active" if unit in runs else likely.get(unit, "inactive") for unit in units}

    def start(self, unit: str, limit: float | None, wait: float = 0) -> str | None:
        world = self._world
        world.limits.append((limit, wait))

        def begin() -> None:
            world.starting = unit
            world.flapping.discard(unit)

        def end() -> str | None:
            world.starting = None
            deployment = world.unit_files[unit].split()[2]
            if deployment in world.broken:
                world.flapping.add(unit)
            else:
                world.running.setdefault(unit, deployment)
            return world.broken.get(deployment)

        world.effect(f"start {unit}", begin)
        return world.effect(f"started {unit}", end)

    def stop(self, unit: str) -> None:
        world = self._world

        def work() -> None:
            if world.running.pop(unit, None):
                server = unit.partition("@")[2].removesuffix(".service")
                world.cut += [server] if world.jobs.pop(server, 0) > 0 else []
            world.flapping.discard(unit)
            world.starting = None if world.starting == unit else world.starting

        world.effect(f"stop {unit}", work)

    def kill(self, unit: str) -> None:
        def work() -> None:
            del self._world.running[unit]
            self._world.flapping.add(unit)

        self._world.effect(f"kill {unit}", work)

    def installed(self, unit: str) -> str | None:
        return self._world.unit_files.get(unit)

    def install(self, unit: str, text: str) -> None:
        self._world.effect(f"install {unit}", lambda: self._world.unit_files.update({unit: text}))

    def uninstall(self, unit: str) -> None:
        self._world.effect(f"uninstall {unit}", lambda: self._world.unit_files.pop(unit))

    def log(self, unit: str, since: float = 0.0) -> list[str]:
        return ["line 1", "Traceback: it broke"]

    def going_down(self) -> bool:
        return self._world.going_down


class SimulatedFront(Front):
    """A front, or None for one that is down."""

    def __init__(self, world: World) -> None:
        self._world = world

    def steer(self, weights: Mapping[str, int], closed: bool = False) -> None:
        self._world.closed = closed
        for server, weight in sorted(weights.items(), key=lambda item: -item[1]):
            self._world.effect(f"weight {server} {weight}", lambda s=server, w=weight: self._set(s, w))  # type: ignore[misc]

    def _set(self, server: str, weight: int) -> None:
        if self._world.weights is None:
            raise FrontError("no such socket")
        self._world.weights[server] = weight

    def weighs(self, weights: Mapping[str, int], closed: bool = False) -> bool:
        return (self._world.weights, self._world.closed) == (weights, closed)

    def posted(self) -> dict[str, str] | None:
        return self._world.posted

    def post(self, notice: Mapping[str, str]) -> None:
        if self._world.weights is None:
            raise FrontError("no such socket")
        if notice != self._world.posted:
            self._world.effect("post", lambda: setattr(self._world, "posted", dict(notice)))

    def note(self, notice: Mapping[str, str]) -> None:
        if notice != self._world.noted:
            self._world.effect("note", lambda: setattr(self._world, "noted", dict(notice)))

    def stats(self) -> list[dict[str, str]]:
        raise FrontError("nothing is counted here")

    def age(self) -> int:
        return 1000

    def reload(self, master: int) -> None:
        """Fail, as one whose configuration is wrong: the process of before goes on."""

    def jobs(self, server: str) -> int:
        if self._world.weights is None:
            raise FrontError("no such socket")
        return int(server in self._world.jobs)


class SimulatedDisk(Disk):
    """Releases and deployments."""

    def __init__(self, world: World) -> None:
        self._world = world

    def stamps(self, identifier: str) -> Stamps:
        return self._world.complete.get(identifier)

    def deployment(self, identifier: str) -> str | None:
        return self._world.deployments.get(identifier)

    def deployments(self) -> list[str]:
        return sorted(self._world.deployments)

    def releases(self) -> list[Release]:
        return [Release(release_of(name), True, at) for at, name in enumerate(self._world.complete)]


def servers_that_weigh(world: World) -> Iterator[tuple[str, str]]:
    """Iterate over the card and slot of each server that new requests go to."""
    for server, weight in (world.weights or {}).items():
        if weight:
            card, _, slot = server.partition("-")
            yield card, slot
