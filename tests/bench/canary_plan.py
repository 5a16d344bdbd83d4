"""``fleet canary plan``: the whole process, on a made-up fleet with a rollout under way."""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import yaml

from generator import REPOSITORY
from generator.canary.ranking import choose
from generator.canary.rollout import Rollout
from generator.canary.rollout_file import dump
from tests.bench import fleet_data
from tests.bench.measure import median, spent

FLEET = Path(sys.executable).with_name("fleet")
NODES, LAYERS, KEYS = 5000, 12, 200
RUNS = 5
SERVICE, NOW, NEXT = "indextts2", "v2.0.0", "v2.5.0"
#: One node in so many has a line of its own.
OWN = 50


def measure() -> dict[str, float]:
    """Time of a plan for 5,000 nodes: nine in ten can be asked, and a quarter of them is in the rollout."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make(root)
        command: list[str | Path] = [FLEET, "canary", "plan", SERVICE, NEXT, "--offline", "--root", root]
        runs = [spent(command) for _ in range(RUNS + 1)][1:]
    return {
        "canary.plan_s": median(run.seconds for run in runs),
        "canary.plan_mb": max(run.peak_mb for run in runs),
    }


def make(root: Path) -> None:
    """Write the fleet's repository at ``root``."""
    names = fleet_data.make(root, NODES, LAYERS, KEYS)
    hiera = yaml.safe_load((root / "hiera.yaml").read_text())
    layer = {"name": "cohort", "glob": "cohorts/*.yaml", "lookup_key": "releases::cohort"}
    hiera["hierarchy"].insert(1, layer)
    (root / "hiera.yaml").write_text(yaml.safe_dump(hiera, sort_keys=False))
    for name in (f"services/{SERVICE}.yaml", f"catalogue/{SERVICE}.yaml"):
        (root / "hieradata" / name).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / "hieradata" / name, root / "hieradata" / name)
    for number in range(fleet_data.ROLES):
        brings = f"  include {SERVICE}\n" if number % 10 else "  include load\n"
        path = root / "modules" / "role" / "manifests" / f"role_{number:02}.pp"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# @summary A role\nclass role::role_{number:02} {{\n{brings}}}\n")
    for path in [root / "hieradata" / "common.yaml", *_own(root, names)]:
        with path.open("a") as file:
            file.write(f"{SERVICE}::revision: {NOW}\n")
    able = [name for number, name in enumerate(names) if number % 10 and number % OWN != 1]
    rollout = Rollout(
        service=SERVICE,
        revision=NEXT,
        steps=(10, 25, 50, 100),
        step=25,
        since=datetime(2026, 11, 28, tzinfo=UTC),
        interval=1800,
        salt=NEXT,
        members=tuple(choose(able, (), 25, SERVICE, NEXT)),
    )
    (root / rollout.file).parent.mkdir()
    (root / rollout.file).write_text(dump(rollout))


def _own(root: Path, names: list[str]) -> list[Path]:
    return [root / "hieradata" / "nodes" / f"{name}.yaml" for name in names[1::OWN]]
