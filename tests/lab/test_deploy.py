"""A deploy serves all of the new code or nothing of it, and says which."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from generator.errors import CommandFailed
from tests.lab.serving import NODE

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

SERVER = "hieradata/nodes/puppet.lab.test.yaml"
DATA = Path(__file__).parent / SERVER
ENVIRONMENTS = "/etc/puppet/code/environments"
STATE = "/var/lib/code-deploy"


@pytest.fixture(scope="module", autouse=True)
def compiles(fleet: Fleet) -> Iterator[None]:
    """Have new code compiled before it serves, as elsewhere."""
    wanted = yaml.safe_load(DATA.read_text()) | {"profile::code_deploy::compile_nodes": 20}
    fleet.lab.commit({SERVER: yaml.safe_dump(wanted)}, "Compile new code")
    fleet.converge("puppet")
    yield
    fleet.lab.deploy()
    fleet.converge("puppet")


def last_deploy(fleet: Fleet) -> dict[str, Any]:
    """What the record has last."""
    deploy: dict[str, Any] = json.loads(fleet.sh("puppet", f"tail -n 1 {STATE}/deploys.jsonl"))
    return deploy


def deployed(fleet: Fleet, environment: str = "production") -> str:
    """The commit whose code serves, as each report says it."""
    return fleet.sh("puppet", f"{ENVIRONMENTS}/{environment}/scripts/config-version")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("class profile::gpu {\n", "modules/profile/manifests/gpu.pp", marks=pytest.mark.faults),
        (
            "# @summary x\nclass profile::gpu {\n  fail('nobody wants this')\n}\n",
            r"modules/profile/manifests/gpu.pp:3:3: nobody wants this \(tts",
        ),
    ],
    ids=["does not parse", "does not compile"],
)
def test_code_that_is_broken_reaches_no_node_until_it_is_mended(
    fleet: Fleet, text: str, complaint: str
) -> None:
    fleet.lab.deploy()
    serves = deployed(fleet)
    with pytest.raises(CommandFailed, match=complaint):
        fleet.lab.commit({"modules/profile/manifests/gpu.pp": text}, "Break it")
    said = last_deploy(fleet)
    assert (said["environment"], said["ok"], said["previous"]) == ("production", False, serves)
    assert said["commit"] != serves and deployed(fleet) == serves
    assert fleet.holds("puppet", f"""grep -q 'fleet_deploy_ok.*production.* 0$' {STATE}/code_deploy.prom""")
    run = fleet.lab.agent(NODE, noop=True)
    assert run.code == 0 and f"'{serves}'" in run.output, run.output

    mended = fleet.lab.deploy()
    assert last_deploy(fleet)["ok"] and deployed(fleet) == mended
    assert fleet.holds("puppet", f"""grep -q 'fleet_deploy_ok.*production.* 1$' {STATE}/code_deploy.prom""")


def test_an_environment_goes_with_its_branch(fleet: Fleet) -> None:
    fleet.lab.commit({"docs/gone.md": "# Gone\n"}, "Have a branch", branch="gone")
    assert fleet.holds("puppet", f"test -L {ENVIRONMENTS}/gone")
    git = ["git", "-c", "safe.directory=*", "-C", str(fleet.lab.folders.control), "branch", "-D", "gone"]
    subprocess.run(git, check=True, capture_output=True)
    fleet.lab.deploy()
    assert not fleet.holds("puppet", f"test -e {ENVIRONMENTS}/gone || test -e {STATE}/versions/gone")


@pytest.mark.faults
def test_a_folder_of_before_becomes_a_link_and_nodes_notice_nothing(fleet: Fleet) -> None:
    """As a server has it whose r10k once deployed in place."""
    fleet.lab.deploy()
    link = f"{ENVIRONMENTS}/production"
    fleet.sh(
        "puppet", f"set -e; cp -aL {link} {link}.was; rm {link}; mv {link}.was {link}; rm -r {STATE}/versions"
    )
    fleet.lab.commit({"docs/link.md": "# Link\n"}, "Have something new")
    assert fleet.holds("puppet", f"test -L {link} && test -f {link}/docs/link.md")
    run = fleet.lab.agent(NODE, noop=True)
    assert run.code == 0, run.output
    run = fleet.lab.agent("puppet", noop=True)
    assert run.code == 0, run.output
    fleet.lab.deploy()


def test_an_operator_sees_what_a_deploy_does_and_what_the_server_carries(fleet: Fleet) -> None:
    assert "✓ r10k deploy environment production" in fleet.sh("puppet", "fleet deploy --check")
    assert "production: is at " in fleet.sh("puppet", "fleet deploy --environment production")
    carries = json.loads(fleet.sh("puppet", "fleet capacity --json"))
    assert carries["given"]["heap"] == 1024 and carries["agents"] > 100
    assert carries["compile_source"] == "the median of PuppetDB's last reports"
    score = fleet.sh("puppet", "systemd-analyze security --no-pager code-deploy.service | tail -n 1")
    assert float(score.split(":")[1].split()[0]) <= 1.5, score


def test_new_code_reaches_neither_the_key_nor_an_environment(fleet: Fleet) -> None:
    """It is run as code-check, whose unit has none of either."""
    reaches = (
        "import pathlib, sys\n"
        "for place in ('/run/credentials/code-deploy.service/server.key', '/var/lib/puppet/ssl/private_keys'):\n"
        "    try:\n        list(pathlib.Path(place).parent.iterdir())\n        sys.exit(f'{place} is open')\n"
        "    except OSError:\n        pass\n"
        f"for place in ('{ENVIRONMENTS}', '{STATE}/versions/production', '{STATE}/staging/production'):\n"
        "    try:\n        (pathlib.Path(place) / 'mine').touch()\n        sys.exit(f'{place} is open')\n"
        "    except OSError:\n        pass\n"
        "sys.exit('all is closed')\n"
    )
    with pytest.raises(CommandFailed, match="all is closed"):
        fleet.lab.commit({"generator/cli.py": reaches}, "Reach out")
    fleet.lab.deploy()
