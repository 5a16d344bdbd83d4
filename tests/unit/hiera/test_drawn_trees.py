"""Trees drawn by chance are looked up as Puppet does."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.hiera.puppet import NODES, Puppet, Question, compare, write

pytestmark = pytest.mark.puppet


KEYS = ["a", "b", "c", "m::a", "m::b", "x y"]
EXPRESSIONS = [
    "facts.os.name", "facts.os.release.major", "::environment", "trusted.certname", "os.family", "number", "flag",
    "trusted.extensions.pp_role", "facts.places.1", "facts.'odd.name'.x.0", "places", "facts.none.x", "nothing", "",
    " facts.os.name ", "::", "facts.os.name.deeper", "facts.places.5", "facts..x", "literal('%')", "scope('number')",
    "lookup('a')", "lookup('b.x')", "hiera('c')", "alias('b')", "alias('m::a')", "alias(\"c.0\")", "lookup('m::b')",
    "nofunction('a')", "lookup('nothing')", "module_name", "os", "lookup('c')",
]  # fmt: skip
PATHS = [
    "common.yaml", "nodes/%{trusted.certname}.yaml", "role/%{trusted.extensions.pp_role}.yaml",
    "os/%{facts.os.name}-%{facts.os.release.major}.yaml", "os/%{os.family}.yaml", "%{environment}.yaml",
    "../data/common.yaml", "place/north.yaml", "%{nothing}", "flag/%{flag}.yaml",
]  # fmt: skip
GLOBS = ["*.yaml", "**/*.yaml", "place/*", "{common,production}.yaml", "os/[DR]*.yaml", "**/%{facts.os.name}*",
         "pla[!x]e/nort?.yaml", "{place/{south,north},common}.yaml", "os/*-%{facts.os.release.major}.yaml"]  # fmt: skip
MAPPED = [
    ["facts.places", "p", "place/%{p}.yaml"], ["places", "x", "place/%{x}.yaml"], ["nothing", "p", "%{p}.yaml"],
    ["trusted.certname", "facts", "nodes/%{facts}.yaml"],
    ["flag", "p", "flag/%{p}.yaml"], ["places", "p", "place/%{::p}.yaml"],
]  # fmt: skip
FILES = [
    "common.yaml", "production.yaml", "nodes/one.example.yaml", "nodes/two.example.yaml", "role/web.yaml",
    "os/Debian-12.yaml", "os/Rocky-9.yaml", "os/RedHat.yaml", "place/north.yaml", "place/south.yaml", "flag/.yaml",
    "flag/false.yaml", "flag/Rocky.yaml", "place/.hidden.yaml",
]  # fmt: skip

KEYS_OF_OPTIONS = [*KEYS, "^a$", "^[bc]", r"^m::\w+$", "^m::a", "^.*", "^(a|c)"]


def make_value(rng: random.Random, depth: int) -> Any:
    """Draw a value; most have something in them that a merge or an interpolation turns on."""
    kind = rng.randrange(6) if depth else rng.randrange(3)
    if kind < 2:
        return rng.choice(
            [None, True, False, 0, 1, 2, 1.0, 0.5, "", "x", "y", "--x", "--", "--y", "x\n--y", 'q"#{']
        )
    if kind == 2:
        before, after = rng.choice(["", "", "p"]), rng.choice(["", "", "s"])
        return f"{before}%{{{rng.choice(EXPRESSIONS)}}}{after}"
    if kind == 3:
        return [make_value(rng, depth - 1) for _ in range(rng.randrange(5))]
    keys = rng.sample(["x", "y", "z", "%{number}"], rng.randrange(1, 4))
    return {key: make_value(rng, depth - 1) for key in keys}


def make_data(rng: random.Random, keys: list[str]) -> dict[str, Any]:
    """Draw a file: a key is of one kind in most files, so that there is something to merge."""
    data: dict[str, Any] = {}
    for key in rng.sample(keys, rng.randint(len(keys) // 2, len(keys))):
        if rng.random() < 0.3:
            data[key] = make_value(rng, 2)
        elif key in ("a", "m::a"):
            data[key] = {name: make_value(rng, 2) for name in rng.sample("xyz", rng.randint(1, 3))}
        elif key in ("b", "m::b"):
            data[key] = [
                rng.choice(["x", "y", "z", "--x", "--z", 1, 1.0, True]) for _ in range(rng.randrange(5))
            ]
        else:
            data[key] = rng.choice(["plain", 7, f"%{{{rng.choice(EXPRESSIONS)}}}"])
    return data


def make_options(rng: random.Random, keys: list[str]) -> dict[str, Any]:
    """Draw lookup_options."""
    return {key: make_option(rng) for key in rng.sample(keys, rng.randint(1, min(4, len(keys))))}


def make_option(rng: random.Random) -> Any:
    if rng.random() < 0.1:
        return rng.choice([{}, None, "deep", {"merge": "sideways"}, {"merge": {"strategy": "hash", "x": 1}}])
    if rng.random() < 0.6:
        merge = {"merge": rng.choice(["first", "unique", "hash", "hash", "deep", "%{nothing}deep"])}
        # the one conversion that every value has
        return merge | {"convert_to": "Sensitive"} if rng.random() < 0.2 else merge
    deep: dict[str, Any] = {"strategy": "deep"}
    if rng.random() < 0.7:
        deep["knockout_prefix"] = "--"
    for name in ("sort_merged_arrays", "merge_hash_arrays"):
        if rng.random() < 0.3:
            deep[name] = rng.random() < 0.8
    return {"merge": deep}


def make_level(rng: random.Random) -> dict[str, Any]:
    kind = rng.choice(["path", "path", "paths", "paths", "glob", "globs", "mapped_paths"])
    if kind == "mapped_paths":
        return {kind: rng.choice(MAPPED)}
    known = GLOBS if kind.startswith("glob") else PATHS
    return {kind: rng.sample(known, rng.randint(1, 4)) if kind.endswith("s") else rng.choice(known)}


def make_tree(rng: random.Random) -> dict[str, Any]:
    """Draw the files of an environment: its hierarchy and data, and mostly a module with its own."""
    files: dict[str, Any] = {}
    for name in rng.sample(FILES, rng.randint(len(FILES) // 2, len(FILES))):
        files[f"data/{name}"] = make_data(rng, KEYS)
        if rng.random() < 0.5:
            files[f"data/{name}"]["lookup_options"] = make_options(rng, KEYS_OF_OPTIONS)
    levels = [{"name": f"level {number}", **make_level(rng)} for number in range(rng.randint(1, 5))]
    files["hiera.yaml"] = {"version": 5, "hierarchy": levels}
    if rng.random() < 0.7:
        own = make_data(rng, ["m::a", "m::b"])
        if rng.random() < 0.5:
            own["lookup_options"] = make_options(rng, ["m::a", "m::b", r"^m::\w", "^m::[ab]"])
        files["modules/m/data/common.yaml"] = own
        files["modules/m/hiera.yaml"] = {"version": 5}
    return files


QUESTIONS: list[Question] = [
    *((key, None) for key in KEYS), ("a.x", None), ("b.0", None), ("c.y.0", None), ("m::a.'x'", None), ("a", "unique"),
    ("b", "deep"), ("c", "hash"), ("a..x", None), ("lookup_options.a", None),
    ("m::a", {"strategy": "deep", "knockout_prefix": "--"}),
]  # fmt: skip


KINDS: Counter[str] = Counter()


@settings(max_examples=50, deadline=None, database=None)
@given(seed=st.integers(0, 2**32))
def test_generated_trees_are_looked_up_as_puppet_does(puppet: Puppet, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), make_tree(random.Random(seed)))
        KINDS.update(compare(puppet, Path(folder), NODES, QUESTIONS))


def test_the_generated_trees_gave_answers_of_every_kind() -> None:
    assert not KINDS or all(
        KINDS[kind] > sum(KINDS.values()) / 10 for kind in ("value", "missing", "error")
    ), KINDS
