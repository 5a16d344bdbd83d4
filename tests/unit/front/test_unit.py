"""The front's unit: its sandbox, and that a wrong configuration never reaches the running front."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.systemd import command_line, read_unit

pytestmark = pytest.mark.puppet
Render = Callable[[str, dict[str, Any]], str]


def test_the_sandbox_is_closed(epp: Render, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine")
    unit = tmp_path / "front.service"
    unit.write_text(epp("front.service.epp", {"account": "tts-front"}))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert (score := re.search(r"exposure level for front.service: ([0-9.]+)", done.stdout))
    assert float(score[1]) <= 1.5


def test_a_port_below_1024_asks_for_no_other_unit(epp: Render) -> None:
    unit = read_unit(epp("front.service.epp", {"account": "tts-front"}))
    assert unit["AmbientCapabilities"] == unit["CapabilityBoundingSet"] == ["CAP_NET_BIND_SERVICE"]
    assert "PrivateUsers" not in unit, (
        "a capability in a namespace of the unit's own opens no port of the machine"
    )


def test_a_configuration_is_checked_before_it_is_taken(epp: Render) -> None:
    unit = read_unit(epp("front.service.epp", {"account": "tts-front"}))
    check = "/usr/sbin/haproxy -c -q -f /etc/indextts2/front/haproxy.cfg"
    assert unit["ExecStartPre"][-1] == check
    assert unit["ExecReload"].index(check) < unit["ExecReload"].index(RELOAD)


RELOAD = "+/usr/local/sbin/releases indextts2 reload $MAINPID"


def test_what_is_loaded_is_noted_and_of_a_reload_only_once_it_is(epp: Render) -> None:
    unit = read_unit(epp("front.service.epp", {"account": "tts-front"}))
    assert unit["ExecStartPre"][0].endswith(' >/run/indextts2-front/loaded"')
    assert unit["ExecReload"][0].endswith(' >/run/indextts2-front/loading"')
    assert unit["ExecReload"][-2:] == [
        RELOAD,
        "/bin/mv /run/indextts2-front/loading /run/indextts2-front/loaded",
    ]


@pytest.mark.parametrize("there", [["haproxy.cfg"], ["haproxy.cfg", "tls.pem"]])
def test_what_haproxy_reads_is_noted_and_nothing_that_lies_beside_it(
    epp: Render, tmp_path: Path, there: list[str]
) -> None:
    folder, run_dir = tmp_path / "front", tmp_path / "run"
    run_dir.mkdir()
    folder.mkdir()
    for name in there:
        (folder / name).write_text(name)
    # as unreadable as what a killed run of Puppet's left is to the front; nothing is that to root
    (folder / "tls.pem.new").symlink_to("nowhere")
    values = {"account": "tts-front", "folder": str(folder), "run_dir": str(run_dir)}
    unit = read_unit(epp("front.service.epp", values))
    for line, name in ((unit["ExecStartPre"][0], "loaded"), (unit["ExecReload"][0], "loading")):
        subprocess.run(command_line(line), check=True)
        noted = [Path(one.split()[1]) for one in (run_dir / name).read_text().splitlines()]
        assert sorted(noted) == [folder / one for one in there]


def test_what_it_is_to_say_is_noted_before_its_configuration_is_checked(epp: Render) -> None:
    unit = read_unit(epp("front.service.epp", {"account": "tts-front"}))
    assert unit["ExecStartPre"][1] == "-+/usr/local/sbin/releases indextts2 note"


def test_the_weights_are_put_right_after_a_start(epp: Render) -> None:
    unit = read_unit(epp("front.service.epp", {"account": "tts-front"}))
    assert unit["ExecStartPost"] == ["-+/usr/local/sbin/releases indextts2 steer"]
