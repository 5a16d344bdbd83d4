"""The nodes of the fleet: what PuppetDB says of them where there is one, or what the repository says."""

from __future__ import annotations

from pathlib import Path

from generator.inventory import FILE, KnownNode, known_nodes
from generator.progress import step


def settings_file() -> Path | None:
    """Find the settings of Puppet's client tools: the user's own, or else the machine's."""
    name = Path("client-tools") / "puppetdb.conf"
    places = (Path.home() / ".puppetlabs" / name, Path("/etc/puppetlabs") / name)
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
        reported = puppetdb.nodes()
    invited = known_nodes(root) if (root / FILE).exists() else []
    nodes = {node.certname: node for node in [*invited, *reported]}
    return [nodes[name] for name in sorted(nodes)]
