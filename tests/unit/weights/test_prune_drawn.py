"""Whatever bundles share, and wherever a prune is killed: the needed ones stay whole, and no other does by half."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from weights import cli
from weights.bundle import File, dump
from weights.verified import VERIFIED

NAMES = [f"bundle-{number}234abc" for number in range(4)]
PATHS = ["gpt.pth", "qwen/model", "qwen/deep/model", "config.yaml"]
#: Bundles, each with what is at its paths: bytes that others may have, too.
BUNDLES = st.dictionaries(
    st.sampled_from(NAMES), st.dictionaries(st.sampled_from(PATHS), st.sampled_from("abcde"), min_size=1)
)
SOME = st.frozensets(st.sampled_from(NAMES))
#: What changes the names on a disk, each a point before and after which power may be cut.
STEPS = ("mkdir", "rename", "unlink", "rmdir")


class Killed(BaseException):
    """The program was killed: nothing of it runs on, not even what catches errors."""


class Drawn:
    """A folder with bundles of which some are needed, and some are in the catalogue still."""

    def __init__(self, place: Path, bundles: Mapping[str, Mapping[str, str]]) -> None:
        """Lay out the bundles as the store does."""
        self.cache, self.told, self.bundles = place / "cache_hub", place / "etc", bundles
        for folder in (self.cache / "store" / "blobs", self.told / "lists", self.told / "units"):
            folder.mkdir(parents=True)
        for name, files in bundles.items():
            for path, content in files.items():
                blob = self.cache / "store" / "blobs" / self.digest(content)
                if not blob.exists():
                    blob.write_text(content)
                    os.utime(blob, (VERIFIED, VERIFIED))
                (self.cache / name / path).parent.mkdir(parents=True, exist_ok=True)
                os.link(blob, self.cache / name / path)

    def describe(self, wanted: str | None, kept: frozenset[str], known: frozenset[str]) -> None:
        """Say what Puppet would, and keep a unit of each bundle in ``kept``."""
        bundles = {}
        for name in known & self.bundles.keys():
            files = [File(path, len(text), self.digest(text)) for path, text in self.bundles[name].items()]
            text = dump(files)
            digest = hashlib.sha256(text.encode()).hexdigest()
            (self.told / "lists" / f"{digest}.json").write_text(text)
            bundles[name] = {"repository": "a/b", "revision": "c" * 40, "files_sha256": digest}
        told: dict[str, object] = {"cache_hub": str(self.cache), "sources": [], "hub": None, "s3": {}}
        needs = {"bundles": bundles, "wanted": wanted, "units": [f"{self.told}/units/*.service"]}
        (self.told / "tts.json").write_text(json.dumps(told | needs))
        for name in kept:
            (self.told / "units" / f"{name}.service").write_text(f'"--model_dir" "{self.cache}/{name}"')

    @staticmethod
    def digest(content: str) -> str:
        """Name a blob."""
        return hashlib.sha256(content.encode()).hexdigest()

    def found(self) -> dict[str, dict[str, str]]:
        """Read the bundles that have their names."""
        folders = [path for path in self.cache.iterdir() if path.name != "store"]
        return {
            folder.name: {
                str(path.relative_to(folder)): path.read_text()
                for path in folder.rglob("*")
                if path.is_file()
            }
            for folder in folders
        }

    def prune(self) -> int:
        """Run the program."""
        return cli.main(["tts", "prune"], str(self.told))


@contextmanager
def fuse(steps: int) -> Iterator[None]:
    """Kill the program after so many steps: what it did to names before is on the disk."""
    left = steps

    def burn() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed

    def burning(name: str) -> Callable[..., None]:
        real = getattr(os, name)

        def step(*arguments: object, **more: object) -> None:
            burn()
            real(*arguments, **more)
            burn()

        return step

    with ExitStack() as patches, suppress(Killed):
        for name in STEPS:
            patches.enter_context(mock.patch.object(os, name, burning(name)))
        yield


@settings(max_examples=300, deadline=None)
@given(BUNDLES, st.none() | st.sampled_from(NAMES), SOME, SOME, st.integers(0, 120))
def test_what_is_needed_stays_whole_and_a_second_prune_leaves_nothing_else(
    bundles: dict[str, dict[str, str]],
    wanted: str | None,
    kept: frozenset[str],
    known: frozenset[str],
    steps: int,
) -> None:
    needed = {name: files for name, files in bundles.items() if name == wanted or name in kept}
    with tempfile.TemporaryDirectory() as folder:
        drawn = Drawn(Path(folder), bundles)
        drawn.describe(wanted, kept, known)
        with fuse(steps):
            drawn.prune()
        after = drawn.found()
        assert needed.items() <= after.items()
        assert after.items() <= bundles.items(), "no bundle has its name and only some of its files"
        assert drawn.prune() == 0
        assert drawn.found() == needed
        store = drawn.cache / "store"
        assert sorted(os.listdir(store)) == ["blobs", "incoming"]
        assert set(os.listdir(store / "blobs")) == {
            drawn.digest(content) for files in needed.values() for content in files.values()
        }
