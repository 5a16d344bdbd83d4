"""The nodes of the fleet: what PuppetDB says of them where there is one, or what the repository says."""

from __future__ import annotations

from pathlib import Path

from generator.errors import FleetError
from generator.inventory import FILE, KnownNode, known_nodes
from generator.progress import step

#: Where Puppet's client tools look for their settings: the user's own, or else the machine's.
SETTINGS = ("~/.puppetlabs/client-tools/puppetdb.conf", "/etc/puppetlabs/client-tools/puppetdb.conf")


def settings_file() -> Path | None:
    """Find the settings of Puppet's client tools."""
    places = (Path(place).expanduser() for place in SETTINGS)
    return next((place for place in places if place.is_file()), None)


def fleet_nodes(root: Path, *, offline: bool = False) -> list[KnownNode] | None:
    """List the nodes that PuppetDB knows, and those of inventory.yaml that never reported, by name.

    None where there is no PuppetDB or ``offline`` asks for none: then the repository alone says which there
    are (:func:`generator.inventory.known_nodes`).

    Raises:
        FleetError: PuppetDB does not answer.
        InputError: its settings or the inventory are wrong.
    """
    path = None if offline else settings_file()
    if path is None:
        return None
    from generator.puppetdb import PuppetDB  # it takes a tenth of a second, and few have one

    puppetdb = PuppetDB.load(path)
    with step(f"ask PuppetDB at {puppetdb.address} which nodes there are"):
        try:
            reported = puppetdb.nodes()
        except FleetError as error:
            raise FleetError(f"{error} (--offline does without it)") from None
    nodes = {node.certname: node for node in [*invited_nodes(root), *reported]}
    return [nodes[name] for name in sorted(nodes)]


def invited_nodes(root: Path) -> list[KnownNode]:
    """List the nodes of inventory.yaml, whether they ever reported or not; none where there is no such file.

    Raises:
        InputError: the inventory is wrong.
    """
    return known_nodes(root) if (root / FILE).exists() else []
