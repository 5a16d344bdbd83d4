"""The nodes that are known at a desk: which role and data each has, and facts to look at them by.

The truth is in each node's certificate, and in PuppetDB. ``inventory.yaml`` at the root of the repository
says it again for whoever has neither:

    nodes:
      tts-01.example.org: {role: tts_node, env: prod, facts: debian-12}

Where there is no such file, one node stands for each role in each environment.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.errors import FleetError, InputError
from generator.names import alike
from generator.tokens import CERTNAME, NAME
from generator.yaml_source import Document, load

FILE = "inventory.yaml"
FACTS = Path("tests") / "facts"
#: The system of a node that does not say which facts are its: DESIGN's reference system.
DEFAULT_FACTS = "debian-12"
_KEYS = {"role", "env", "facts"}
_EXAMPLE = "nodes: {tts-01.example.org: {role: tts_node, env: prod}}"
_EMPTY = "nodes: {} where there is none yet"


@dataclass(frozen=True)
class KnownNode:
    """A node as the compiler sees it: ``trusted`` and ``facts`` are what Puppet knows by these names."""

    certname: str
    trusted: dict[str, Any]
    facts: dict[str, Any]

    @property
    def role(self) -> str:
        """The role in its certificate; empty where that names none."""
        return str(self.trusted.get("extensions", {}).get("pp_role", ""))

    @property
    def environment(self) -> str:
        """Whose data it gets: hieradata/env/ENVIRONMENT.yaml."""
        return str(self.trusted.get("extensions", {}).get("pp_environment", ""))

    @property
    def system(self) -> str:
        """Its operating system and release: ``Debian 12``."""
        system = self.facts.get("os")
        system = system if isinstance(system, dict) else {}
        release = system.get("release")
        return f"{system.get('name')} {release.get('major') if isinstance(release, dict) else release}"


def known_nodes(root: Path) -> list[KnownNode]:
    """List the nodes of the repository at ``root``, by name.

    Raises:
        InputError: inventory.yaml is wrong, or names facts that are not there.
    """
    if not (root / FILE).exists():
        return list(_representatives(root))
    document = load(root / FILE)
    for key in document.data.keys() - {"nodes"}:
        raise document.error((key,), f"{key} means nothing here (there is one key: nodes)", key=True)
    if "nodes" not in document.data:
        raise document.error((), f"nodes is missing ({_EXAMPLE}; {_EMPTY})")
    nodes = document.data["nodes"]
    if not isinstance(nodes, dict):
        raise document.error(("nodes",), f"nodes is a mapping ({_EXAMPLE}; {_EMPTY})")
    return [_node(root, document, name, entry) for name, entry in sorted(nodes.items())]


def choose(nodes: Sequence[KnownNode], names: Iterable[str]) -> list[KnownNode]:
    """Return those of the ``nodes`` that have one of the ``names``, in the order of ``nodes``.

    Raises:
        FleetError: a name is no node's; with the names that look alike.
    """
    known, wanted = {node.certname: node for node in nodes}, set(names)
    for name in sorted(wanted - known.keys()):
        raise FleetError(f"{name}: no node of this name is known ({alike(name, known)})")
    return [node for name, node in known.items() if name in wanted]


def _node(root: Path, document: Document, name: str, entry: Any) -> KnownNode:
    at = ("nodes", name)
    if not CERTNAME.fullmatch(name):
        raise document.error(at, f"{name} is no name that a certificate could have", key=True)
    if not isinstance(entry, dict) or not {"role", "env"} <= entry.keys() <= _KEYS:
        raise document.error(at, "a node has role, env and, if wanted, facts: {role: tts_node, env: prod}")
    if not all(isinstance(value, str) and value for value in entry.values()):
        raise document.error(at, "role, env and facts are texts")
    for word in ("role", "env"):
        if not NAME.fullmatch(entry[word]):
            raise document.error((*at, word), f"{word} is a plain name (lower-case letters, digits, _)")
    facts = entry.get("facts", DEFAULT_FACTS)
    if not re.fullmatch(r"\w[\w.-]*", facts):
        raise document.error((*at, "facts"), f"facts names a file of {FACTS}, without folder and ending")
    try:
        return make_node(root, name, entry["role"], entry["env"], facts)
    except FileNotFoundError as error:
        known = ", ".join(sorted(path.stem for path in (root / FACTS).glob("*.json")))
        missing = Path(error.filename).relative_to(root)
        raise document.error((*at, "facts"), f"{missing} is missing (there are {known})") from None


def make_node(root: Path, certname: str, role: str, environment: str, facts: str) -> KnownNode:
    """Make a node of its name, what its certificate says, and the name of its fact set.

    Raises:
        FileNotFoundError: there is no such fact set.
    """
    hostname, _, domain = certname.partition(".")
    trusted = {
        "authenticated": "remote",
        "certname": certname,
        "domain": domain,
        "external": {},
        "extensions": {"pp_role": role, "pp_environment": environment},
        "hostname": hostname,
    }
    captured = read_facts(root / FACTS / f"{facts}.json")
    names = {"hostname": hostname, "domain": domain, "fqdn": certname}
    return KnownNode(certname, trusted, captured | {"networking": captured.get("networking", {}) | names})


@functools.cache
def read_facts(path: Path) -> dict[str, Any]:
    """Read a fact set, as tests/facts/make.py makes them; to be read, not changed.

    Raises:
        FileNotFoundError: there is none.
        InputError: it is no mapping of facts.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(
            path, 1, 1, f"this is no JSON ({error}; make facts by tests/facts/make.py)"
        ) from None
    if not isinstance(facts, dict) or not isinstance(facts.get("networking", {}), dict):
        raise InputError(path, 1, 1, "facts are a mapping, and networking in it is one")
    return facts


def _representatives(root: Path) -> Iterator[KnownNode]:
    """Yield a node for each role in each environment of hieradata/."""
    environments = sorted(path.stem for path in (root / "hieradata" / "env").glob("*.yaml")) or ["prod"]
    for role in sorted(path.stem for path in (root / "modules" / "role" / "manifests").glob("*.pp")):
        for environment in environments:
            facts = "debian-13" if role.endswith("_server") or role == "monitoring" else DEFAULT_FACTS
            certname = f"any-{role}-{environment}.example".replace("_", "-")
            try:
                yield make_node(root, certname, role, environment, facts)
            except FileNotFoundError as error:
                missing = f"this fact set is missing, which any {role} has (tests/facts/make.py makes it)"
                raise InputError(error.filename, 1, 1, missing) from None
