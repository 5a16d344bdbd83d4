"""A further server that only compiles: joined by an invitation, and an agent that asks it instead of the first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from generator.lab import network
from generator.lab.agent import agent_command
from generator.lab.server import PACKAGES
from tests.lab.serving import NODE

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

pytestmark = pytest.mark.faults

COMPILE = network.COMPILE_SERVER
NAME, FIRST = network.certname(COMPILE), network.certname(network.SERVER)
KEYS = "/etc/puppet/eyaml"


@pytest.fixture
def server(fleet: Fleet) -> Iterator[str]:
    """A server of the role, with what docs/COMPILE_SERVERS.md says that an operator gives it."""
    data = Path(__file__).parent / "hieradata" / "nodes" / f"{FIRST}.yaml"
    first = yaml.safe_load(data.read_text())
    clients = "profile::puppetdb::clients"
    own = {
        key: value
        for key, value in first.items()
        if not key.startswith(("profile::puppetdb", "profile::puppet_ca"))
    }
    own |= {"profile::puppet_ca::ca_server": FIRST, "profile::puppet_server::puppetdb_server": FIRST}
    fleet.lab.commit(
        {
            f"hieradata/nodes/{NAME}.yaml": yaml.safe_dump(own),
            f"hieradata/nodes/{FIRST}.yaml": yaml.safe_dump(first | {clients: [*first[clients], NAME]}),
        },
        "Have a compile server",
    )
    assert fleet.lab.agent("puppet").code == 2
    fleet.lab.boot(COMPILE)
    fleet.sh(COMPILE, f"apt-get -qq update && apt-get -qq install --yes {' '.join(PACKAGES)}")
    copy = f"tar c -C {KEYS} . | base64 -w0"
    keys = fleet.sh("puppet", copy)
    fleet.sh(COMPILE, f"install -d {KEYS} && echo {keys} | base64 -d | tar x -C {KEYS}")
    fleet.lab.converge(COMPILE, "compile_server")
    yield COMPILE
    fleet.lab.remove(COMPILE)
    fleet.lab.deploy()
    fleet.lab.agent("puppet")


def test_an_agent_gets_its_catalogue_from_it_and_its_report_is_in_the_record(
    fleet: Fleet, server: str
) -> None:
    fleet.sh(server, "systemctl start code-deploy")  # fleet comes with the code
    ask = agent_command(noop=True)
    run = fleet.lab.exec(NODE, [*ask, f"--server={NAME}", f"--ca_server={FIRST}"], check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    log = fleet.sh(server, "cat /var/log/puppetserver/puppetserver-access.log")
    assert f"/puppet/v3/catalog/{NODE}.lab.test" in log
    # it has no authority, and signs nobody
    status = "curl --silent --insecure -o /dev/null -w '%{http_code}' https://127.0.0.1:8140"
    assert fleet.sh(server, f"{status}/puppet-ca/v1/certificate_request/x") == "404"
    assert not fleet.holds(server, "test -e /etc/puppet/puppetserver/ca/ca_key.pem")
    # root there asks the record with the server's own certificate
    assert "JRuby" in fleet.sh(server, "fleet capacity")
    fleet.converge(server, changes=False)
