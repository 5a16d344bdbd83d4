"""One reboot into a driver, drained and verified. systemctl, nvidia-smi, puppet and releases are stand-ins."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

REBOOT = Path(__file__).parents[3] / "modules" / "nvidia" / "files" / "reboot.sh"
LATER, NOW = "9999999999", "0"
NOTES = 'echo "${0##*/} $*" >>"{folder}/calls"'


class Machine:
    """A folder that stands for a node: its programs note how they are called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("etc", "var", "bin", "modules/6.1.0"):
            (folder / name).mkdir(parents=True)
        self.script = REBOOT.read_text()
        for place, name in {
            "/etc/releases": "etc",
            "/var/lib/nvidia": "var",
            "/lib/modules": "modules",
            "/run/nvidia-rebooting": "mark",
            "/run/nvidia-rebooted": "lock-of-verify",
        }.items():
            self.script = self.script.replace(place, f"{folder}/{name}")
        self.record = folder / "var" / "reboot"
        #: is there until the next boot
        self.mark = folder / "mark"
        self.program("systemctl")
        self.program("puppet", f"echo {folder}/lock")
        self.program("nvidia-smi")
        self.program("modinfo", "echo 535.261.03", notes=False)
        # as the real one does: it runs what follows `drain`
        self.program("releases", '[ "$2" = drain ] || exit 0; shift 2; "$@"')

    def program(self, name: str, then: str = "", notes: bool = True) -> None:
        """Put a program in place."""
        path = self.folder / "bin" / name
        note = NOTES.replace("{folder}", str(self.folder)) if notes else ""
        path.write_text(f"#!/bin/sh\n{note}\n{then}\n")
        path.chmod(0o755)

    def service(self, name: str) -> None:
        """Describe a service."""
        (self.folder / "etc" / f"{name}.json").write_text("{}")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the program."""
        path = f"{self.folder}/bin{os.pathsep}{os.environ['PATH']}"
        return subprocess.Popen(
            ["sh", "-c", self.script, "reboot", *arguments],
            env={"PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the program."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=20)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    @property
    def calls(self) -> list[str]:
        """What was called, in its order."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A node without a service."""
    return Machine(tmp_path)


def test_a_request_has_systemd_carry_it_out_and_waits_for_nothing(machine: Machine) -> None:
    assert machine.run("request", "535.261.03", LATER).returncode == 0
    assert machine.calls[-1] == "systemctl start --no-block nvidia-reboot@535.261.03.service"


@pytest.mark.parametrize("record", ["rebooting 535.261.03", "rebooted 535.261.03"])
def test_a_second_reboot_into_the_same_driver_is_refused_and_one_into_another_is_not(
    machine: Machine, record: str
) -> None:
    machine.record.write_text(f"{record}\n")
    done = machine.run("request", "535.261.03", LATER)
    assert done.returncode == 1
    assert "this node was rebooted for the driver 535.261.03 before" in done.stderr
    assert f"(rm {machine.record} has it rebooted once more)" in done.stderr
    assert not any("start" in call for call in machine.calls)
    machine.program("modinfo", "echo 535.274.02", notes=False)
    assert machine.run("request", "535.274.02", LATER).returncode == 0


def test_what_was_cut_off_before_its_reboot_is_asked_for_again(machine: Machine) -> None:
    machine.record.write_text("rebooting 535.261.03\n")
    machine.mark.touch()
    assert machine.run("request", "535.261.03", LATER).returncode == 0
    assert machine.calls[-1].startswith("systemctl start")


def test_it_is_not_asked_for_after_the_window_and_what_was_cut_off_is_over(machine: Machine) -> None:
    machine.record.write_text("rebooting 535.261.03\n")
    machine.mark.touch()
    done = machine.run("request", "535.261.03", NOW)
    assert done.returncode == 1
    assert "the reboot was cut off before it came about" in done.stderr
    assert not machine.record.exists()
    assert not machine.mark.exists()
    assert not any("start" in call for call in machine.calls)


def test_it_is_not_asked_for_after_the_window(machine: Machine) -> None:
    done = machine.run("request", "535.261.03", NOW)
    assert (done.returncode, done.stderr) == (1, "the window is over\n")


def test_a_machine_that_goes_down_is_asked_for_nothing_and_forgets_nothing(machine: Machine) -> None:
    machine.program("systemctl", "echo stopping")
    machine.record.write_text("rebooting 535.261.03\n")
    machine.mark.touch()
    assert machine.run("request", "535.261.03", NOW).returncode == 0
    assert machine.record.exists()
    assert not any("start" in call for call in machine.calls)


