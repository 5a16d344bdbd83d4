"""The front's unit: its sandbox, and that a wrong configuration never reaches the running front."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.systemd import read_unit

pytestmark = pytest.mark.puppet
Render = Callable[[str, dict[str, Any]], str]


@pytest.mark.parametrize("low_port", [False, True])
def test_the_sandbox_is_closed(epp: Render, tmp_path: Path, low_port: bool) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine")
    unit = tmp_path / "front.service"
    unit.write_text(epp("front.service.epp", {"account": "tts-front", "low_port": low_port}))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert (score := re.search(r"exposure level for front.service: ([0-9.]+)", done.stdout))
    assert float(score[1]) <= 1.5


def test_a_configuration_is_checked_before_it_is_taken(epp: Render) -> None:
    unit = read_unit(epp("front.service.epp", {"account": "tts-front"}))
    check = "/usr/sbin/haproxy -c -q -f /etc/indextts2/haproxy.cfg"
    assert unit["ExecStartPre"] == [check]
    assert unit["ExecReload"][0] == check
    assert unit["ExecReload"][1] == "/bin/kill -USR2 $MAINPID"


def test_the_weights_are_put_right_after_a_start_and_a_reload(epp: Render) -> None:
    unit = read_unit(epp("front.service.epp", {"account": "tts-front"}))
    steer = "-+/usr/local/sbin/releases indextts2 steer"
    assert unit["ExecStartPost"] == unit["ExecReload"][2:] == [steer]
