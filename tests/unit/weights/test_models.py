"""Models of other repositories: where in a bundle they lie, where on a hub they are, and what they cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weights import models
from weights.bundle import why_no_path
from weights.source import MODELSCOPE, Bundle, find

REVISION, OTHER = "d" * 40, "e" * 40
FLAT: dict[str, Any] = {
    "hf_cache/w2v": {"repository": "facebook/w2v", "revision": REVISION, "files": ["config.json", "a/b.bin"]},
    "hf_cache/codec.bin": {"repository": "amphion/codec", "revision": OTHER, "path": "codec/model.bin"},
    "demo": {"repository": "spaces/a/demo", "revision": OTHER, "files": ["examples/x.wav"]},
    "hf_cache/vocoder": {"repository": "nvidia/vocoder", "revision": OTHER, "modelscope": "nv/vocoder"},
}
PLACE = f"hub/models--facebook--w2v/snapshots/{REVISION}"
CACHE: dict[str, Any] = {PLACE: {"repository": "facebook/w2v", "revision": REVISION}}
REFS = "hub/models--facebook--w2v/refs/main"


def bundle(entries: dict[str, Any]) -> Bundle:
    """A bundle with models."""
    return Bundle("IndexTTS-2-ccccccc", "a/b", "c" * 40, models.read(entries))


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("gpt.pth", f"a/b/resolve/{'c' * 40}/gpt.pth"),
        ("hf_cache/w2v/a/b.bin", f"facebook/w2v/resolve/{REVISION}/a/b.bin"),
        ("hf_cache/codec.bin", f"amphion/codec/resolve/{OTHER}/codec/model.bin"),
        ("hf_cache/codec.bin.md5", f"a/b/resolve/{'c' * 40}/hf_cache/codec.bin.md5"),
        ("demo/examples/x.wav", f"spaces/a/demo/resolve/{OTHER}/examples/x.wav"),
        ("hf_cache/w2v-bert/x", f"a/b/resolve/{'c' * 40}/hf_cache/w2v-bert/x"),
    ],
)
def test_a_hub_has_each_model_in_its_own_repository(path: str, there: str) -> None:
    assert (
        find("hub", bundle(FLAT), "https://hub.example.org/").at(path) == f"https://hub.example.org/{there}"
    )


def test_modelscope_has_repositories_under_names_of_its_own() -> None:
    source = find("modelscope", bundle(FLAT))
    assert source.at("hf_cache/vocoder/config.json") == f"{MODELSCOPE}/nv/vocoder/resolve/master/config.json"
    assert source.at("hf_cache/w2v/config.json") == f"{MODELSCOPE}/facebook/w2v/resolve/master/config.json"
    assert source.at("gpt.pth") == f"{MODELSCOPE}/a/b/resolve/master/gpt.pth"


@pytest.mark.parametrize("text", ["/mnt/nas", "https://mirror.example.org/weights"])
def test_a_mirror_has_them_where_a_node_has_them(text: str) -> None:
    source = find(text, bundle(FLAT))
    assert source.at("hf_cache/codec.bin") == f"{text}/IndexTTS-2-ccccccc/hf_cache/codec.bin"


def test_what_a_release_asks_the_hubs_client_for_is_found_by_a_file_that_the_catalogue_gives() -> None:
    assert bundle(CACHE).given == {REFS: REVISION}
    assert bundle(FLAT).given == {}


def test_all_that_is_right_is_taken() -> None:
    assert list(models.faults(models.read(FLAT | CACHE))) == []


@pytest.mark.parametrize(
    "path", ["../x", "/etc/x", "a/../../x", ".hidden", "a/.git/x", "a//b", "a/", "", "a b", "a\nb", "-x"]
)
@pytest.mark.parametrize("where", ["place", "path", "files"])
def test_no_path_leads_out(where: str, path: str) -> None:
    place = path if where == "place" else "a"
    more = {"path": {"path": path}, "files": {"files": [path]}}.get(where, {})
    ((found, said),) = models.faults(models.read({place: CACHE[PLACE] | more}))
    assert found == place and "is no path below a bundle's folder" in said


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"a": {"path": "x"}, "a/b": {"path": "y"}}, "lies in a, where another model is"),
        ({"a": {}, "a/b/c": {}}, "lies in a, where another model is"),
        ({"a": {"path": "x", "files": ["y"]}}, "has path, which makes it a file, and files"),
        (
            {f"hub/models--facebook--w2v/snapshots/{OTHER}": {}},
            "is no place of this model in the hub's own layout",
        ),
        (
            {f"hub/models--face--w2v/snapshots/{REVISION}/x": {}},
            "is no place of this model in the hub's own layout",
        ),
        (
            {PLACE: {}, f"{PLACE[:-40]}{OTHER}": {"revision": OTHER}},
            f"another revision of what {REFS} is for",
        ),
    ],
)
def test_what_two_would_have_or_none_is_refused(entries: dict[str, Any], words: str) -> None:
    faults = list(models.faults(models.read({place: CACHE[PLACE] | more for place, more in entries.items()})))
    assert len(faults) == 1 and words in faults[0][1]


def test_a_list_that_lacks_a_model_is_told_from_one_that_has_it() -> None:
    wanted = models.read(FLAT | CACHE)
    paths = ["hf_cache/w2v/config.json", "hf_cache/w2v/a/b.bin", "hf_cache/codec.bin", "hf_cache/vocoder/x"]
    paths += [f"{PLACE}/config.json", "demo/examples/x.wav", REFS]
    assert models.lacking(wanted, paths) == []
    assert models.lacking(wanted, paths[2:-1]) == [paths[0], paths[1], REFS]
    assert models.lacking(wanted, [*paths[:2], *paths[4:]]) == ["hf_cache/codec.bin", "hf_cache/vocoder"]


_STEPS = st.lists(st.sampled_from(["a", "b", "models--o--n", "snapshots", REVISION]), min_size=1, max_size=4)


@given(
    st.dictionaries(_STEPS.map("/".join), st.sampled_from([{}, {"path": "p/q"}]), max_size=4),
    _STEPS.map("/".join),
)
def test_a_file_is_of_one_model_at_most(entries: dict[str, Any], path: str) -> None:
    found = models.read(
        {place: {"repository": "o/n", "revision": REVISION} | more for place, more in entries.items()}
    )
    if not list(models.faults(found)):
        assert sum(model.in_repository(path) is not None for model in found) <= 1
        assert all(why_no_path(path) is None for path in models.given(found))
