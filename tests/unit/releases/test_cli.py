"""The command, as a process: its verbs, messages and exit codes, with a systemctl of ours."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from releases import files
from releases.cli import NODE, main
from releases.state import State, Switch
from releases.store import Store
from tests.unit.releases.machine import NEW, OLD, Machine


def test_activate_switches_and_active_answers(machine: Machine) -> None:
    first = machine.run("tts", "activate", OLD)
    assert (first.returncode, first.stdout, first.stderr) == (0, f"tts: {OLD} serves\n", "")
    assert machine.run("tts", "active", OLD).returncode == 0
    assert machine.run("tts", "active", NEW).returncode == 1
    assert machine.run("tts", "activate", NEW).returncode == 0
    assert machine.running == ["tts-webui@0-green.service"]
    assert machine.run("tts", "active").stdout == f"{NEW}\n"
    machine.run("tts", "rollback")
    assert machine.run("tts", "active").stdout == f"{OLD}\n"


def test_a_unit_that_somebody_edited_is_put_back_and_goes_on(machine: Machine) -> None:
    machine.run("tts", "activate", OLD)
    unit = machine.folder / "systemd" / "units" / "tts-webui@0-blue.service"
    right = unit.read_text()
    unit.write_text(right + "by hand\n")
    assert machine.run("tts", "active", OLD).returncode == 1
    assert machine.run("tts", "activate", OLD).returncode == 0
    assert unit.read_text() == right
    assert machine.running == ["tts-webui@0-blue.service"]


@pytest.mark.parametrize("file", [".git/restored", ".git/HEAD", ".venv/.complete"])
def test_what_was_put_back_under_a_running_web_ui_starts_it_anew(machine: Machine, file: str) -> None:
    machine.run("tts", "activate", OLD)
    touched = machine.folder / "releases" / OLD.rpartition(".")[0] / file
    touched.parent.mkdir(exist_ok=True)
    touched.write_text("again\n")
    assert machine.run("tts", "active", OLD).returncode == 1
    assert machine.run("tts", "activate", OLD).returncode == 0
    assert machine.running == ["tts-webui@0-green.service"]


def test_callers_at_once_are_served_one_after_the_other(machine: Machine) -> None:
    machine.describe(drain_timeout=1)  # so that each switch takes a while
    machine.run("tts", "activate", OLD)
    with ThreadPoolExecutor() as callers:
        done = list(callers.map(lambda one: machine.run("tts", "activate", one), [OLD, NEW, OLD, NEW]))
    assert [(one.returncode, one.stdout) for one in done] == [
        (0, f"tts: {one} serves\n") for one in (OLD, NEW, OLD, NEW)
    ]
    assert any("another releases is at work" in one.stderr for one in done)
    assert len(machine.running) == 1


def test_a_release_that_fails_is_said_with_its_log(machine: Machine) -> None:
    machine.run("tts", "activate", OLD)
    unit = machine.folder / "deployments" / f"{NEW}.service"
    unit.write_text(unit.read_text() + "broken\n")
    said = machine.run("tts", "activate", NEW)
    assert (said.returncode, said.stderr) == (
        1,
        f"releases: tts: {NEW}: exited with status 7 before it was ready; {OLD} serves "
        "(releases tts retry tries it again)\nthe last lines of its log:\n  RuntimeError: no weights\n",
    )
    assert machine.running == ["tts-webui@0-blue.service"]


@pytest.mark.parametrize("wrong", ["../../x", "", "v99-0000000.00000000", "v23-1111111", f"{OLD}/../{OLD}"])
def test_a_wrong_id_is_one_line_that_names_what_there_is(machine: Machine, wrong: str) -> None:
    said = machine.run("tts", "activate", wrong)
    folder = machine.folder / "deployments"
    assert (said.returncode, said.stderr) == (
        2,
        f"releases: {wrong!r} is no deployment of {folder} (there is: {OLD}, {NEW})\n",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["asr", "status"], "'asr' is no service of ETC (there is: tts)"),
        (["../etc/tts", "status"], "'../etc/tts' is no service of ETC (there is: tts)"),
        (["tts"], "'nothing' is no verb (there is: status, list, active, "),
        (["tts", "restat"], "'restat' is no verb (there is: status, list, active, "),
        (["tts", "activate"], "the ID of a deployment is missing (releases SERVICE status names them)"),
        (["tts", "restart", "now"], "'now' is too much here (releases --help)"),
        (["tts", "prune", "--all"], "'--all' is nothing that prune takes (there is: --weights)"),
        (["status", "--yaml"], "'--yaml' is nothing that status takes (there is: --json)"),
    ],
)
def test_wrong_words_are_one_line(machine: Machine, arguments: list[str], message: str) -> None:
    said = machine.run(*arguments)
    assert said.returncode == 2
    assert said.stderr.startswith("releases: " + message.replace("ETC", str(machine.folder / "etc")))
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"handover": "held"}, "ValueError: handover is 'held' (hold or overlap)"),
        ({"drain_timeout": "5"}, "TypeError: drain_timeout is '5', not of type int"),
        ({"cards": {"0": {"blue": 1}}}, "ValueError: card 0 has the slots ['blue'] (blue and green)"),
    ],
)
def test_a_wrong_description_is_one_line(machine: Machine, changes: dict[str, object], message: str) -> None:
    machine.describe(**changes)
    said = machine.run("tts", "status")
    assert said.returncode == 2
    assert said.stderr.startswith(f"releases: {machine.folder}/etc/tts.json: {message} (")
    assert said.stderr.count("\n") == 1


def test_a_path_is_no_id_though_there_is_such_a_file(machine: Machine) -> None:
    (machine.folder / "x.0000000a.service").write_text("# deployment x.0000000a\n")
    assert machine.run("tts", "activate", "../x.0000000a").returncode == 2


@pytest.mark.parametrize(
    "change", [{"wanted": NEW}, {"restart": True}, {"switch": Switch("0", "green", NEW, None, True, 1.0)}]
)
def test_active_is_no_where_something_else_is_to_be_done(machine: Machine, change: dict[str, Any]) -> None:
    machine.run("tts", "activate", OLD)
    store = Store(str(machine.folder / "states" / "tts.json"), str(machine.folder / "locks" / "x"))
    store.edit(lambda before: (before or State())._replace(**change))
    said = machine.run("tts", "active", OLD)
    assert (said.returncode, said.stderr) == (
        1,
        f"releases: tts: {OLD} does not serve as it is on the disk\n",
    )


def test_active_is_no_where_the_release_was_built_again_or_does_not_run(machine: Machine) -> None:
    machine.run("tts", "activate", OLD)
    stamp = machine.folder / "releases" / "v23-1111111" / ".venv" / ".complete"
    os.utime(stamp, (1, 1))
    assert machine.run("tts", "active", OLD).returncode == 1
    assert machine.run("tts", "activate", OLD).returncode == 0
    assert machine.run("tts", "active", OLD).returncode == 0
    [unit] = machine.running
    (machine.folder / "systemd" / "running" / unit).unlink()
    said = machine.run("tts", "active", OLD)
    assert (said.returncode, said.stderr) == (1, f"releases: tts: {unit} is inactive\n")


@pytest.mark.parametrize(
    ("error", "user", "status", "message"),
    [
        (PermissionError(13, "Permission denied", "/x"), 1000, 2, "/x: Permission denied (run it as root)"),
        (PermissionError(13, "Permission denied", "/x"), 0, 1, "/x: Permission denied"),
        (OSError(28, "No space left on device", "/x"), 1000, 1, "/x: No space left on device"),
    ],
)
def test_a_system_that_refuses_is_one_line(
    error: OSError,
    user: int,
    status: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(_: str) -> str:
        raise error

    monkeypatch.setattr(files, "read", refuse)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert main(["tts", "status"]) == status
    assert capsys.readouterr().err == f"releases: {message}\n"


def test_a_link_in_place_of_a_lock_is_not_followed_and_said(machine: Machine) -> None:
    lock = machine.folder / "locks" / "releases-tts.lock"
    lock.symlink_to(machine.folder / "elsewhere")
    said = machine.run("tts", "activate", OLD)
    assert (said.returncode, said.stderr) == (1, f"releases: {lock}: a link in place of a lock (remove it)\n")
    assert not (machine.folder / "elsewhere").exists()


def test_the_locks_are_in_a_folder_of_root_alone(machine: Machine) -> None:
    assert NODE.locks == "/run/releases"
    locks = machine.folder / "locks"
    locks.rmdir()
    machine.run("tts", "activate", OLD)
    assert locks.stat().st_mode & 0o777 == 0o700


def test_status_says_what_serves_and_what_failed(machine: Machine) -> None:
    assert "nothing serves yet" in machine.run("status").stdout
    machine.run("tts", "activate", OLD)
    git = machine.folder / "releases" / "v23-1111111" / ".git"
    git.mkdir()
    (git / "HEAD").write_text("1111111" + "0" * 33 + "\n")
    machine.run("tts", "activate", NEW)
    machine.run("tts", "rollback")
    told = json.loads(machine.run("status", "--json").stdout)["tts"]
    assert told["cards"]["0"]["id"] == OLD
    assert told["cards"]["0"]["state"] == "active"
    assert told["cards"]["0"]["commit"] == "1111111" + "0" * 33
    assert told["failed"]["reason"] == "rolled back by hand"
    assert told["failures"] == [told["failed"]]
    assert told["releases"] == {
        "v23-1111111": ["active"],
        "v24-2222222": ["previous", "failed", "wanted"],
    }
    text = machine.run("tts", "status").stdout
    assert f"card 0: {OLD} since " in text
    assert f"{NEW}: rolled back by hand" in text


def test_a_rubbish_state_is_kept_aside_and_made_anew(machine: Machine) -> None:
    machine.run("tts", "activate", OLD)
    state = machine.folder / "states" / "tts.json"
    state.write_bytes(b"\x00\xff rubbish")
    assert machine.run("tts", "active").stdout == f"{OLD}\n"
    assert machine.run("tts", "active", OLD).returncode == 1, "nobody knows that it was wanted"
    assert machine.run("tts", "activate", OLD).returncode == 0
    assert machine.run("tts", "active", OLD).returncode == 0
    assert (machine.folder / "states" / "tts.json.broken").read_bytes() == b"\x00\xff rubbish"
    assert machine.running == ["tts-webui@0-blue.service"]


def test_a_switch_that_fails_leaves_nothing_half_made(machine: Machine) -> None:
    machine.run("tts", "activate", OLD)
    half = machine.folder / "releases" / "v25-3333333"
    half.mkdir()
    (machine.folder / "deployments" / f"{NEW}.service").write_text("# broken\n")
    assert machine.run("tts", "activate", NEW).returncode == 1
    assert not half.exists()


def test_a_run_deletes_what_an_install_left_that_nobody_wants_any_more(machine: Machine) -> None:
    machine.run("tts", "activate", OLD)
    half = machine.folder / "releases" / "v25-3333333"
    half.mkdir()
    said = machine.run("tts", "active", OLD)
    assert (said.returncode, said.stderr) == (1, "releases: tts: on the disk for nothing: v25-3333333\n")
    serving = machine.running
    (machine.folder / "systemd" / "running" / serving[0]).write_text("the process of before")
    assert machine.run("tts", "activate", OLD).returncode == 0
    assert not half.exists()
    assert (machine.folder / "systemd" / "running" / serving[0]).read_text() == "the process of before"
    assert machine.running == serving
    assert machine.run("tts", "active", OLD).returncode == 0, "the next run has nothing to do"


def test_what_puppet_installs_just_now_is_neither_pruned_nor_in_anybodys_way(machine: Machine) -> None:
    machine.run("tts", "activate", OLD)
    half = machine.folder / "releases" / "v25-3333333"
    half.mkdir()
    machine.describe(wanted_release=half.name, keep_releases=3)
    assert machine.run("tts", "active", OLD).returncode == 0
    assert machine.run("tts", "restart").returncode == 0
    assert machine.run("tts", "prune").returncode == 0
    assert half.exists()


def test_the_guard_of_every_puppet_run_loads_little(machine: Machine) -> None:
    """What it costs in seconds is agent.noop_ratio's to say; modules that speak HTTP are most of it."""
    machine.run("tts", "activate", OLD)
    done = machine.run("tts", "active", OLD, then="print(*sys.modules)")
    assert "releases.switch" in done.stdout.split()
    assert not {"urllib.request", "http.client", "ssl", "asyncio"} & set(done.stdout.split())


def test_a_port_of_the_front_that_somebody_has_is_said_with_who_has_it(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        machine.describe(front_ports=[f"127.0.0.1:{port}"])
        said = machine.run("tts", "ports")
    assert said.returncode == 1
    assert said.stderr.startswith(f"releases: tts-front.service: port {port} is taken by ")
    assert f"(process {os.getpid()}) (end that, or give tts another)" in said.stderr
    assert machine.run("tts", "ports").returncode == 0


@pytest.mark.parametrize("verb", [["reload", "1"], ["reconcile"], ["prune"]])
def test_no_front_is_reloaded_and_nothing_pruned_in_a_switch(machine: Machine, verb: list[str]) -> None:
    with (
        files.locked(f"{machine.folder}/locks/releases-tts.switch.lock"),
        machine.start("tts", *verb) as waiting,
    ):
        assert waiting.stderr
        assert waiting.stderr.readline() == "releases: tts: another releases is at work; waiting for it\n"
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(0.5)
        waiting.kill()
