"""Speech, pictures and speech recognition on one node, with stand-ins that do real work: none is in another's way."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import httpx
import pytest
import yaml

from generator.definition import SERVICES, load_service
from tests.lab import drawing, hearing
from tests.lab.asking import Asking
from tests.lab.serving import NODE, PATIENCE, PAUSE, REVISION, wait_for
from tests.load import Job, Load, browser

if TYPE_CHECKING:
    from tests.lab.conftest import Fleet

pytestmark = pytest.mark.faults

ROLE = "modules/role/manifests/tts_node.pp"
SPEECH = load_service(SERVICES / "indextts2.yaml")
BOTH = {service.name: service for service in (drawing.SERVICE, hearing.SERVICE)}
ALL = {SPEECH.name: SPEECH, **BOTH}
#: Whose a process is.
OWNER = "id -nu $(awk '/^Uid:/ {{ print $2 }}' /proc/{}/status)"


class Together:
    """The node with its three services, and what its data says of the two that the lab has nowhere else."""

    def __init__(self, fleet: Fleet, data: Mapping[str, object]) -> None:
        """Speak of the node of ``fleet`` for which ``data`` holds."""
        self.fleet, self.data = fleet, dict(data)
        self.address = fleet.lab.address(NODE)

    def say(self, **values: object) -> None:
        """Commit other values for the node: ``SERVICE__PARAMETER=VALUE``."""
        self.data |= {name.replace("__", "::"): value for name, value in values.items()}
        self.fleet.on_node(NODE, self.data)

    def status(self, service: str) -> dict[str, str]:
        """What the node says of the one instance of a service."""
        told = json.loads(self.fleet.sh(NODE, f"releases {service} status --json"))
        (card,) = told[service]["cards"].values()
        return {name: str(value) for name, value in card.items()}

    def revision(self, service: str) -> str:
        """The name of the release that serves."""
        return self.status(service)["release"].split("-")[0]

    def processes(self, service: str) -> list[str]:
        """The processes of a service: its front's and its web UI's."""
        units = [f"{service}-front.service", self.status(service)["unit"]]
        show = "systemctl show --property=MainPID --value"
        found = [self.fleet.sh(NODE, f"{show} '{unit}'") for unit in units]
        assert "0" not in found, units
        return found

    def others(self, service: str) -> dict[str, list[str]]:
        """The processes of the services beside one."""
        return {name: self.processes(name) for name in ALL if name != service}

    def speak(self, text: str) -> bytes:
        """Type a text on the page of the service that speaks, as a browser does; its WAV."""

        async def ask() -> bytes:
            async with browser(f"http://{self.address}:{SPEECH.port}").client() as tab:
                async with asyncio.timeout(PATIENCE):
                    return await tab.ask(Job(1, text, 0.0))

        return asyncio.run(ask())


@pytest.fixture(scope="module")
def together(fleet: Fleet) -> Iterator[Together]:
    """A node that speaks, once the first run by which it draws and hears, too, is over; afterwards it speaks alone."""
    lab = fleet.lab
    before = (lab.folders.control / ROLE).read_text()
    first = {REVISION: fleet.release(NODE)}
    data = {
        "profile::services::names": list(ALL),
        **drawing.data(fleet),
        **hearing.data(fleet),
    }
    # what the role gpu_node has instead; the node's own role is in its certificate
    chosen = f"if $trusted['certname'] == '{NODE}.lab.test' {{ include profile::services }} else {{ include profile::tts }}"
    role = before.replace("include profile::tts", chosen)
    told = f"hieradata/nodes/{NODE}.lab.test.yaml"
    fleet.sh(
        NODE, f"echo '{hearing.SAID}' | espeak-ng -v en -p 45 -s 165 -b 1 -w {hearing.RECORDING} --stdin"
    )
    lab.commit(
        {ROLE: role, told: yaml.safe_dump(first | data), **hearing.lists()}, "Serve three models on a node"
    )
    node = Together(fleet, data)
    try:
        fleet.converge(NODE)
        yield node
    finally:
        node.say(**{f"{service}__ensure": "absent" for service in BOTH})
        lab.agent(NODE)
        gone: dict[str, str | None] = dict.fromkeys(hearing.lists())
        lab.commit({ROLE: before, told: yaml.safe_dump(first), **gone}, "Serve one again")
        fleet.sh(NODE, f"rm -rf {hearing.RECORDING} /opt/speech_recognition /opt/stable_diffusion")


def test_the_second_run_changes_nothing_and_each_service_has_what_is_its_own(together: Together) -> None:
    fleet = together.fleet
    fleet.converge(NODE, changes=False)
    assert fleet.sh(NODE, "systemctl list-units --failed --plain --no-legend") == ""
    fact = json.loads(fleet.sh(NODE, "puppet facts show releases --render-as json"))["releases"]
    assert set(fact) == set(ALL)

    processes: list[str] = []
    for name, service in ALL.items():
        url = f"http://{together.address}:{service.port}{service.ready}"
        assert httpx.get(url, timeout=20, trust_env=False).status_code == 200, url
        front, web_ui = together.processes(name)
        processes += [front, web_ui]
        owners = [fleet.sh(NODE, OWNER.format(process)) for process in (front, web_ui)]
        assert owners[1] == service.accounts.run, name
        assert owners[0] != service.accounts.run, name
        for folder in ("/var/lib/releases", "/var/lib/prometheus/node-exporter"):
            fleet.wait(NODE, f"grep -qF 'service=\"{name}\"' {folder}/{name}.prom", 60)
    assert len(set(processes)) == 2 * len(ALL)
    accounts = [account for one in ALL.values() for account in (one.accounts.run, one.accounts.build)]
    numbers = fleet.sh(NODE, f"for one in {' '.join(accounts)}; do id -u $one; done")
    assert len(set(numbers.split())) == len(accounts)
    classes = fleet.sh(NODE, "cat $(puppet config print classfile --section agent)").split()
    assert classes.count("nvidia") == 1, "one driver for all"


def test_a_picture_is_drawn_and_what_is_spoken_is_heard(together: Together) -> None:
    picture = drawing.draw(together.address, 5)
    assert picture.startswith(b"\x89PNG\r\n")
    assert picture == drawing.draw(together.address, 1), "the same job draws the same picture"
    assert hearing.hear(together.address, together.speak(hearing.SAID)) == hearing.SAID
    turned = " ".join(reversed(hearing.SAID.split()))
    assert hearing.hear(together.address, together.speak(turned)) == turned, "it hears, and remembers nothing"


@pytest.mark.parametrize("service", ALL)
def test_each_restarts_alone(together: Together, service: str) -> None:
    others, (front, web_ui) = together.others(service), together.processes(service)
    together.fleet.sh(NODE, f"releases {service} restart")
    after = together.processes(service)
    assert after[0] == front, "clients keep their front"
    assert after[1] != web_ui
    assert together.others(service) == others
    together.fleet.converge(NODE, changes=False)


@pytest.mark.parametrize("service", BOTH)
def test_a_switch_of_one_loses_no_job_of_any(together: Together, service: str) -> None:
    fleet, address = together.fleet, together.address
    others = together.others(service)
    recording = together.speak(hearing.SAID)
    with (
        Load(browser(f"http://{address}:{SPEECH.port}"), PAUSE, PATIENCE) as speech,
        Asking(lambda: drawing.draw(address, 20)) as pictures,
        Asking(lambda: hearing.hear(address, recording), PAUSE) as heard,
    ):
        speech.start(2)
        wait_for(fleet, speech, 2)
        together.say(**{f"{service}__revision": "v2"})
        fleet.converge(NODE)
        time.sleep(3)
        spoken = speech.stop()
    assert (spoken.failures(), pictures.reasons, heard.reasons) == ([], [], [])
    assert min(len(spoken.served), len(pictures.answers), len(heard.answers)) >= 3
    assert len(set(pictures.answers)) == 1, "the same job draws the same picture"
    assert set(heard.answers) == {hearing.SAID}
    assert together.revision(service) == "v2"
    assert together.others(service) == others


@pytest.mark.parametrize("service", ALL)
def test_the_sandbox_of_each_is_tight(together: Together, service: str) -> None:
    for unit in (f"{service}-front.service", together.status(service)["unit"]):
        said = together.fleet.sh(NODE, f"systemd-analyze security --no-pager '{unit}' | tail -n 1")
        assert float(said.split(":")[1].split()[0]) <= 1.5, said


def test_without_one_the_others_serve_on(together: Together) -> None:
    gone = drawing.SERVICE.name
    others = together.others(gone)
    together.say(**{f"{gone}__ensure": "absent"})
    together.fleet.converge(NODE)
    together.fleet.converge(NODE, changes=False)
    assert together.others(gone) == others
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{together.address}:{drawing.SERVICE.port}/", timeout=20, trust_env=False)
    left = f"/etc/{gone} /opt/{gone}/releases /var/lib/releases/{gone}.* /etc/systemd/system/{gone}*"
    left += f" /var/lib/prometheus/node-exporter/{gone}.prom"
    assert together.fleet.sh(NODE, f"ls -d {left} 2>/dev/null", check=False) == ""
    assert hearing.hear(together.address, together.speak(hearing.SAID)) == hearing.SAID
