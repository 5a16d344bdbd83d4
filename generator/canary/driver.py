"""The driver of rollouts: one pass looks at each, and makes the move that is due as one pushed commit.

Nothing is remembered between passes: what is not in the remote's branch has not happened. So a driver may be
killed at any point, and two of them do no more than one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from generator import clock
from generator.bump import HIERADATA
from generator.canary import history, moves, rollout_file
from generator.canary.arrival import release_base
from generator.canary.candidates import find
from generator.canary.clone import Clone, Refused, locked, prepare
from generator.canary.judge import Decision, Verb, judge
from generator.canary.members import Code
from generator.canary.observe import Eyes, observe
from generator.canary.prometheus import Prometheus
from generator.canary.rollout import COHORTS, Rollout
from generator.canary.settings import Settings
from generator.canary.smoke import Smoke
from generator.canary.tell import Story, tell
from generator.catalogue import CATALOGUE, Catalogue
from generator.errors import FleetError
from generator.fleet_nodes import invited_nodes
from generator.hiera import Data
from generator.inventory import KnownNode
from generator.puppetdb import PuppetDB
from generator.record.nodes import NodeState, node_states

#: Seconds for all that PuppetDB is asked in a pass.
RECORD_LIMIT = 60.0
#: The clone, and what is told to Prometheus, in the driver's folder.
CLONE, METRICS = "control", "fleet_canary.prom"


@dataclass(frozen=True)
class Pass:
    """What became of a pass: of each rollout, and what failed, a line each."""

    stories: tuple[Story, ...]
    failures: tuple[str, ...]


def run(settings: Settings) -> Pass:
    """Make one pass, and tell Prometheus of it.

    Raises:
        Busy: another driver is at work.
        InputError: the settings of PuppetDB are wrong.
    """
    settings.state.mkdir(parents=True, exist_ok=True)
    with locked(settings.state):
        environment = prepare(
            settings.state, settings.remote, settings.author, settings.ssh_key, settings.known_hosts
        )
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            del os.environ[name]  # what a hook or a person's shell says of another repository
        os.environ.update(environment)
        done = _Driver(settings).go()
        tell(settings.state / METRICS, done.stories, bool(done.failures), clock.now())
        return done


class _Driver:
    """One pass."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.puppetdb = PuppetDB.load(settings.puppetdb)
        self.clone = Clone(settings.state / CLONE, settings.remote, settings.branch, settings.timeout)
        self.root = self.clone.root
        self.failures: list[str] = []

    def go(self) -> Pass:
        try:
            self.clone.refresh()
        except FleetError as error:
            self.failures.append(str(error))
            # what was last known is still told, and nothing is done
            return Pass(tuple(Story(rollout) for rollout in self._rollouts()), tuple(self.failures))
        stories = tuple(self._stories())
        return Pass(stories, tuple(self.failures))

    def _rollouts(self) -> list[Rollout]:
        """Read the rollouts; one whose file is broken is a failure, and stops no other."""
        found = []
        for path in sorted((self.root / COHORTS).glob("*.yaml")):
            try:
                rollout = rollout_file.read(self.root, path.stem)
            except FleetError as error:
                self.failures.append(str(error))
                continue
            found += [rollout] if rollout else []
        return found

    def _stories(self) -> Iterator[Story]:
        rollouts = self._rollouts()
        if not rollouts:
            return
        eyes = Eyes(
            self.puppetdb.within(RECORD_LIMIT),
            Prometheus(self.settings.prometheus),
            self._states(),
            Smoke(self.settings.smoke, self.settings.ca).failed,
        )
        refused = False
        for rollout in rollouts:
            if refused:
                yield Story(rollout)  # the clone is behind the remote: the next pass goes on
                continue
            try:
                yield self._step(eyes, rollout)
            except FleetError as error:
                refused = isinstance(error, Refused)
                self.failures.append(f"{rollout.service}: {error}")
                yield Story(rollout)

    def _states(self) -> Sequence[NodeState] | FleetError:
        try:
            return node_states(self.puppetdb.within(RECORD_LIMIT))
        except FleetError as error:
            return error

    def _step(self, eyes: Eyes, rollout: Rollout) -> Story:
        """Look at a rollout, decide, and make the move.

        Raises:
            FleetError: the move cannot be made, or is not taken.
        """
        limits, now = self.settings.limits, clock.now()
        judged = replace(rollout, members=self._not_overruled(rollout))
        observed = observe(eyes, judged, self._code(rollout), limits, now)
        # freezes go by the clock of this machine
        decision = judge(judged, observed, limits, self.settings.freezes, now.astimezone())
        if decision.verb is Verb.WAIT:
            return Story(rollout, decision)
        try:
            move = self._move(rollout, decision, now)
        except _Away as error:
            return Story(rollout, Decision(Verb.WAIT, "puppetdb", str(error)))
        moves.commit(self.root, move)
        self.clone.push()
        return Story(rollout, decision, after=move.rollout, over=move.rollout is None)

    def _move(self, rollout: Rollout, decision: Decision, now: datetime) -> moves.Move:
        match decision.verb:
            case Verb.HOLD:
                return moves.hold(self.root, rollout, decision.reason, now)
            case Verb.ABORT:
                return moves.abort(self.root, rollout, decision.reason, now)
            case Verb.FINISH:
                return moves.finish(self.root, rollout)
        nodes = self._nodes()
        asked = find(self.root, rollout.service, rollout.revision, rollout.only, nodes)
        if decision.verb is Verb.NEXT:
            return moves.onward(self.root, rollout, asked, now)
        return moves.promote(self.root, rollout, asked, nodes)

    def _nodes(self) -> list[KnownNode]:
        """List the nodes of the fleet, as :func:`generator.fleet_nodes.fleet_nodes` does for a desk."""
        try:
            reported = self.puppetdb.nodes()
        except FleetError as error:
            raise _Away(str(error)) from None
        nodes = {node.certname: node for node in [*invited_nodes(self.root), *reported]}
        return [nodes[name] for name in sorted(nodes)]

    def _code(self, rollout: Rollout) -> Code:
        path = self.root / CATALOGUE / f"{rollout.service}.yaml"
        pin = Catalogue(path, rollout.service).releases.get(rollout.revision, {})
        step = history.last_step(self.root, rollout.file)
        commits = self.clone.descendants(step) if step else frozenset()
        return Code(commits, release_base(rollout.revision, str(pin.get("commit", ""))))

    def _not_overruled(self, rollout: Rollout) -> tuple[str, ...]:
        """Name the members without a line of their own, by which an operator says what they run."""
        data, key = Data(), f"{rollout.service}::revision"
        folder: Path = self.root / HIERADATA / "nodes"
        return tuple(name for name in rollout.members if not data.holds(folder / f"{name}.yaml", key))


class _Away(Exception):
    """PuppetDB does not say which nodes there are."""
