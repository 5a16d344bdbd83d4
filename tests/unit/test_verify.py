"""``fleet verify``, with an ssh of ours in the place of the real one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from generator.errors import FleetError
from generator.verify import Check, verify

#: Answers for the node: what the first call (which units are there?) and all others print.
SSH = """#!/bin/sh
for last; do :; done
echo "$*" >> "$0.calls"
case "$*" in
  *"-O exit"*) exit 0 ;;
  *unreachable*)
    echo "Warning: a line before" >&2
    echo "ssh: connect to host unreachable: refused" >&2
    exit 255
    ;;
  *"ls -d -- "*) cat "$0.units" ;;
  *) exit 1 ;;
esac
"""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    script = tmp_path / "bin" / "ssh"
    script.parent.mkdir()
    script.write_text(SSH)
    script.chmod(0o755)
    Path(f"{script}.units").write_text("")
    Path(f"{script}.calls").write_text("")
    monkeypatch.setenv("PATH", str(script.parent), prepend=":")
    return script


def check(*hosts: str, services: tuple[str, ...] = (), user: str = "root") -> tuple[list[Check], list[Check]]:
    told: list[Check] = []
    return verify(hosts, services, user, None, told.append), told


@pytest.mark.parametrize(
    "host", ["-oProxyCommand=id", "a b", "a;b", "", "host/", "user@host", "é.test", "a" * 300]
)
def test_a_name_that_is_no_host_never_reaches_ssh(ssh: Path, host: str) -> None:
    with pytest.raises(FleetError, match="is no host name"):
        check("tts1.lab.test", host)
    assert not Path(f"{ssh}.calls").read_text()


def test_a_user_that_is_an_option_never_reaches_ssh(ssh: Path) -> None:
    with pytest.raises(FleetError, match="is no user name"):
        check("tts1.lab.test", user="-oProxyCommand=id")
    assert not Path(f"{ssh}.calls").read_text()


def test_a_service_without_a_definition_is_refused(ssh: Path) -> None:
    with pytest.raises(FleetError, match=r"'indextts': no such service \(did you mean indextts2\?\)"):
        check("tts1.lab.test", services=("indextts",))


def test_a_node_out_of_reach_is_one_failed_check(ssh: Path) -> None:
    checks, told = check("unreachable.lab.test")
    assert checks == told
    assert [(one.host, one.problem) for one in checks] == [
        ("unreachable.lab.test", "ssh: connect to host unreachable: refused")
    ]


def test_a_node_without_a_service_fails(ssh: Path) -> None:
    checks, _ = check("tts1.lab.test")
    fronts = ", ".join(
        f"{name}-front.service" for name in ("indextts2", "speech_recognition", "stable_diffusion")
    )
    assert [one.problem for one in checks] == [f"there is none of {fronts}"]


def test_a_node_that_has_nothing_fails_every_check_of_its_service(ssh: Path) -> None:
    """The real checks run, against a node on which every command fails."""
    Path(f"{ssh}.units").write_text("/etc/systemd/system/indextts2-front.service\n")
    checks, told = check("tts1.lab.test", "unreachable.lab.test")
    assert {one.host for one in checks} == {"tts1.lab.test", "unreachable.lab.test"}
    assert sorted(checks, key=str) == sorted(told, key=str)
    mine = [one for one in checks if one.host == "tts1.lab.test"]
    assert len(mine) > 25
    assert all(one.problem for one in mine)
    # in words, not in the name of an exception
    assert not [one for one in mine if "AssertionError" in one.problem]
    assert {one.service for one in mine} == {"indextts2", ""}


def test_the_exit_code_is_that_of_the_answer(ssh: Path) -> None:
    def fleet(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from generator.cli import main; main()", "verify", *arguments]
        return subprocess.run(command, capture_output=True, text=True)

    unreachable = fleet("unreachable.lab.test")
    assert unreachable.returncode == 1
    assert unreachable.stdout.count("\n") == 1
    assert "refused" in unreachable.stdout
    wrong = fleet("no host")
    assert wrong.returncode == 2
    assert wrong.stderr == "'no host' is no host name (letters, digits, dots and hyphens)\n"


def test_without_a_node_the_checks_are_left_out() -> None:
    """They would otherwise say that this machine is no node, in every run of the whole suite."""
    staging = Path(__file__).parents[1] / "staging"
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", str(staging)]
    collected = subprocess.run(command, capture_output=True, text=True, cwd=staging.parents[1])
    assert "no tests collected" in collected.stdout
