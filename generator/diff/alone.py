"""Whether nodes compile in one tree: what a deploy asks of new code before it serves.

A node that does not compile with the code that serves now is not the new code's doing: its facts want
something else than its data (a card that is too small, say), and it would hold up every other node.
"""

from __future__ import annotations

import secrets
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.diff.catalogue import Refusal, read_answer
from generator.diff.compiler import compile_each
from generator.diff.trees import lay_out_environment
from generator.inventory import KnownNode


@dataclass(frozen=True)
class Refused:
    """Nodes that do not compile for one reason; ``before`` where they did not before, either."""

    refusal: Refusal
    nodes: tuple[str, ...]
    before: bool

    def __str__(self) -> str:
        """Say the reason as every error of an input is said, and of which nodes."""
        others = len(self.nodes) - 1
        more = f" and {others} other{'s' * (others > 1)}" if others else ""
        return f"{self.refusal} ({self.nodes[0]}{more} {'do' if others else 'does'} not compile)"


def compile_alone(root: Path, nodes: Sequence[KnownNode], base: Path | None = None) -> list[Refused]:
    """Compile ``nodes`` with the code at ``root``, and those that it refuses with that at ``base``, too.

    Neither has to be a git repository. What the new code refuses comes first, then most nodes.

    Raises:
        FleetError: Puppet is not installed.
        CommandFailed: its compiler ended before its time.
    """
    refusals = _refusals(root, nodes)
    failed = [node for node in nodes if node.certname in refusals]
    known = _refusals(base, failed).keys() if base and failed else set()
    groups: dict[tuple[Refusal, bool], list[str]] = defaultdict(list)
    for name, refusal in refusals.items():
        groups[refusal, name in known].append(name)
    found = [Refused(refusal, tuple(sorted(names)), before) for (refusal, before), names in groups.items()]
    return sorted(found, key=lambda each: (each.before, -len(each.nodes), each.nodes))


def _refusals(root: Path, nodes: Sequence[KnownNode]) -> dict[str, Refusal]:
    with tempfile.TemporaryDirectory(prefix="fleet-compile-") as folder:
        tree = Path(folder).resolve() / "tree"
        lay_out_environment(tree, root)
        answers = {
            answer.certname: answer.text for answer in compile_each(tree, nodes, secrets.token_hex(16))
        }
    # a catalogue is large, and here only its being there counts
    refused = {name: read_answer(text) for name, text in answers.items() if text.startswith('{"error"')}
    return {name: found for name, found in refused.items() if isinstance(found, Refusal)}
