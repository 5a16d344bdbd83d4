"""A machine that was not in the lab becomes a node by what `fleet join` prints, and leaves again."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.lab.conftest import Fleet
from tests.lab.test_server import PUPPETDB, ask

NODE = "tts3"
CERTNAME = f"{NODE}.lab.test"
DATA = f"hieradata/nodes/{CERTNAME}.yaml"
#: It runs by itself, as a node outside the lab does, and serves nothing: that others do is seen elsewhere.
OWN = "profile::puppet_agent::service: running\nindextts2::ensure: absent\n"


@pytest.fixture
def bare(fleet: Fleet) -> Iterator[None]:
    """A bare machine that the server never heard of, whatever tests before have called by that name."""
    fleet.lab.exec("puppet", ["fleet", "leave", CERTNAME, "--yes"], check=False)
    fleet.lab.commit({DATA: OWN}, f"Say what holds for {NODE}")
    fleet.lab.boot(NODE)
    yield
    fleet.lab.remove(NODE)
    fleet.lab.commit({DATA: None}, f"Forget {NODE}")


def invitation(fleet: Fleet) -> str:
    """What the server's operator hands to whoever is at the machine."""
    return fleet.sh("puppet", f"fleet join {CERTNAME} --role tts_node --env staging")


def active(fleet: Fleet) -> set[str]:
    """The nodes that PuppetDB names to gateway, monitoring and whoever else asks."""
    return {
        node["certname"]
        for node in json.loads(ask(fleet.lab, "puppet", "GET", f"{PUPPETDB}/pdb/query/v4/nodes")[1])
    }


@pytest.mark.usefixtures("bare")
def test_a_bare_machine_joins_and_leaves_and_joins_again(fleet: Fleet) -> None:
    printed = invitation(fleet)
    fleet.sh(NODE, printed)
    assert fleet.sh(NODE, "systemctl is-active puppet-agent.timer") == "active"
    assert not fleet.holds(NODE, "systemctl is-active --quiet puppet.service")
    assert not fleet.holds(NODE, "test -e /etc/puppet/csr_attributes.yaml")
    assert CERTNAME in active(fleet)
    assert (
        "already"
        in fleet.lab.exec(
            "puppet", ["fleet", "join", CERTNAME, "--role", "tts_node", "--env", "staging"], check=False
        ).stderr
    )

    looked = fleet.sh("puppet", f"fleet leave {CERTNAME}")
    assert f"git rm {DATA}" in looked and "nothing is done yet" in looked
    assert CERTNAME in active(fleet)

    fleet.sh("puppet", f"fleet leave {CERTNAME} --yes")
    run = fleet.lab.agent(NODE)
    assert run.code == 1 and "certificate" in run.output, run.output
    assert CERTNAME not in active(fleet)
    assert "has left already" in fleet.sh("puppet", f"fleet leave {CERTNAME} --yes")

    fleet.sh(NODE, "rm -r /var/lib/puppet/ssl")
    assert not fleet.holds(NODE, printed), "an invitation is good once"
    fleet.lab.exec(
        "puppet", ["fleet", "leave", CERTNAME, "--yes"], check=False
    )  # the request that was refused
    fleet.sh(NODE, "rm -rf /var/lib/puppet/ssl")
    fleet.sh(NODE, invitation(fleet))
    assert CERTNAME in active(fleet)
