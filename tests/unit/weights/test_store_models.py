"""The models of other repositories come with a bundle, in both layouts that releases read, from every source."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from generator.lab.hub import Hub
from tests.unit.weights.store_node import ONE, Node
from weights.bundle import dump
from weights.measure import measure

pytestmark = pytest.mark.puppet  # what `make setup` installs as root: aria2

#: The revisions of the bundle's own repository, and of all others.
OWN, REVISION = "c" * 40, "d" * 40
CACHE = f"hub/models--facebook--w2v/snapshots/{REVISION}"
REFS = "hub/models--facebook--w2v/refs/main"
#: By repository: what a hub has of each, more than releases read.
ON_HUB = {
    f"a/b/{OWN}": {"gpt.pth": b"gpt", "config.yaml": b"a: 1\n"},
    f"facebook/w2v/{REVISION}": {
        "config.json": b"{}",
        "model.bin": b"w2v" * 1000,
        "more.pt": b"nobody reads it",
    },
    f"amphion/codec/{REVISION}": {"codec/model.bin": b"codec" * 1000, "README.md": b"codec"},
}
W2V: dict[str, Any] = {
    "repository": "facebook/w2v",
    "revision": REVISION,
    "files": ["config.json", "model.bin"],
}
CODEC = {"repository": "amphion/codec", "revision": REVISION, "path": "codec/model.bin"}
MODELS = {CACHE: W2V, "hf_cache/w2v": W2V, "hf_cache/codec.bin": CODEC}
CONTENT = {
    "gpt.pth": b"gpt",
    "config.yaml": b"a: 1\n",
    f"{CACHE}/config.json": b"{}",
    f"{CACHE}/model.bin": b"w2v" * 1000,
    REFS: REVISION.encode(),
    "hf_cache/w2v/config.json": b"{}",
    "hf_cache/w2v/model.bin": b"w2v" * 1000,
    "hf_cache/codec.bin": b"codec" * 1000,
}


@pytest.fixture
def node(node: Node) -> Node:
    """The node, with a bundle that has models in both layouts; the NAS has it as a node does."""
    return describe(node, MODELS)


def describe(node: Node, models: dict[str, Any], content: dict[str, bytes] = CONTENT) -> Node:
    """Say that the node's bundle has ``models``, and ``content`` in all."""
    for path, data in content.items():
        (node.nas / ONE / path).parent.mkdir(parents=True, exist_ok=True)
        (node.nas / ONE / path).write_bytes(data)
    text = dump([measure(str(node.nas / ONE), path) for path in content])
    digest = hashlib.sha256(text.encode()).hexdigest()
    (node.told / "lists" / f"{digest}.json").write_text(text)
    node.bundles[ONE] = {"repository": "a/b", "revision": OWN, "files_sha256": digest, "models": models}  # type: ignore[dict-item]
    node.describe(str(node.nas))
    return node


@contextmanager
def hub(place: Path) -> Iterator[str]:
    """Serve the repositories as the model hub does."""
    for repository, files in ON_HUB.items():
        for path, content in files.items():
            (place / repository / path).parent.mkdir(parents=True, exist_ok=True)
            (place / repository / path).write_bytes(content)
    with Hub(place, ("127.0.0.1", 0)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def from_hub(node: Node, address: str) -> None:
    """Say that the hub at an address is the one source."""
    told = json.loads((node.told / "indextts2.json").read_text())
    (node.told / "indextts2.json").write_text(json.dumps(told | {"sources": ["hub"], "hub": address}))


def test_a_bundle_comes_with_its_models_from_a_hub(node: Node, tmp_path: Path) -> None:
    with hub(tmp_path / "hub") as address:
        from_hub(node, address)
        assert node.run("fetch", ONE) == 0
    assert node.is_whole(ONE, CONTENT)
    assert (node.cache / ONE / CACHE / "model.bin").samefile(node.cache / ONE / "hf_cache/w2v/model.bin")


def test_a_bundle_comes_with_its_models_from_a_mirror(node: Node) -> None:
    assert node.run("fetch", ONE) == 0
    assert node.is_whole(ONE, CONTENT)


@pytest.mark.parametrize("path", ["hf_cache/codec.bin", REFS])
def test_a_model_that_was_damaged_is_noticed_and_comes_again(node: Node, tmp_path: Path, path: str) -> None:
    with hub(tmp_path / "hub") as address:
        from_hub(node, address)
        node.run("fetch", ONE)
        (node.cache / ONE / path).chmod(0o644)
        (node.cache / ONE / path).write_bytes(b"x" * len(CONTENT[path]))
        assert node.run("check", ONE) == 1
        assert node.run("fetch", ONE) == 0
    assert node.is_whole(ONE, CONTENT)


def test_a_hub_with_other_models_is_named_and_nothing_of_the_bundle_appears(
    node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with hub(tmp_path / "hub") as address:
        (tmp_path / "hub" / "amphion/codec" / REVISION / "codec/model.bin").write_bytes(b"XXXXX" * 1000)
        from_hub(node, address)
        assert node.run("fetch", ONE) == 1
    assert f"{address}/a/b/resolve/{OWN}: serves wrong bytes of hf_cache/codec.bin" in capsys.readouterr().err
    assert not (node.cache / ONE).exists()


def test_a_revision_that_is_not_the_one_that_was_locked_is_not_given(
    node: Node, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(node, MODELS, CONTENT | {REFS: b"e" * 40})
    with hub(tmp_path / "hub") as address:
        from_hub(node, address)
        assert node.run("fetch", ONE) == 1
    assert f"the catalogue: says another {REFS} than was locked" in capsys.readouterr().err
    assert not (node.cache / ONE).exists()


def test_a_list_that_was_locked_before_a_model_was_there_is_refused(
    node: Node, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(node, MODELS, {path: data for path, data in CONTENT.items() if path != "hf_cache/codec.bin"})
    for verb in ("check", "fetch"):
        assert node.run(verb, ONE) == 1
        assert (
            "lacks hf_cache/codec.bin of the bundle's models (fleet weights lock)" in capsys.readouterr().err
        )
    assert not (node.cache / ONE).exists()


@pytest.mark.parametrize(
    "model",
    [{"../../etc": W2V}, {"/etc": W2V}, {"a": W2V | {"files": ["../x"]}}, {"a": CODEC | {"path": "../x"}}],
)
def test_a_model_that_leaves_the_bundle_is_refused(
    node: Node, model: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    describe(node, model)
    assert node.run("fetch", ONE) == 1
    assert "is no path below a bundle's folder" in capsys.readouterr().err
    assert not (node.cache / ONE).exists()


#: What v2.0.0 does: files by the hub's client, by the names of their repositories alone.
_CLIENT = """
import sys
from huggingface_hub import hf_hub_download
for name in sys.argv[1:]:
    print(open(hf_hub_download("facebook/w2v", filename=name), "rb").read().decode())
"""


def test_the_hubs_own_client_finds_a_model_without_network_and_writes_nothing(node: Node) -> None:
    node.run("fetch", ONE)
    cache = node.cache / ONE / "hub"
    for folder, _, _ in os.walk(cache):
        os.chmod(folder, 0o555)
    before = sorted((str(path), path.stat().st_mtime_ns) for path in cache.rglob("*"))
    settings = {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "true", "HF_ENDPOINT": "http://127.0.0.1:9"}
    command = [sys.executable, "-c", _CLIENT, "config.json", "model.bin"]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    assert done.stdout == f"{{}}\n{'w2v' * 1000}\n", done.stderr
    assert sorted((str(path), path.stat().st_mtime_ns) for path in cache.rglob("*")) == before
