"""Pictures beside speech on one node, with stand-ins of both: drawn through the front, and none lost in a switch."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.lab import drawing
from tests.lab.asking import Asking
from tests.lab.serving import NODE, REVISION

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

pytestmark = pytest.mark.faults
ROLE = "modules/role/manifests/tts_node.pp"


@pytest.fixture
def pictures(fleet: Fleet, old: str) -> Iterator[dict[str, object]]:
    """The data of a node that draws, too; afterwards the service is gone."""
    clone = fleet.lab.folders.control
    data = drawing.data(fleet)
    role = (clone / ROLE).read_text()
    included = f"if $trusted['certname'] == '{NODE}.lab.test' {{ include stable_diffusion }}"
    told, first = f"hieradata/nodes/{NODE}.lab.test.yaml", {REVISION: old}
    files = {
        ROLE: role.replace("include profile::tts", f"include profile::tts\n  {included}"),
        told: yaml.safe_dump(first | data),
    }
    fleet.lab.commit(files, "Draw on a node that speaks")
    yield data
    fleet.on_node(NODE, data | {"stable_diffusion::ensure": "absent"})
    fleet.lab.agent(NODE)
    fleet.lab.commit({ROLE: role, told: yaml.safe_dump(first)}, "Draw no longer")


def test_it_draws_beside_what_speaks_and_loses_no_picture_in_a_switch(
    fleet: Fleet, pictures: dict[str, object], old: str
) -> None:
    fleet.converge(NODE)
    with Asking(lambda: drawing.draw(fleet.lab.address(NODE), 20)) as client:
        time.sleep(3)
        fleet.on_node(NODE, pictures | {"stable_diffusion::revision": "v2"})
        fleet.converge(NODE)
        time.sleep(3)
    assert client.reasons == []
    assert len(client.answers) >= 3
    assert set(client.answers) == {client.answers[0]}, "the same job draws the same picture"
    serves = json.loads(fleet.sh(NODE, "releases stable_diffusion status --json"))["stable_diffusion"]
    assert [card["release"].split("-")[0] for card in serves["cards"].values()] == ["v2"]
    assert fleet.release(NODE) == old, "the first service serves on"

    fleet.converge(NODE, changes=False)
    unit = f"{drawing.SERVICE.webui}@0-green.service"
    exposure = fleet.sh(NODE, f"systemd-analyze security --no-pager {unit} | tail -n 1")
    assert float(exposure.split(":")[1].split()[0]) <= 1.5, exposure
