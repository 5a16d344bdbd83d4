"""The lab's network: one bridge, one table of nftables, addresses by a rule."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generator.errors import CommandFailed, FleetError

BRIDGE = "lab0"
TABLE = "fleet_lab"
NETWORK = "10.77.0.0/24"
HOST = "10.77.0.1"
#: A bridge without an address of its own takes the lowest of its ports: whenever a node came or went, others
#: would go on sending to the one before.
_MAC = "02:00:0a:4d:00:01"
DOMAIN = "lab.test"
SERVER = "puppet"
#: A server that only compiles; `up` makes none.
COMPILE_SERVER = "compile"
#: Addresses end at .254, and the first TTS node has .11.
MOST_NODES = 243

#: Names in the table: who may not leave the bridge, and how many packets of theirs tried to.
_SHUT_IN, _TURNED_BACK = "shut_in", "turned_back"
_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


def node_names(count: int) -> list[str]:
    """Name ``count`` TTS nodes.

    >>> node_names(2)
    ['tts1', 'tts2']
    """
    if not 0 <= count <= MOST_NODES:
        raise FleetError(f"{count} nodes: the lab's network has room for 0 to {MOST_NODES}")
    return [f"tts{number}" for number in range(1, count + 1)]


def address(node: str) -> str:
    """Give the address of ``node``.

    >>> address('puppet'), address('compile'), address('tts2')
    ('10.77.0.10', '10.77.0.9', '10.77.0.12')
    """
    if node in (SERVER, COMPILE_SERVER):
        return "10.77.0.10" if node == SERVER else "10.77.0.9"
    number = re.fullmatch(r"tts([1-9][0-9]{0,2})", node)
    if number and int(number[1]) <= MOST_NODES:
        return f"10.77.0.{10 + int(number[1])}"
    raise FleetError(f"the lab has no node {node!r} (puppet, tts1, tts2, …)")


def certname(node: str) -> str:
    """Give the full name of ``node``."""
    return f"{node}.{DOMAIN}"


def hosts(node: str) -> dict[str, str]:
    """Give the address of each name that ``node`` knows: of the servers, of eight nodes, and its own.

    >>> hosts('tts9')['tts9.lab.test tts9']
    '10.77.0.19'
    """
    known = dict.fromkeys([SERVER, COMPILE_SERVER, *node_names(8), node])
    return {f"{certname(name)} {name}": address(name) for name in known}


def up(state: Path) -> None:
    """Make what is missing of the network; remember whether this machine forwarded packets before."""
    before = state / "ip_forward"
    if not before.exists():
        before.write_text(_FORWARD.read_text())
    _FORWARD.write_text("1\n")
    if not _bridge_exists():
        _run("ip", "link", "add", BRIDGE, "type", "bridge")
    _run("ip", "link", "set", BRIDGE, "address", _MAC)
    _run("ip", "address", "replace", f"{HOST}/24", "dev", BRIDGE)
    _run("ip", "link", "set", BRIDGE, "up")
    # `add` before `delete` makes the delete succeed whether the table is there or not.
    rules = f"""
        add table ip {TABLE}
        delete table ip {TABLE}
        table ip {TABLE} {{
          set {_SHUT_IN} {{
            type ipv4_addr
          }}
          counter {_TURNED_BACK} {{
          }}
          chain pass {{
            type filter hook forward priority filter
            ip saddr @{_SHUT_IN} oifname != "{BRIDGE}" counter name {_TURNED_BACK} reject
          }}
          chain leave {{
            type nat hook postrouting priority srcnat
            ip saddr {NETWORK} oifname != "{BRIDGE}" masquerade
          }}
        }}"""
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)


@contextmanager
def shut_in(node: str) -> Iterator[None]:
    """Have the network of ``node`` end at the bridge."""
    element = ("element", "ip", TABLE, _SHUT_IN, f"{{ {address(node)} }}")
    _run("nft", "add", *element)
    try:
        yield
    finally:
        _run("nft", "delete", *element)


def turned_back() -> int:
    """Count the packets that nodes which are shut in have sent to other networks."""
    command = ["nft", "--json", "list", "counter", "ip", TABLE, _TURNED_BACK]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return int(listed["nftables"][-1]["counter"]["packets"])


def down(state: Path) -> None:
    """Take the network away, and forwarding with it if it was off before."""
    if _table_exists():
        _run("nft", "delete", "table", "ip", TABLE)
    if _bridge_exists():
        _run("ip", "link", "delete", BRIDGE)
    before = state / "ip_forward"
    if before.exists():
        _FORWARD.write_text(before.read_text())


def leftovers() -> list[str]:
    """Name what is still there of the network."""
    return [f"bridge {BRIDGE}"] * _bridge_exists() + [f"nftables table {TABLE}"] * _table_exists()


def _bridge_exists() -> bool:
    return Path("/sys/class/net", BRIDGE).exists()


def _table_exists() -> bool:
    return subprocess.run(["nft", "list", "table", "ip", TABLE], capture_output=True).returncode == 0


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CommandFailed(f"{' '.join(command)}: {done.stderr.strip()}")
