"""The weights of the lab's stand-in, as a hub has them and as a catalogue names them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from weights.bundle import File, dump
from weights.models import Model, given

#: bundle -> repository on the hub, and its files with their sizes in bytes. Names and folders are
#: upstream's, because a module that copes with them copes with those.
WEIGHTS: dict[str, tuple[str, dict[str, int]]] = {
    "standin-1.5": ("lab/standin-1.5", {"bpe.model": 60_000, "gpt.pth": 900_000, "config.yaml": 2_000}),
    "standin-2": (
        "lab/standin-2",
        {
            "bpe.model": 120_000,
            "gpt.pth": 3_000_000,
            "s2mel.pth": 1_200_000,
            "wav2vec2bert_stats.pt": 9_343,
            "qwen0.6bemo4-merge/model.safetensors": 500_000,
        },
    ),
    "standin-2.5": (
        "lab/standin-2.5",
        {
            "gpt.pth": 3_200_000,
            "codec.pth": 600_000,
            "s2mel.pth": 400_000,
            "multilingual_zh_ja_yue_char_del.tiktoken": 800_000,
            "wav2vec2bert_stats.pt": 9_343,
        },
    ),
}

#: The model of another repository that bundles have, as upstream's do; nothing reads the last of its files.
MODEL = (
    "lab/w2v-bert-2.0",
    {"config.json": 1_874, "model.safetensors": 700_000, "conformer_shaw.pt": 300_000},
)
MODEL_FILES = ("config.json", "model.safetensors")
#: Where in a bundle it lies: in a folder that the hub's client takes for its cache, or in one of its own.
CACHE_OF_HUB, FLAT = "hub", "hf_cache/w2v-bert-2.0"
MODEL_PLACES = {"standin-2": CACHE_OF_HUB, "standin-2.5": FLAT}
#: The space that has the examples of a release, as upstream's, and which of its files they are.
SPACE = (
    "spaces/lab/standin-demo",
    {"README.md": 400, "examples/voice_01.wav": 48_000, "examples/voice_02.wav": 36_000},
)
EXAMPLES = ("examples/voice_01.wav", "examples/voice_02.wav")
#: The bundle that has them, and in which folder.
EXAMPLES_OF, DEMO = "standin-2.5", "demo"
#: The model of a service that has none of its own: what recognises speech in the lab reads nothing of it.
WHISPER = (
    "Systran/faster-whisper-large-v3",
    {"README.md": 2_000, "config.json": 2_400, "model.bin": 900_000},
)
#: The repositories that bundles have files of beside their own.
_BESIDE = dict((MODEL, SPACE, WHISPER))


@dataclass(frozen=True)
class Bundle:
    """What the catalogue says of a set of weights, and what they consist of.

    ``contents`` are the files of its own repository; beside them it has the ``models`` of others.
    """

    repository: str
    revision: str
    contents: tuple[File, ...] = field(compare=False)
    models: tuple[Model, ...] = ()

    @property
    def files(self) -> dict[str, str | None]:
        """The SHA-256 of each file of its own repository, by its path."""
        return {file.path: file.sha256 for file in self.contents}

    @property
    def all_files(self) -> dict[str, bytes]:
        """What is in each file of the bundle, by its path in it."""
        of_models = {
            f"{model.place}/{path}": content
            for model in self.models
            for path, content in _contents(model.repository, _BESIDE[model.repository])
            if path in model.files
        }
        own = _contents(self.repository, {file.path: file.size or 0 for file in self.contents})
        refs = {path: content.encode() for path, content in given(self.models).items()}
        return {**dict(own), **of_models, **refs}

    @property
    def listing(self) -> str:
        """The list of the files, which the catalogue names by its digest."""
        return dump([_file(path, content) for path, content in self.all_files.items()])

    @property
    def digest(self) -> str:
        """The SHA-256 of the list."""
        return hashlib.sha256(self.listing.encode()).hexdigest()

    def data(self) -> dict[str, object]:
        """Give the bundle as Hiera data."""
        said = {
            model.place: {
                "repository": model.repository,
                "revision": model.revision,
                "files": list(model.files),
            }
            for model in self.models
        }
        return {"repository": self.repository, "revision": self.revision, "files_sha256": self.digest} | (
            {"models": said} if said else {}
        )


def make_weights(hub_root: Path) -> dict[str, Bundle]:
    """Write the weights where :mod:`generator.lab.hub` serves them from; files that are there stay."""
    for repository, sizes in (*WEIGHTS.values(), *_BESIDE.items()):
        _write_repository(hub_root, repository, sizes)
    return {name: bundle_of(name) for name in WEIGHTS}


def _write_repository(hub_root: Path, repository: str, sizes: Mapping[str, int]) -> None:
    revision = _revision(repository, sizes)
    snapshot = hub_root / repository / revision
    for path, content in _contents(repository, sizes):
        file = snapshot / path
        if not file.exists() or file.stat().st_size != len(content):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    main = snapshot.parent / "main"
    main.unlink(missing_ok=True)
    main.symlink_to(revision)


def demanded_models(bundle: str) -> dict[str, object]:
    """Say which files of which repository, or in which folder of the weights, a release reads beside them."""
    if bundle not in MODEL_PLACES:
        return {}
    files = {path: _file(path, content).sha256 for path, content in _contents(*MODEL) if path in MODEL_FILES}
    cached = MODEL_PLACES[bundle] == CACHE_OF_HUB
    return {"files": files} | ({"repository": MODEL[0]} if cached else {"folder": MODEL_PLACES[bundle]})


def _contents(repository: str, sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """Make the bytes of each file of ``repository``: as dense as real weights, always the same."""
    for path, size in sizes.items():
        yield path, hashlib.shake_128(f"{repository}/{path}".encode()).digest(size)


def bundle_of(name: str) -> Bundle:
    """Say what the bundle ``name`` consists of."""
    repository, sizes = WEIGHTS[name]
    files = tuple(_file(path, content) for path, content in _contents(repository, sizes))
    return Bundle(repository, _revision(repository, sizes), files, _models(name))


def bundle_of_whisper() -> Bundle:
    """Say what the bundle of speech recognition consists of: a model where the hub's client looks for it."""
    repository, revision = WHISPER[0], _revision(*WHISPER)
    model = Model(_cached(repository, revision), repository, revision, files=tuple(WHISPER[1]))
    return Bundle(repository, revision, (), (model,))


