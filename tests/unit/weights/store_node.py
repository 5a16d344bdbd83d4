"""A node with a NAS and two bundles of weights, on which the program `weights` runs."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

from weights import cli
from weights.bundle import dump
from weights.measure import measure

CONTENT = {
    "gpt.pth": random.Random(0).randbytes(300_000),
    "qwen/model.safetensors": random.Random(1).randbytes(50_000),
    "config.yaml": b"a: 1\n",
}
OTHER = CONTENT | {"gpt.pth": random.Random(2).randbytes(200_000)}
ONE, TWO = "IndexTTS-2-740dcaf", "IndexTTS-2.5-c39ce5b"


class Node:
    """A node with a NAS and two bundles, which share files."""

    def __init__(self, place: Path) -> None:
        self.cache, self.nas, self.told = place / "cache_hub", place / "nas", place / "etc"
        self.cache.mkdir()
        (self.told / "lists").mkdir(parents=True)
        self.units = self.told / "deployments"
        self.units.mkdir()
        self.bundles: dict[str, dict[str, str]] = {}
        for folder, content in ((ONE, CONTENT), (TWO, OTHER)):
            for path, data in content.items():
                (self.nas / folder / path).parent.mkdir(parents=True, exist_ok=True)
                (self.nas / folder / path).write_bytes(data)
            text = dump([measure(str(self.nas / folder), path) for path in content])
            digest = hashlib.sha256(text.encode()).hexdigest()
            (self.told / "lists" / f"{digest}.json").write_text(text)
            self.bundles[folder] = {"repository": "a/b", "revision": "c" * 40, "files_sha256": digest}
        self.describe(str(self.nas))

    def describe(self, *sources: str, wanted: str | None = None, service: str = "indextts2") -> None:
        """Say what Puppet would."""
        s3 = {"endpoint": None, "region": None, "credentials": None}
        told = {"cache_hub": str(self.cache), "sources": sources, "hub": "http://127.0.0.1:9", "s3": s3}
        needs = {"wanted": wanted, "units": [f"{self.units}/*.service"]}
        (self.told / f"{service}.json").write_text(json.dumps({**told, **needs, "bundles": self.bundles}))

    def keep(self, identifier: str, folder: str) -> Path:
        """Keep a deployment of a release that takes the weights in ``folder``; its unit."""
        unit = self.units / f"{identifier}.service"
        unit.write_text(
            f'# deployment {identifier}\nExecStart=python "--model_dir" "{self.cache}/{folder}"\n'
        )
        return unit

    def run(self, *arguments: str) -> int:
        """Run the program."""
        return cli.main(["indextts2", *arguments], str(self.told))

    def is_whole(self, folder: str, content: dict[str, bytes]) -> bool:
        """Whether a bundle is there, byte by byte, and `check` says so."""
        place = self.cache / folder
        found = {
            str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()
        }
        return found == content and self.run("check", folder) == 0

    @property
    def damaged(self) -> list[Path]:
        """What was set aside."""
        return sorted(self.cache.glob("store/damaged/*"))
