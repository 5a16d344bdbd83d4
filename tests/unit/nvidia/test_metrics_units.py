"""The units that tell Prometheus of the cards: their sandboxes, and how often they ask."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from generator.definition import REPOSITORY
from tests.unit.systemd import command_line, read_unit

MODULE = REPOSITORY / "modules" / "nvidia"
SERVICE = (MODULE / "files" / "nvidia-metrics.service").read_text()
TIMER = (MODULE / "files" / "nvidia-metrics.timer").read_text()


@pytest.fixture
def exporter(tmp_path: Path) -> str:
    """The unit of NVIDIA's exporter, as Puppet writes it."""
    template = MODULE / "templates" / "exporter.service.epp"
    types = f"--basemodulepath={REPOSITORY / 'vendor_modules'}"
    render = ["puppet", "epp", "render", str(template), "--values", "{port=>9400}", types]
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)}
    return subprocess.run(render, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def exposure(folder: Path, text: str) -> float:
    """What systemd-analyze says of a unit, from 0 (closed) to 10 (open)."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine")
    unit = folder / "this.service"
    unit.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", unit], check=True, stdout=subprocess.PIPE, text=True
    )
    score = re.search(r"exposure level for this.service: ([0-9.]+)", done.stdout)
    assert score, done.stdout
    return float(score[1])


def test_the_sandbox_of_the_question_to_nvidia_smi_is_closed(tmp_path: Path) -> None:
    assert exposure(tmp_path, SERVICE) <= 1.5


@pytest.mark.puppet
def test_the_sandbox_of_the_exporter_is_closed(tmp_path: Path, exporter: str) -> None:
    assert exposure(tmp_path, exporter) <= 1.5
    assert read_unit(exporter)["User"] == ["nvidia-metrics"]


def test_it_writes_in_a_folder_of_its_own_and_is_not_root() -> None:
    unit = read_unit(SERVICE)
    file = Path(command_line(unit["ExecStart"][0])[1])
    assert [f"/var/lib/{folder}" for folder in unit["StateDirectory"]] == [str(file.parent)]
    assert "ReadWritePaths" not in unit
    assert unit["User"] == ["nvidia-metrics"]


def test_what_prints_for_ever_or_never_ends_is_bounded() -> None:
    unit = read_unit(SERVICE)
    assert unit["LimitFSIZE"] == ["1M"]
    assert int(unit["TimeoutStartSec"][0]) > 5 + 1
    assert int(unit["TimeoutStopSec"][0]) < 30


def test_a_run_follows_the_end_of_the_one_before_it() -> None:
    assert read_unit(TIMER)["OnUnitInactiveSec"] == ["30"]
    assert not {"OnCalendar", "OnUnitActiveSec"} & read_unit(TIMER).keys()