def demanded_examples(bundle: str) -> list[str]:
    """Name the files below ``examples/`` that a release fetches at its start where they are not there."""
    return [path.removeprefix("examples/") for path in EXAMPLES] if bundle == EXAMPLES_OF else []


def _models(name: str) -> tuple[Model, ...]:
    """List the models of a bundle by their places, as a catalogue is read."""
    if name not in MODEL_PLACES:
        return ()
    repository, revision, place = MODEL[0], _revision(*MODEL), MODEL_PLACES[name]
    if place == CACHE_OF_HUB:
        place = _cached(repository, revision)
    model = Model(place, repository, revision, files=MODEL_FILES)
    demo = Model(DEMO, SPACE[0], _revision(*SPACE), files=EXAMPLES)
    return (demo, model) if name == EXAMPLES_OF else (model,)


def _cached(repository: str, revision: str) -> str:
    """Say where in a bundle the hub's client looks for a model."""
    return f"{CACHE_OF_HUB}/models--{repository.replace('/', '--')}/snapshots/{revision}"


def _revision(repository: str, sizes: Mapping[str, int]) -> str:
    digests = {path: _file(path, content).sha256 for path, content in _contents(repository, sizes)}
    return hashlib.sha1(json.dumps(digests).encode(), usedforsecurity=False).hexdigest()


def _file(path: str, content: bytes) -> File:
    digest = hashlib.sha256(content).hexdigest()
    return File(path, len(content), digest, (digest,))  # none is larger than a piece
