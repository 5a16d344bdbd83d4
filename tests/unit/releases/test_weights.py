"""Weights that no kept release takes: told by status, and deleted by prune --weights alone."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from releases import weights
from releases.description import release_of
from releases.errors import CommandFailed
from tests.unit.releases.machine import NEW, OLD, Machine
from weights.verified import VERIFIED

WEIGHTS = Path(__file__).parents[3] / "modules" / "weights" / "files"
BUNDLES = {OLD: "IndexTTS-2-740dcaf", NEW: "IndexTTS-2.5-c39ce5b"}
#: A release with the weights of the new one: once it serves, the old release is no longer the one before.
NEWER = "v25-3333333.0000000c"


def program(machine: Machine, script: str) -> None:
    """Have a program of ours keep the weights."""
    path = machine.folder / "bin" / "weights"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    machine.describe(weights=str(path), keep_releases=1)


@pytest.fixture
def cache(machine: Machine) -> Path:
    """The weights of both releases, which share no file, and the program that keeps them."""
    cache = machine.folder / "cache_hub"
    (cache / "store" / "blobs").mkdir(parents=True)
    for at, bundle in enumerate(BUNDLES.values()):
        blob = cache / "store" / "blobs" / f"{at:064}"
        blob.write_bytes(bytes(2**20))
        os.utime(blob, (VERIFIED, VERIFIED))
        (cache / bundle).mkdir()
        os.link(blob, cache / bundle / "gpt.pth")
    for unit in (machine.folder / "deployments").iterdir():
        unit.unlink()
    told: dict[str, object] = {
        "cache_hub": str(cache),
        "sources": [],
        "hub": None,
        "s3": {},
        "bundles": {},
        "wanted": BUNDLES[NEW],
        "units": [f"{machine.folder}/deployments/*.service", f"{machine.folder}/systemd/units/*.service"],
    }
    (machine.folder / "weights").mkdir()
    (machine.folder / "weights" / "tts.json").write_text(json.dumps(told))
    main = f"import sys; sys.path.insert(0, '{WEIGHTS}'); from weights.cli import main"
    run = f"sys.exit(main(sys.argv[1:], '{machine.folder}/weights'))"
    program(machine, f'exec {sys.executable} -IS -c "{main}; {run}" "$@"')
    return cache


def serve(machine: Machine, identifier: str) -> None:
    """Put a deployment and its release there, as Puppet does, and bring it to serve."""
    stamp = machine.folder / "releases" / release_of(identifier) / ".venv" / ".complete"
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text("digest\n")
    bundle = BUNDLES[OLD if identifier == OLD else NEW]
    unit = machine.folder / "deployments" / f"{identifier}.service"
    unit.write_text(f'# deployment {identifier}\n"--model_dir" "{machine.folder}/cache_hub/{bundle}"\n')
    assert machine.run("tts", "activate", identifier).returncode == 0


def test_weights_go_when_no_release_that_is_kept_takes_them(machine: Machine, cache: Path) -> None:
    for identifier in (OLD, NEW):
        serve(machine, identifier)
    assert "old weights" not in machine.run("tts", "status").stdout, "a rollback takes them"
    machine.run("tts", "prune", "--weights")
    assert sorted(os.listdir(cache)) == [*BUNDLES.values(), "store"]

    serve(machine, NEWER)
    line = f"old weights: {BUNDLES[OLD]}, 1.0 MiB (releases tts prune --weights deletes it)\n"
    for verb in (["status"], ["tts", "status"]):
        assert f"  {line}" in machine.run(*verb).stdout
    assert machine.run("tts", "list").stdout.endswith(f"\n{line}")
    (cache / BUNDLES[OLD] / "own").touch()
    told = json.loads(machine.run("status", "--json").stdout)["tts"]["weights"]
    stays = f"{BUNDLES[OLD]}/own is none of the store's (move it away)"
    old = {"path": BUNDLES[OLD], "bytes": 2**20, "stays": stays}
    assert told == {"old": {BUNDLES[OLD]: old}, "trouble": None}
    assert f"old weights: {BUNDLES[OLD]}, 1.0 MiB ({stays})\n" in machine.run("tts", "list").stdout
    (cache / BUNDLES[OLD] / "own").unlink()

    assert machine.run("tts", "prune").stdout == ""
    assert (cache / BUNDLES[OLD]).exists(), "prune alone deletes no weights"
    done = machine.run("tts", "prune", "--weights")
    assert (done.returncode, done.stdout) == (0, f"deleted {BUNDLES[OLD]}, which frees 1.0 MiB\n")
    assert sorted(os.listdir(cache)) == [BUNDLES[NEW], "store"]
    assert machine.run("tts", "prune", "--weights").stdout == ""
    assert machine.running == ["tts-webui@0-blue.service"]


def test_a_release_that_keep_releases_spares_keeps_its_weights(machine: Machine, cache: Path) -> None:
    """It is neither the one that serves nor the one before, but going back to it shall cost no download."""
    machine.describe(weights=str(machine.folder / "bin" / "weights"), keep_releases=3)
    for identifier in (OLD, NEW, NEWER):
        serve(machine, identifier)
    assert machine.run("tts", "prune", "--weights").stdout == ""
    assert sorted(os.listdir(cache)) == [*BUNDLES.values(), "store"]


def test_what_serves_keeps_its_weights_though_somebody_took_its_deployment_away(
    machine: Machine, cache: Path
) -> None:
    serve(machine, OLD)
    (machine.folder / "deployments" / f"{OLD}.service").unlink()
    machine.run("tts", "prune", "--weights")
    assert (cache / BUNDLES[OLD]).exists()


def test_a_service_without_weights_has_none_that_are_old(machine: Machine) -> None:
    assert "weights" not in machine.run("status").stdout
    assert machine.run("tts", "prune", "--weights").returncode == 0


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "echo 'weights: /etc/weights/tts.json: is wrong' >&2; exit 1",
            "weights: /etc/weights/tts.json: is wrong",
        ),
        ("echo rubbish", "weights tts list --json: Expecting value"),
        ("echo '{}'", "weights tts list --json: 'old'"),
        (None, "weights: No such file or directory (a Puppet run puts it there)"),
    ],
)
def test_status_tells_of_releases_whatever_is_wrong_with_weights(
    machine: Machine, script: str | None, said: str
) -> None:
    program(machine, script or "")
    if script is None:
        (machine.folder / "bin" / "weights").unlink()
    machine.run("tts", "activate", OLD)
    found = machine.run("status")
    assert found.returncode == 0 and f"card 0: {OLD} since" in found.stdout
    assert "  old weights are not known: " in found.stdout and said in found.stdout
    told = json.loads(machine.run("status", "--json").stdout)["tts"]["weights"]
    assert told["old"] == {} and said in told["trouble"]


def test_a_listing_that_hangs_is_given_up(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    program(machine, "exec sleep 60")
    monkeypatch.setattr(weights, "_PATIENCE", 0.2)
    with pytest.raises(CommandFailed, match=r"timed out after 0\.2 seconds"):
        weights.Weights(str(machine.folder / "bin" / "weights"), "tts").old()


@pytest.mark.parametrize("script", ["exit 1", None])
def test_releases_are_pruned_though_weights_cannot_be(machine: Machine, script: str | None) -> None:
    program(machine, script or "")
    if script is None:
        (machine.folder / "bin" / "weights").unlink()
    half = machine.folder / "releases" / "v25-3333333"
    half.mkdir()
    done = machine.run("tts", "prune", "--weights")
    assert done.returncode == 1 and done.stderr.startswith("releases: ")
    assert not half.exists()


def test_no_switch_waits_for_weights_to_go(machine: Machine) -> None:
    """Whoever deletes weights waits for whoever fetches them, which may take hours."""
    waits = machine.folder / "waits"
    waits.touch()
    program(machine, f"echo waits; while [ -e {waits} ]; do sleep 0.1; done")
    deleting = machine.start("tts", "prune", "--weights")
    assert deleting.stdout
    assert [deleting.stdout.readline() for _ in range(2)] == ["deleted v23-1111111\n", "waits\n"]
    switching = machine.start("tts", "activate", NEW)
    try:
        assert switching.wait(20) == 0
    finally:
        waits.unlink()
        switching.communicate()
        deleting.communicate()
    assert deleting.returncode == 0


def test_a_guard_of_every_puppet_run_asks_nobody_for_weights(machine: Machine) -> None:
    program(machine, f"echo asked >>{machine.folder}/asked")
    machine.run("tts", "activate", OLD)
    assert machine.run("tts", "active", OLD).returncode == 0
    assert not (machine.folder / "asked").exists()