@pytest.mark.parametrize(("version", "code"), [("535.261.03", 1), ("unknown", 0)])
def test_a_node_is_not_rebooted_into_a_kernel_without_its_module(
    machine: Machine, version: str, code: int
) -> None:
    machine.program("modinfo", "[ $5 = nvidia ] && exit 1; echo 535.161.08", notes=False)
    done = machine.run("request", version, LATER)
    assert done.returncode == code
    assert not code or "no kernel of this node has the module nvidia 535.261.03" in done.stderr


def test_the_reboot_comes_inside_the_drain_of_every_service(machine: Machine) -> None:
    machine.service("a")
    machine.service("b")
    assert machine.run("now", "535.261.03").returncode == 0
    assert machine.calls[1:] == [
        "releases b drain releases a drain systemctl reboot",
        "releases a drain systemctl reboot",
        "systemctl reboot",
    ]
    assert machine.record.read_text() == "rebooting 535.261.03\n"


def test_a_node_without_a_service_reboots_too(machine: Machine) -> None:
    assert machine.run("now", "535.261.03").returncode == 0
    assert machine.calls[1:] == ["systemctl reboot"]


def test_it_waits_for_the_end_of_the_agents_run(machine: Machine) -> None:
    with subprocess.Popen(["sleep", "60"]) as agent:
        (machine.folder / "lock").write_text(str(agent.pid))
        with machine.start("now", "535.261.03") as process:
            time.sleep(1.5)
            assert not any("reboot" in call for call in machine.calls)
            agent.kill()
            agent.wait()
            assert process.wait(10) == 0
    assert "systemctl reboot" in machine.calls


def test_a_lock_that_a_killed_agent_left_is_not_waited_for(machine: Machine) -> None:
    (machine.folder / "lock").write_text("4194303")
    assert machine.run("now", "535.261.03").returncode == 0


def test_a_reboot_that_does_not_come_about_is_as_if_nobody_had_asked(machine: Machine) -> None:
    machine.service("a")
    machine.program("systemctl", "case $1 in reboot) exit 1 ;; *) echo running ;; esac")
    assert machine.run("now", "535.261.03").returncode == 1
    assert not machine.record.exists()
    assert not machine.mark.exists()


def test_who_ends_it_by_hand_has_it_forgotten(machine: Machine) -> None:
    machine.service("a")
    machine.program("releases", f"touch {machine.folder}/draining; exec sleep 60")
    machine.program("systemctl", "echo running")
    with machine.start("now", "535.261.03") as process:
        until = time.monotonic() + 10
        while not (machine.folder / "draining").exists():
            assert time.monotonic() < until
            time.sleep(0.05)
        assert machine.record.exists()
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(10) == 1
    assert not machine.record.exists()
    assert not machine.mark.exists()


def test_it_is_ended_by_the_shutdown_that_it_asked_for_and_remembers_it(machine: Machine) -> None:
    machine.program("systemctl", "case $1 in reboot) kill -TERM 0 ;; *) echo stopping ;; esac")
    assert machine.run("now", "535.261.03").returncode == 0
    assert machine.record.read_text() == "rebooting 535.261.03\n"


def test_all_is_well_where_the_driver_answers_and_every_service_serves(machine: Machine) -> None:
    machine.service("a")
    machine.service("b")
    machine.record.write_text("rebooting 535.261.03\n")
    assert machine.run("verify").returncode == 0
    assert machine.calls == ["nvidia-smi --list-gpus", "releases a active", "releases b active"]
    assert machine.record.read_text() == "rebooted 535.261.03\n"


@pytest.mark.parametrize(("program", "then"), [("nvidia-smi", "exit 9"), ("releases", '[ "$1" = a ]')])
def test_it_is_not_while_one_of_them_does_not(machine: Machine, program: str, then: str) -> None:
    machine.service("a")
    machine.service("b")
    machine.program(program, then)
    machine.record.write_text("rebooting 535.261.03\n")
    assert machine.run("verify").returncode == 1
    assert machine.record.read_text() == "rebooting 535.261.03\n"


@pytest.mark.parametrize(("state", "same_boot"), [("rebooted", False), ("rebooting", True)])
def test_before_the_boot_and_after_any_other_there_is_nothing_to_see(
    machine: Machine, state: str, same_boot: bool
) -> None:
    machine.record.write_text(f"{state} 535.261.03\n")
    if same_boot:
        machine.mark.touch()
    assert machine.run("verify").returncode == 0
    assert machine.calls == []


def test_what_hangs_in_the_driver_is_alone_there(machine: Machine) -> None:
    machine.record.write_text("rebooting 535.261.03\n")
    # what no signal ends stays when timeout has ended itself
    machine.program("nvidia-smi", "setsid sleep 20 >/dev/null 2>&1 & exit 1")
    for _ in range(2):
        assert machine.run("verify").returncode == 1
    assert machine.calls == ["nvidia-smi --list-gpus"]
    subprocess.run(["pkill", "--full", "^sleep 20$"], check=True)
