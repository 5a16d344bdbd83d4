"""A deploy brings all of the new code or nothing of it, whatever fails, and the record says which."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from code_deploy import cli, files, record, run, versions
from code_deploy import server as puppet_server
from code_deploy.errors import DeployError
from tests.unit.code_deploy.machine import Machine, PuppetServer

A, B = "a".ljust(40, "0"), "b".ljust(40, "0")


def test_new_code_serves_by_a_link_and_the_server_is_told(machine: Machine, server: PuppetServer) -> None:
    done = machine.deploy()
    link = machine.settings.environments / "production"
    assert done.ok and link.is_symlink() and machine.said() == "one"
    # Puppet reads the link itself (versioned_environment_dirs), and expands what is relative by its own folder
    assert link.readlink().is_absolute() and (link / ".r10k-deploy.json").is_file()
    assert server.flushes == ["/puppet-admin-api/v1/environment-cache"]
    assert machine.calls() == ["generate types", "parser validate"] and (link / ".resource_types").is_dir()
    assert [(line["commit"], line["previous"], line["ok"]) for line in machine.record()] == [(A, "", True)]
    assert 'fleet_deploy_ok{environment="production"} 1\n' in machine.metrics()


def test_what_serves_already_is_left_alone(machine: Machine, server: PuppetServer) -> None:
    machine.deploy()
    machine.calls()
    before = list(machine.settings.versions.rglob("*"))
    assert machine.deploy().ok
    assert machine.calls() == [] and len(server.flushes) == 1 and len(machine.record()) == 1
    assert list(machine.settings.versions.rglob("*")) == before


def test_what_somebody_changed_by_hand_is_put_right(machine: Machine, server: PuppetServer) -> None:
    machine.deploy()
    (machine.settings.environments / "production" / "manifests" / "site.pp").write_text("own")
    assert machine.deploy().ok and machine.said() == "one" and len(server.flushes) == 2


def test_data_alone_is_not_parsed_as_code(machine: Machine) -> None:
    machine.deploy()
    machine.calls()
    machine.branch("production", "b", {"manifests/site.pp": "one", "hieradata/common.yaml": "{}"})
    assert machine.deploy().ok and machine.calls() == []
    assert (machine.settings.environments / "production" / ".resource_types").is_dir()


def test_code_that_does_not_parse_never_serves(machine: Machine, server: PuppetServer) -> None:
    machine.deploy()
    machine.branch("production", "b", {"manifests/site.pp": "BROKEN"})
    for _ in range(2):
        done = machine.deploy()
        assert (done.ok, done.commit, done.previous) == (False, B, A)
        assert done.error == "Error: Could not parse (manifests/site.pp:1)"
        assert machine.said() == "one" and machine.versions() == ["a"] and len(server.flushes) == 1
    assert [line["ok"] for line in machine.record()] == [True, False], "a failure is told once"
    assert 'fleet_deploy_ok{environment="production"} 0\n' in machine.metrics()
    machine.branch("production", "c", {"manifests/site.pp": "three"})
    assert machine.deploy().ok and machine.said() == "three"
    assert 'fleet_deploy_ok{environment="production"} 1\n' in machine.metrics()


@pytest.mark.parametrize("nodes", [20, 0])
def test_what_does_not_compile_serves_only_where_nobody_wants_it_compiled(
    machine: Machine, nodes: int
) -> None:
    machine.settings = replace(machine.settings, nodes=nodes)
    refuses = "import sys\nsys.exit('nothing compiles' if 'compile' in sys.argv else 0)\n"
    machine.branch("production", "a", {"generator/__init__.py": "", "generator/cli.py": refuses})
    assert machine.deploy().ok == (nodes == 0)


def test_a_check_lets_nothing_serve(machine: Machine, server: PuppetServer) -> None:
    machine.deploy()
    machine.branch("production", "b", {"manifests/site.pp": "two"})
    assert machine.deploy(check=True).ok
    assert machine.said() == "one" and machine.versions() == ["a"] and len(machine.record()) == 1
    machine.branch("production", "c", {"manifests/site.pp": "BROKEN"})
    assert not machine.deploy(check=True).ok and len(machine.record()) == 1 and len(server.flushes) == 1


def test_branches_that_r10k_cannot_list_change_nothing(machine: Machine) -> None:
    machine.deploy()
    (machine.branches / "why").write_text("Unable to determine current branches\nStderr:\nfatal: no route\n")
    done = machine.deploy()
    assert not done.ok and machine.said() == "one"
    assert done.error == "r10k: Unable to determine current branches: fatal: no route"


def test_a_branch_without_its_modules_holds_up_no_other(machine: Machine) -> None:
    machine.branch("broken", "b", {"manifests/site.pp": "two", "why": "module x is nowhere\n"})
    machine.deploy()
    assert machine.said() == "one" and not (machine.settings.environments / "broken").exists()
    ok = {line["environment"]: (line["ok"], line["error"]) for line in machine.record()}
    assert ok == {"broken": (False, "r10k: module x is nowhere"), "production": (True, "")}


def test_one_environment_alone(machine: Machine) -> None:
    machine.branch("other", "b", {"manifests/site.pp": "two"})
    assert machine.deploy("other").ok
    assert machine.said("other") == "two" and not (machine.settings.environments / "production").exists()
    with pytest.raises(
        DeployError, match="nowhere: is not deployed here: profile::code_deploy::branches is prod"
    ):
        machine.deploy("nowhere")
    assert "nowhere" not in machine.metrics() and len(machine.record()) == 1


def test_an_environment_goes_with_its_branch(machine: Machine, server: PuppetServer) -> None:
    machine.branch("other", "b", {"manifests/site.pp": "two"})
    (machine.settings.environments / "by_hand").mkdir()
    machine.deploy()
    machine.cut("other")
    assert machine.deploy("production").ok and machine.said("other") == "two"
    assert machine.deploy().ok
    assert sorted(path.name for path in machine.settings.environments.iterdir()) == ["by_hand", "production"]
    assert [path.name for path in machine.settings.versions.iterdir()] == ["production"]
    assert len(server.flushes) == 2 and "other" not in machine.metrics()


def test_no_environment_goes_because_r10k_could_not_bring_its_branch(machine: Machine) -> None:
    """What it has not brought may be missing for that alone."""
    machine.branch("broken", "b", {"manifests/site.pp": "two"})
    machine.deploy()
    shutil.rmtree(machine.settings.staging / "broken")
    machine.branch("broken", "c", {"manifests/site.pp": "three", "why": "module x is nowhere\n"})
    machine.deploy()
    assert machine.said("broken") == "two" and 'fleet_deploy_ok{environment="broken"} 0' in machine.metrics()


def test_an_emptied_repository_takes_no_environment_and_is_told(
    machine: Machine, server: PuppetServer
) -> None:
    machine.branch("other", "b", {"manifests/site.pp": "two"})
    machine.deploy()
    machine.cut("production")
    machine.cut("other")
    done = machine.deploy()
    assert not done.ok and "'production' cannot be found" in done.error
    assert machine.said() == "one" and machine.said("other") == "two"
    assert machine.versions() == ["a"] and machine.versions("other") == ["b"]
    assert 'fleet_deploy_ok{environment="production"} 0\n' in machine.metrics()
    assert [line["ok"] for line in machine.record() if line["environment"] == "production"] == [True, False]


def test_production_stays_even_where_nobody_names_it(machine: Machine) -> None:
    machine.branch("other", "b", {"manifests/site.pp": "two"})
    machine.deploy()
    machine.settings = replace(machine.settings, branches=("other",))
    assert machine.deploy().ok and machine.said() == "one"
    machine.cut("other")
    assert not machine.deploy().ok and machine.said("other") == "two", "it is the last that was wanted"


def test_a_branch_that_nobody_names_is_not_even_fetched(machine: Machine) -> None:
    machine.branch("stranger", "b", {"manifests/site.pp": "two"})
    machine.branch("other", "b", {"manifests/site.pp": "two"})
    machine.deploy()
    assert sorted(path.name for path in machine.settings.staging.iterdir()) == ["other", "production"]
    machine.settings = replace(machine.settings, branches=("production",))
    machine.deploy()
    assert [path.name for path in machine.settings.environments.iterdir()] == ["production"]


def test_no_environment_goes_because_the_repository_is_away(machine: Machine) -> None:
    machine.branch("other", "b", {"manifests/site.pp": "two"})
    machine.deploy()
    machine.cut("other")
    (machine.branches / "why").write_text("no route\n")
    machine.deploy()
    assert machine.said("other") == "two"


def test_a_server_that_did_not_hear_of_it_is_told_by_the_next_deploy(
    machine: Machine, server: PuppetServer
) -> None:
    server.status = 503
    done = machine.deploy()
    assert not done.ok and "answers 503; the new code is in place" in done.error
    assert machine.said() == "one" and done.previous == ""
    server.status = 204
    assert machine.deploy().ok and len(server.flushes) == 2
    assert machine.deploy().ok and len(server.flushes) == 2
    assert [line["ok"] for line in machine.record()] == [False, True]


def test_a_server_that_is_down_is_named(machine: Machine, server: PuppetServer) -> None:
    server.server_close()
    done = machine.deploy()
    assert not done.ok and done.error.startswith(f"{server.url}/puppet-admin-api")
    assert "Connection refused" in done.error


def test_the_two_versions_before_stay(machine: Machine) -> None:
    for word in "abcde":
        machine.branch("production", word, {"manifests/site.pp": word})
        assert machine.deploy().ok
    assert machine.versions() == ["c", "d", "e"]


def test_a_folder_that_r10k_once_filled_becomes_a_link(machine: Machine, server: PuppetServer) -> None:
    """And there is code at every moment: a reader never finds none."""
    folder = machine.settings.environments / "production"
    (folder / "manifests").mkdir(parents=True)
    (folder / "manifests" / "site.pp").write_text("from before")
    (folder / ".r10k-deploy.json").write_text(json.dumps({"signature": B, "deploy_success": True}))
    watcher = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\nwhile True:\n  text = open(sys.argv[1]).read()\n  if text == 'one': break\n"
            "  assert text == 'from before', text\n  sys.stdout.write('.'); sys.stdout.flush()",
            folder / "manifests" / "site.pp",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watcher.stdout and watcher.stdout.read(1)
    done = machine.deploy()
    _, said = watcher.communicate(timeout=30)
    assert watcher.returncode == 0, said
    assert done.ok and done.previous == B and folder.is_symlink()
    assert [path.name for path in machine.settings.environments.iterdir()] == ["production"]


def test_an_empty_folder_of_puppets_becomes_a_link(machine: Machine) -> None:
    (machine.settings.environments / "production").mkdir()
    assert machine.deploy().ok and (machine.settings.environments / "production").is_symlink()


class KilledError(BaseException):
    """The power is cut."""


#: Each step of the swap, and which code serves when the power is cut right before it.
STEPS = [
    ("copy_tree", versions, "one"),
    ("sync_tree", versions, "one"),
    ("point", versions, "one"),
    ("flush", puppet_server, "two"),
    ("keep", record, "two"),
]


@pytest.mark.parametrize(("step", "where", "serves"), STEPS, ids=[step for step, _, _ in STEPS])
def test_a_deploy_that_is_cut_off_leaves_one_whole_code_and_the_next_completes_it(
    machine: Machine,
    server: PuppetServer,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    where: object,
    serves: str,
) -> None:
    machine.deploy()
    machine.branch("production", "b", {"manifests/site.pp": "two"})

    def cut(*_words: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(where, step, cut)
        # a cut off process tidies nothing up
        patch.setattr(run, "clear", lambda path: None)
        machine.deploy()
    assert machine.said() == serves
    assert machine.deploy().ok and machine.said() == "two"
    assert machine.versions() == ["a", "b"] and len(server.flushes) == 2
    assert sorted(path.name for path in machine.settings.environments.iterdir()) == ["production"]


def test_a_full_disk_changes_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.deploy()
    machine.branch("production", "b", {"manifests/site.pp": "two"})
    cp = machine.folder / "bin" / "cp"
    cp.write_text(
        "#!/bin/sh\ncase $* in *--archive*) echo 'cp: error writing: No space left on device' >&2; exit 1;; esac\nexec /bin/cp \"$@\"\n"
    )
    cp.chmod(0o755)
    done = machine.deploy()
    assert not done.ok and "No space left on device" in done.error
    assert machine.said() == "one" and machine.versions() == ["a"]
    cp.unlink()
    assert machine.deploy().ok and machine.said() == "two"


def test_of_two_at_once_the_second_waits(machine: Machine) -> None:
    with files.locked(machine.settings.state / "lock"):
        other = subprocess.Popen(
            [sys.executable, "-c", "from code_deploy.cli import main; import sys, pathlib; sys.exit(main([], pathlib.Path(sys.argv[1])))", _settings(machine)],
            env={**machine.environment, "PYTHONPATH": str(Path(cli.__file__).parents[1])},
            stdout=subprocess.PIPE,
        )  # fmt: skip
        _wait_for_lock(other.pid)
        assert not (machine.settings.environments / "production").exists()
    said, _ = other.communicate(timeout=30)
    assert other.returncode == 0 and machine.said() == "one" and b"swap the new code in" in said


def _settings(machine: Machine) -> Path:
    settings = machine.settings
    said = {
        name: str(getattr(settings, name))
        for name in ("environments", "state", "r10k", "cache_url", "puppetdb_url", "checker")
    }
    said |= {"branches": list(settings.branches), "interval": "5min"}  # type: ignore[dict-item]
    path = machine.folder / "code-deploy.json"
    path.write_text(json.dumps({**said, "modules": False, "nodes": 20, "keep": 2}))
    return path


def _wait_for_lock(pid: int) -> None:
    """Wait until a process waits in flock(2): the kernel lists it as one that is blocked."""
    end = time.monotonic() + 30
    while not any(
        "->" in line and f" {pid} " in line for line in Path("/proc/locks").read_text().splitlines()
    ):
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_command_exits_as_its_unit_should(
    machine: Machine, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = _settings(machine)
    assert cli.main([], settings) == 0
    machine.branch("production", "b", {"manifests/site.pp": "BROKEN"})
    assert cli.main(["check:production"], settings) == 1
    assert "production: not deployed: Error: Could not parse (manifests/site.pp:1)" in capsys.readouterr().err
    assert cli.main(["../x"], settings) == 2
    assert cli.main([], tmp_path / "nowhere.json") == 2
    assert "nowhere.json: No such file" in capsys.readouterr().err


def test_a_deploy_that_cannot_write_its_own_is_told(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = _settings(machine)
    assert cli.main(["production"], settings) == 0
    shutil.rmtree(machine.settings.staging)
    machine.settings.staging.write_text("no folder")
    assert cli.main(["check:production"], settings) == 1
    assert 'fleet_deploy_ok{environment="production"} 1\n' in machine.metrics()
    assert cli.main(["production"], settings) == 1
    assert 'fleet_deploy_ok{environment="production"} 0\n' in machine.metrics()
    assert "staging: File exists" in capsys.readouterr().err
    assert cli.main(["nowhere"], settings) == 2


def test_the_clock_of_the_deploys_is_told_where_there_is_one(machine: Machine) -> None:
    machine.deploy()
    assert 'fleet_deploy_interval_seconds{environment="production"} 300\n' in machine.metrics()
    machine.settings = replace(machine.settings, interval=None)
    machine.deploy()
    assert "interval" not in machine.metrics()


def test_a_folder_that_cannot_be_exchanged_is_named(tmp_path: Path) -> None:
    (tmp_path / "production" / "x").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(DeployError, match=r"ENOSYS|EINVAL"):
        patch.setattr(files, "_RENAME_EXCHANGE", 1 << 20)
        files.point(tmp_path / "production", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["production"]
