"""Setting a machine up: what is done, what is said, and that nothing is done twice."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]

#: A python3 whose venv holds a pip and a fleet that do as they are told.
PYTHON = r"""#!/bin/sh
case $1 in
  -c) ;;
  -V) echo Python 3.11.2 ;;
  -m) mkdir -p .venv/bin && cp "$(dirname "$0")/pip" .venv/bin/pip && cp "$0" .venv/bin/python ;;
esac
"""
PIP = """#!/bin/sh
[ "$1" = --version ] && exit
if [ -e pip-fails ]; then echo no such package; exit 1; fi
touch .venv/bin/fleet && chmod +x .venv/bin/fleet
"""
APT = """#!/bin/sh
exit 1
"""


class Machine:
    """A copy of what setup reads, on a machine whose programs are stubs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "stubs"
        shutil.copytree(REPOSITORY / "scripts", folder / "scripts")
        shutil.copytree(REPOSITORY / "setup", folder / "setup")
        shutil.copy(REPOSITORY / "pyproject.toml", folder)
        shutil.copy(REPOSITORY / "Puppetfile", folder)
        self.stub("python3", PYTHON)
        self.stub("pip", PIP)
        self.stub("id", "#!/bin/sh\necho 1000\n")
        self.stub("dpkg-query", "#!/bin/sh\necho installed git\n")
        self.stub("apt-get", APT)
        # The modules are fetched over the network: they are there already.
        (folder / "vendor_modules").mkdir()
        digest = 'pwd && cat Puppetfile scripts/setup) | sha256sum | cut -d " " -f 1 >vendor_modules/.setup'
        subprocess.run(f"({digest}", shell=True, cwd=folder, check=True)  # noqa: S602

    def stub(self, name: str, text: str) -> None:
        """Put a program before all others of its name."""
        self.bin.mkdir(exist_ok=True)
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command there."""
        environment = os.environ | {"PATH": f"{self.bin}:{os.environ['PATH']}"}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=60
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_root_it_says_what_stays_missing_and_makes_the_venv(machine: Machine) -> None:
    done = machine.run("scripts/setup")
    first = done.stderr.splitlines()[0]
    assert first.startswith(
        "setup: without root the Debian packages apt-utils aria2 ca-certificates chromium "
    )
    assert " git " not in first
    assert done.returncode == 0
    assert (machine.folder / ".venv/bin/fleet").exists()
    assert re.search(r"✓ install the Python packages \(\d+\.\d s\)", done.stderr)


def test_the_second_time_nothing_is_done(machine: Machine) -> None:
    machine.run("scripts/setup")
    assert "✓" not in machine.run("scripts/setup").stderr


def test_a_changed_pin_is_installed(machine: Machine) -> None:
    machine.run("scripts/setup")
    with (machine.folder / "setup/constraints.txt").open("a") as file:
        file.write("another==1.0\n")
    assert "✓ install the Python packages" in machine.run("scripts/setup").stderr


def test_an_install_that_failed_is_shown_and_tried_again(machine: Machine) -> None:
    (machine.folder / "pip-fails").touch()
    done = machine.run("scripts/setup")
    assert done.returncode == 1
    assert "✗ install the Python packages" in done.stderr
    assert "no such package" in done.stderr
    (machine.folder / "pip-fails").unlink()
    assert machine.run("scripts/setup").returncode == 0


def test_as_root_a_failed_install_of_packages_ends_it(machine: Machine) -> None:
    machine.stub("id", "#!/bin/sh\necho 0\n")
    done = machine.run("scripts/setup")
    assert done.returncode == 1
    assert "✗ read the package lists" in done.stderr
    assert not (machine.folder / ".venv").exists()


def test_the_ssh_server_that_tests_need_opens_no_port(machine: Machine) -> None:
    machine.stub("id", "#!/bin/sh\necho 0\n")
    for name in ("apt-get", "install"):
        machine.stub(name, f'#!/bin/sh\necho "{name} $*" >>{machine.folder}/calls\n')
    assert machine.run("scripts/setup").returncode == 0
    closed, *_, installed = (machine.folder / "calls").read_text().splitlines()[1:]
    assert closed == "install -D -m 644 /dev/null /etc/ssh/sshd_not_to_be_run"
    assert " openssh-server " in installed


def test_the_prometheus_that_tests_need_is_started_by_nothing_else(machine: Machine) -> None:
    machine.stub("id", "#!/bin/sh\necho 0\n")
    for name in ("apt-get", "install"):
        machine.stub(name, f'#!/bin/sh\necho "{name} $*" >>{machine.folder}/calls\n')
    assert machine.run("scripts/setup").returncode == 0
    *masked, installed = (machine.folder / "calls").read_text().splitlines()[2:]
    for name in ("prometheus", "prometheus-alertmanager", "prometheus-node-exporter"):
        unit = f"/etc/systemd/system/{name}.service"
        assert f"install -D -m 644 /dev/null {unit}" in masked or Path(unit).exists()
        assert f" {name} " in installed


@pytest.mark.parametrize("target", ["lab", "test", "test-faults", "bench"])
def test_without_root_the_lab_is_refused_in_one_sentence_at_once(machine: Machine, target: str) -> None:
    shutil.copy(REPOSITORY / "Makefile", machine.folder)
    started = time.monotonic()
    done = machine.run("make", target)
    assert time.monotonic() - started < 1
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith(
        f"make {target}: the lab makes namespaces, mounts and a bridge"
    )
    assert not (machine.folder / ".venv").exists()


def test_a_root_that_may_make_no_namespaces_is_told_so(machine: Machine) -> None:
    machine.stub("id", "#!/bin/sh\necho 0\n")
    machine.stub("unshare", "#!/bin/sh\nexit 1\n")
    done = machine.run("scripts/needs-lab", "lab")
    assert done.returncode == 1
    assert re.search("CAP_SYS_ADMIN|made of Debian's systemd-nspawn", done.stderr)


def test_setup_that_is_up_to_date_is_quick() -> None:
    subprocess.run(["make", "setup"], cwd=REPOSITORY, check=True, capture_output=True)
    started = time.monotonic()
    done = subprocess.run(["make", "setup"], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "✓" not in done.stderr
    assert time.monotonic() - started < 3


@pytest.mark.puppet
def test_the_modules_here_are_those_of_the_puppetfile() -> None:
    text = (REPOSITORY / "Puppetfile").read_text()
    pinned = dict(re.findall(r"^mod '([^']+)', '(\d+\.\d+\.\d+)'$", text, re.M))
    assert len(pinned) == len(re.findall(r"^\s*mod\b", text, re.M))
    here = {}
    for file in REPOSITORY.glob("vendor_modules/*/metadata.json"):
        metadata = json.loads(file.read_text())
        here[metadata["name"].replace("-", "/", 1)] = metadata["version"]
    assert here == pinned
    assert "\nmoduledir 'vendor_modules'\n" in text


def test_nothing_here_says_where_packages_come_from() -> None:
    pins = (REPOSITORY / "setup/constraints.txt").read_text().splitlines()
    assert all(re.fullmatch(r"#.*|[A-Za-z0-9_.-]+==[A-Za-z0-9_.!]+", line) for line in pins)
