"""The stand-in's repository, weights and pins; uv is a fake here, because a lock needs the network."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.definition import SERVICES, load_service
from generator.lab.standin import RELEASES, Pin, catalogue, make_repository
from generator.lab.standin_weights import MODEL, WEIGHTS, Bundle, make_weights
from weights import models


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    script = tmp_path_factory.mktemp("bin") / "uv"
    script.write_text(
        '#!/bin/sh\necho x >> "$0.calls"\n{ echo "version = 1"; cat pyproject.toml; } > uv.lock\n'
    )
    script.chmod(0o755)
    return script


@pytest.fixture(scope="module")
def repository(uv: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Pin]]:
    target = tmp_path_factory.mktemp("git") / "standin.git"
    return target, make_repository(target, uv)


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Bundle]]:
    root = tmp_path_factory.mktemp("weights")
    return root, make_weights(root)


def show(repository: Path, tag: str, path: str) -> bytes:
    return subprocess.run(
        ["git", "-C", str(repository), "show", f"{tag}:{path}"], check=True, capture_output=True
    ).stdout


def files(repository: Path, tag: str) -> set[str]:
    listing = subprocess.run(
        ["git", "-C", str(repository), "ls-tree", "-r", "--name-only", tag],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return set(listing.split())


def test_the_same_files_make_the_same_commits(
    repository: tuple[Path, dict[str, Pin]], uv: Path, tmp_path: Path
) -> None:
    assert make_repository(tmp_path / "again.git", uv) == repository[1]


@pytest.mark.parametrize("tag", RELEASES)
def test_a_pin_is_what_its_tag_holds(repository: tuple[Path, dict[str, Pin]], tag: str) -> None:
    target, pins = repository
    commit = subprocess.run(
        ["git", "-C", str(target), "rev-parse", f"{tag}^{{commit}}"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert pins[tag].commit == commit
    if pins[tag].install == "lock":
        assert pins[tag].lock_sha256 == hashlib.sha256(show(target, tag, "uv.lock")).hexdigest()
        assert "requirements.txt" not in files(target, tag)
    else:
        assert pins[tag].lock_sha256 is None
        assert not {"uv.lock", "pyproject.toml"} & files(target, tag)
        assert "requirements.txt" in files(target, tag)


@pytest.mark.parametrize("tag", RELEASES)
def test_the_flags_of_a_pin_are_those_that_the_release_takes(
    repository: tuple[Path, dict[str, Pin]], tag: str
) -> None:
    target, pins = repository
    assert tuple(json.loads(show(target, tag, "release.json"))["flags"]) == pins[tag].flags


def test_no_template_is_left_in_the_repository(repository: tuple[Path, dict[str, Pin]]) -> None:
    for tag in RELEASES:
        names = files(repository[0], tag)
        assert ".gitignore" in names
        assert not {name for name in names if name.endswith(".in") or "__pycache__" in name}
        if "pyproject.toml" in names:
            assert b"@" not in show(repository[0], tag, "pyproject.toml")


def test_a_lock_is_made_once(uv: Path, tmp_path: Path) -> None:
    calls = Path(f"{uv}.calls")
    calls.unlink(missing_ok=True)
    first = make_repository(tmp_path / "a.git", uv, tmp_path / "locks")
    made = len(calls.read_text().splitlines())
    assert made == 2  # v23's and v24-beta's differ
    assert make_repository(tmp_path / "b.git", uv, tmp_path / "locks") == first
    assert len(calls.read_text().splitlines()) == made


def test_the_weights_are_those_that_a_release_demands(
    repository: tuple[Path, dict[str, Pin]], bundles: tuple[Path, dict[str, Bundle]]
) -> None:
    root, made = bundles
    for tag, pin in repository[1].items():
        bundle = made[pin.weights]
        demanded = json.loads(show(repository[0], tag, "release.json"))["weights"]
        snapshot = root / bundle.repository / bundle.revision
        assert demanded == {
            path: hashlib.sha256((snapshot / path).read_bytes()).hexdigest() for path in demanded
        }
        assert set(demanded) == set(WEIGHTS[pin.weights][1])


def test_a_bundle_has_the_model_that_its_release_demands_where_it_looks_for_it(
    repository: tuple[Path, dict[str, Pin]], bundles: tuple[Path, dict[str, Bundle]]
) -> None:
    root, made = bundles
    for tag in ("v23", "v24-beta"):
        bundle = made[repository[1][tag].weights]
        entry: Any = bundle.data()["models"]
        found = models.read(entry)
        assert (list(models.faults(found)), found) == ([], bundle.models)
        assert models.lacking(found, bundle.all_files) == []
        demanded = json.loads(show(repository[0], tag, "release.json"))["models"]
        assert ("repository" in demanded) == (tag == "v23")
        *_, model = found
        for path, digest in demanded["files"].items():
            on_hub = (root / model.repository / model.revision / path).read_bytes()
            assert on_hub == bundle.all_files[f"{model.place}/{path}"]
            assert hashlib.sha256(on_hub).hexdigest() == digest
    assert "models" not in made["standin-1.5"].data()
    assert set(MODEL[1]) > set(demanded["files"]), "the hub has more than is read"


@pytest.mark.parametrize(("tag", "count"), [("v15", 0), ("v23", 0), ("v24-beta", 2)])
def test_a_bundle_has_the_examples_that_its_release_offers_where_the_definition_takes_them_from(
    repository: tuple[Path, dict[str, Pin]], bundles: tuple[Path, dict[str, Bundle]], tag: str, count: int
) -> None:
    root, made = bundles
    offered = json.loads(show(repository[0], tag, "release.json"))["examples"]
    assert len(offered) == count
    assert not [name for name in files(repository[0], tag) if name.startswith("examples/")]
    taken = load_service(SERVICES / "indextts2.yaml").filled["examples"].weights
    bundle = made[repository[1][tag].weights]
    there = {path: data for path, data in bundle.all_files.items() if path.startswith(f"{taken}/")}
    assert {Path(path).name for path in there} == set(offered)
    for path, data in there.items():
        (space,) = (model for model in bundle.models if model.in_repository(path))
        assert space.repository.startswith("spaces/")
        assert (
            root / space.repository / space.revision / str(space.in_repository(path))
        ).read_bytes() == data


def test_damaged_weights_are_written_again(tmp_path: Path) -> None:
    bundle = make_weights(tmp_path)["standin-2"]
    file = tmp_path / bundle.repository / bundle.revision / "gpt.pth"
    file.write_bytes(b"short")
    make_weights(tmp_path)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == bundle.files["gpt.pth"]


def test_the_catalogue_is_hiera_data(
    repository: tuple[Path, dict[str, Pin]], bundles: tuple[Path, dict[str, Bundle]]
) -> None:
    data = yaml.safe_load(catalogue("indextts2", repository[1], bundles[1]))
    assert list(data) == ["indextts2::releases", "indextts2::weights"]
    assert data["indextts2::releases"]["v23"]["commit"] == repository[1]["v23"].commit
    assert "lock_sha256" not in data["indextts2::releases"]["v15"]
    assert {release["weights"] for release in data["indextts2::releases"].values()} == set(
        data["indextts2::weights"]
    )


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_a_start_without_its_weights_fails_at_once_with_one_line(
    repository: tuple[Path, dict[str, Pin]],
    bundles: tuple[Path, dict[str, Bundle]],
    tmp_path: Path,
    harm: str,
) -> None:
    checkout, weights = tmp_path / "checkout", tmp_path / "weights"
    subprocess.run(
        ["git", "clone", "--quiet", "--branch=v23", str(repository[0]), str(checkout)],
        check=True,
        capture_output=True,
    )
    root, made = bundles
    shutil.copytree(root / made["standin-2"].repository / made["standin-2"].revision, weights)
    if harm == "missing":
        (weights / "s2mel.pth").unlink()
    else:
        (weights / "s2mel.pth").write_bytes(b"not weights")
    start = subprocess.run(
        ["python3", "webui.py", "--model_dir", str(weights)],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert start.returncode == 1
    assert start.stderr.startswith(f"Weights file {weights}/s2mel.pth is {harm}")
    assert start.stderr.count("\n") == 1


@pytest.mark.parametrize("tag", RELEASES)
def test_what_the_definition_fills_is_what_the_text_normaliser_would_build(
    repository: tuple[Path, dict[str, Pin]], tmp_path: Path, tag: str
) -> None:
    checkout = tmp_path / "checkout"
    subprocess.run(
        ["git", "clone", "--quiet", f"--branch={tag}", str(repository[0]), str(checkout)],
        check=True,
        capture_output=True,
    )
    folders = {
        folder: how.python
        for folder, how in load_service(SERVICES / "indextts2.yaml").filled.items()
        if how.python
    }
    said = []
    for folder, code in folders.items():
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=checkout, check=True, capture_output=True, text=True
            )
            assert [path.name for path in (checkout / folder).iterdir()] == ["zh_tn_tagger.fst"]
            said.append("is built" in done.stdout)
    assert said == [True, False]


@pytest.mark.parametrize("tag", ["v23", "v24-beta"])
@pytest.mark.parametrize("harm", ["none", "missing", "damaged"])
def test_a_start_reads_the_model_where_upstreams_releases_do_and_fails_without_it(
    repository: tuple[Path, dict[str, Pin]],
    bundles: tuple[Path, dict[str, Bundle]],
    tmp_path: Path,
    tag: str,
    harm: str,
) -> None:
    checkout, weights = tmp_path / "checkout", tmp_path / "weights"
    subprocess.run(
        ["git", "clone", "--quiet", f"--branch={tag}", str(repository[0]), str(checkout)],
        check=True,
        capture_output=True,
    )
    bundle = bundles[1][repository[1][tag].weights]
    for path, content in bundle.all_files.items():
        (weights / path).parent.mkdir(parents=True, exist_ok=True)
        (weights / path).write_bytes(content)
    model = weights / bundle.models[-1].place / "model.safetensors"
    if harm == "missing":
        model.unlink()
    elif harm == "damaged":
        model.write_bytes(b"not weights")
    start = subprocess.run(
        [sys.executable, "webui.py", "--model_dir", str(weights)],
        cwd=checkout,
        env={"HOME": str(tmp_path), "HF_HUB_CACHE": str(weights / "hub"), "HF_HUB_OFFLINE": "true"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert start.returncode == 1  # there is no gradio here
    # neither the file by which the hub's client finds a model, nor an example
    sizes = [len(data) for path, data in bundle.all_files.items() if not path.startswith("demo/")]
    read = f">> {sum(sizes) - 40 * (tag == 'v23')} bytes of weights read"
    assert (read in start.stdout) == (harm == "none"), start.stderr
    named = (
        f"{model} is {harm}"
        if (tag, harm) != ("v23", "missing")
        else "A model of lab/w2v-bert-2.0 is missing"
    )
    assert (named in start.stderr) == (harm != "none")
