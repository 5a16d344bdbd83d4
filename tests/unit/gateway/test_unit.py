"""The gateway's unit and programs: its sandbox, its certificates, and what keepalived asks."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.definition import REPOSITORY
from tests.unit.gateway.certificates import Authority
from tests.unit.gateway.gateway import Gateway
from tests.unit.systemd import command_line, read_unit

pytestmark = pytest.mark.puppet
Render = Callable[[str, dict[str, Any]], str]
UNIT, SERVICE = "gateway/gateway.service.epp", {"service": "indextts2"}
PEM = REPOSITORY / "modules/releases/files/pem.sh"
UP = REPOSITORY / "modules/profile/files/gateway-up.sh"


def test_the_sandbox_is_closed(epp: Render, tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine")
    unit = tmp_path / "gateway.service"
    unit.write_text(epp(UNIT, SERVICE))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert (score := re.search(r"exposure level for gateway.service: ([0-9.]+)", done.stdout))
    assert float(score[1]) <= 1.5


def test_a_configuration_is_checked_before_it_is_taken(epp: Render) -> None:
    unit = read_unit(epp(UNIT, SERVICE))
    check = "/usr/sbin/haproxy -c -q -f /etc/gateway/indextts2/haproxy.cfg"
    assert unit["ExecStartPre"][-1] == check
    assert unit["ExecReload"][1:3] == [check, "/bin/kill -USR2 $MAINPID"]


def test_what_haproxy_reads_is_noted_and_of_a_reload_only_once_it_is(epp: Render, tmp_path: Path) -> None:
    folder, run_dir = tmp_path / "gateway", tmp_path / "run"
    run_dir.mkdir()
    folder.mkdir()
    there = ("haproxy.cfg", "tls.pem", "peer.pem", "ca.pem")
    for name in (*there, "tls.pem.new"):
        (folder / name).write_text(name)
    unit = read_unit(epp(UNIT, {**SERVICE, "folder": str(folder), "run_dir": str(run_dir)}))
    for line, name in ((unit["ExecStartPre"][0], "loaded"), (unit["ExecReload"][0], "loading")):
        subprocess.run(command_line(line), check=True)
        noted = [Path(one.split()[1]) for one in (run_dir / name).read_text().splitlines()]
        assert sorted(noted) == sorted(folder / one for one in there)
    assert unit["ExecReload"][-1] == f"/bin/mv {run_dir}/loading {run_dir}/loaded"


def pem(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", PEM, *arguments], capture_output=True, text=True, check=False)


def test_a_certificate_gets_there_with_its_key_and_nothing_else_does(tmp_path: Path) -> None:
    fleet = Authority(tmp_path)
    fleet.certificate("a.example")
    fleet.certificate("b.example")
    certificate, key, target = tmp_path / "a.example.crt", tmp_path / "a.example.key", tmp_path / "tls.pem"
    group = subprocess.run(["id", "-gn"], capture_output=True, text=True, check=True).stdout.strip()
    assert pem("check", certificate, key, target).returncode
    for crt, its_key, why in (
        (certificate, tmp_path / "b.example.key", "is not the key of"),
        (key, key, "is no certificate in PEM"),
        (certificate, certificate, "is no key in PEM"),
        (tmp_path / "c", key, "is not there (x and y name what is)"),
    ):
        refused = pem("install", crt, its_key, target, group, "x and y")
        assert refused.returncode == 1
        assert why in refused.stderr
        assert not target.exists()
    assert pem("install", certificate, key, target, group, "x and y").returncode == 0
    assert target.read_text() == f"{certificate.read_text()}\n{key.read_text()}"
    assert target.stat().st_mode & 0o777 == 0o640
    assert pem("check", certificate, key, target).returncode == 0
    assert not list(tmp_path.glob("tls.pem.*"))


def test_keepalived_is_told_whether_any_node_answers(gateway: Gateway) -> None:
    def up() -> int:
        return subprocess.run([UP, str(gateway.metrics)], capture_output=True, check=False).returncode

    assert up() == 1, "nobody listens"
    gateway.start()
    assert up() == 0
    gateway.drain(next(iter(gateway.slots.values())))
    assert up() == 0
    for node in gateway.slots.values():
        node.stop()
        gateway.until(node.name, "kept", "DOWN")
    assert up() == 1


def test_keepalived_takes_its_configuration_and_no_other(epp: Render, tmp_path: Path) -> None:
    if not shutil.which("keepalived", path="/usr/sbin"):
        pytest.skip("keepalived is not on this machine; installing it (`make setup`) takes root")
    manifest = (REPOSITORY / "modules/profile/manifests/keepalived.pp").read_text()
    check = re.search("validate_cmd => '(.*)'", manifest)
    assert check
    config = tmp_path / "keepalived.conf"
    right = epp("profile/keepalived.conf.epp", KEEPALIVED)
    for text, status in ((right, 0), (right.replace("weight", "wait"), 1)):
        config.write_text(text)
        done = subprocess.run(
            ["sh", "-c", check[1].replace("%", str(config))], capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr


KEEPALIVED = {
    "address": "10.0.0.100/24",
    "interface": "eth0",
    "priority": 100,
    "router_id": 51,
    "own": "127.0.0.1",
    "others": ["127.0.0.2"],
    "account": "nobody",
    "check": "/bin/true 8405",
}
