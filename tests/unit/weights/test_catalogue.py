"""The weights that the catalogue has from the start are the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.bundle_models import described
from generator.catalogue import CATALOGUE, Catalogue
from generator.definition import SERVICES, load_service
from generator.file_list import read_list
from weights.bundle import File
from weights.source import HUB, find

ROOT = Path(__file__).parents[3]
BUNDLES = Catalogue(ROOT / CATALOGUE / "indextts2.yaml", "indextts2").weights
#: As the hub shows them.
LARGE = {
    "gpt.pth": (3259599833, "43a8f4c30eccdf201958d3b9713511482c19d56dc20b0b1c4ee1e6b080b19d85"),
    "codec.pth": (607290935, "d15cbed16a40f478438c961fb043f68dfa6353bf56c966761315db3433e9722c"),
    "s2mel.pth": (414908601, "9b1b0003fc189c94cc349758d7ebc25f903b7eb2de4602879959cc64ce816456"),
}
#: As the pointers of LFS say that v2.0.0 tracks, and by whose names v2.5.0 would fetch them.
EXAMPLES = {
    "emo_hate.wav": (145368, "89e6e7eee1a28303776e9cf43971e9505529bd0e669f5fcf47f4d1370f9187c4"),
    "emo_sad.wav": (842016, "f7d3e5bf2b7bca6458f9e6d7a5ce073c41eb4418895e7df2f994e5a0c96c064a"),
    "voice_01.wav": (478050, "e33e6ee0107a1dd58e1d66dd90c13df3d55a8683047cc3d7ea206dad84ed3fc8"),
    "voice_02.wav": (574074, "8fe2dd1dbd54ef85a073fbc4c8fc0198f8d4523cc3320a600de0e347a3d8b491"),
    "voice_03.wav": (616814, "50e8b632efd794418919e2d33c8c2aab9189a57f4d21ef55020413be9f2b292a"),
    "voice_04.wav": (681084, "2a3d2536245f45fd5e1eef046dd768ae7b72a0dba3ec3f370f145862fe64b3b2"),
    "voice_05.wav": (1482796, "eefb7f4a29a8b36f08d5cc1014ea947dbe9f7bef348f07c40263058e604a98eb"),
    "voice_06.wav": (299052, "2d85800fe261d106c3274fa792cbb952458c4b0b2e1b908340a8cd0d63c73a30"),
    "voice_07.wav": (591894, "bcb10f84e63c3fdbfe99ac4184ca403b46a6d20b50540732713d48c4c95375ce"),
    "voice_08.wav": (426812, "2e2c5f4859999b1ada95ee801d50c3c72879147269a4ed99e385fd917dae5c6f"),
    "voice_09.wav": (1798188, "8702467b9b3c83a16bead578e131c4388b3ef82aeff861bd336e622a9ae8a511"),
    "voice_11.wav": (1520734, "82730e38498413d4371a76e841cd91fa2f74843b79ad3b606d45ad8a7b7a736c"),
    "voice_12.wav": (778626, "d67bd4f51773677d5902409813b9bb4c1d59b8243c74fc104553b80b49edd22b"),
}
#: What v2.0.0 asks the hub's client for, and what v2.5.0 opens below its folder of weights, as their sources say.
ASKED = {
    "facebook/w2v-bert-2.0": {"config.json", "model.safetensors", "preprocessor_config.json"},
    "amphion/MaskGCT": {"semantic_codec/model.safetensors"},
    "funasr/campplus": {"campplus_cn_common.bin"},
    "nvidia/bigvgan_v2_22khz_80band_256x": {"config.json", "bigvgan_generator.pt"},
}
OPENED = {
    "hf_cache/w2v-bert-2.0/config.json",
    "hf_cache/w2v-bert-2.0/model.safetensors",
    "hf_cache/w2v-bert-2.0/preprocessor_config.json",
    "hf_cache/campplus_cn_common.bin",
    "hf_cache/bigvgan/config.json",
    "hf_cache/bigvgan/bigvgan_generator.pt",
}


def test_the_large_files_are_those_of_the_hub() -> None:
    files = {file.path: (file.size, file.sha256) for file in _files("IndexTTS-2.5")}
    assert LARGE.items() <= files.items()


def test_the_examples_are_those_that_v2_0_0_tracks_and_v2_5_0_offers() -> None:
    folder = load_service(SERVICES / "indextts2.yaml").filled["examples"].weights
    files = {file.path: (file.size, file.sha256) for file in _files("IndexTTS-2.5")}
    found = {path: known for path, known in files.items() if path.startswith(f"{folder}/")}
    assert found == {f"{folder}/{name}": known for name, known in EXAMPLES.items()}
    bundle = described("x", BUNDLES["IndexTTS-2.5"])
    space = f"{HUB}/spaces/IndexTeam/IndexTTS-2-Demo/resolve/b01840e8e4fd9753743a6d0466cd73ae1d634a68"
    for name in EXAMPLES:
        assert find("hub", bundle).at(f"{folder}/{name}") == f"{space}/examples/{name}"


@pytest.mark.parametrize("name", BUNDLES)
def test_nothing_is_locked_to_what_was_only_tried(name: str) -> None:
    assert all(file.size is None or file.size > 2**20 for file in _files(name) if file.path.endswith(".pth"))


def test_the_models_of_the_older_release_are_where_the_hubs_client_looks_for_them() -> None:
    paths = {file.path for file in _files("IndexTTS-2")}
    given = described("x", BUNDLES["IndexTTS-2"]).given
    for repository, names in ASKED.items():
        cache = f"hub/models--{repository.replace('/', '--')}"
        revision = given[f"{cache}/refs/main"]
        assert paths.issuperset(f"{cache}/snapshots/{revision}/{name}" for name in names)
        assert f"{cache}/refs/main" in paths


def test_the_models_of_the_newer_release_are_where_it_opens_them() -> None:
    assert OPENED.issubset(file.path for file in _files("IndexTTS-2.5"))


def _files(name: str) -> tuple[File, ...]:
    return read_list(ROOT, BUNDLES[name]["files_sha256"])
