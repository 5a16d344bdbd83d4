"""The layer ``releases::cohort``: the members of a rollout get its revision before the other nodes.

The other half is ``modules/releases/lib/puppet/functions/releases/cohort.rb``. A file cohorts/SERVICE.yaml
has one key, ``SERVICE::revision``, whatever else is written in it, and for its members alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generator.yaml_builder import Node
from generator.yaml_source import Document

READER = "releases::cohort"


@dataclass(frozen=True)
class Cohort(Document):
    """What Hiera has of the file of a rollout: ``data`` is the one key, for the ``members``."""

    members: frozenset[str]

    @classmethod
    def of(cls, document: Document) -> Cohort:
        """Take a rollout of what its file says.

        Raises:
            InputError: the function would refuse it.
        """
        said = document.data
        if not isinstance(members := said.get("members"), list):
            raise document.error(("members",), "no rollout: members is a list of certnames (members: [])")
        if not isinstance(revision := said.get("revision"), str) or not revision:
            raise document.error(("revision",), f"no rollout: revision is a text, and not {revision!r}")
        key = key_of(document.path)
        root = Node(document.position(()), {})
        root.children[key] = Node(document.position(("revision",)), revision)
        root.keys[key] = document.position(("revision",), key=True)
        return cls(document.path, {key: revision}, root, frozenset(filter(_is_text, members)))


def key_of(path: Path) -> str:
    """Return the key of which a file has the value.

    >>> key_of(Path("hieradata/cohorts/indextts2.yaml"))
    'indextts2::revision'
    """
    return f"{path.stem}::revision"


def _is_text(member: object) -> bool:
    return isinstance(member, str)
