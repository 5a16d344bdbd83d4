"""Merges, texts and globs are those of Ruby and the gem deep_merge."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from generator.hiera.deep_merge import DeepOptions, deep_merge
from generator.hiera.glob import expand
from generator.hiera.problem import Problem
from generator.hiera.ruby_text import to_s
from tests.unit.hiera.puppet import Ruby

pytestmark = pytest.mark.puppet


MERGE = """
require 'deep_merge/core'
output = input.map do |source, dest, options|
  begin
    ['value', DeepMerge.deep_merge!(source, dest, options.transform_keys(&:to_sym))]
  rescue StandardError
    ['error']
  end
end
"""


def _draw(rng: random.Random, depth: int) -> Any:
    kind = rng.choice("shhll") if depth else "s"
    if kind == "l":
        return [_draw(rng, rng.randrange(depth)) for _ in range(rng.randrange(5))]
    if kind == "h":
        return {rng.choice("xyz"): _draw(rng, depth - 1) for _ in range(rng.randrange(4))}
    return rng.choice([None, True, False, 0, 1, 1.0, "a", "b", "--", "--a", "--b", "--c", "a\n--b"])


def test_deep_merges_are_the_gems(ruby: Ruby) -> None:
    rng = random.Random(3)
    options = [
        {"knockout_prefix": prefix, "sort_merged_arrays": sort, "merge_hash_arrays": hashes}
        for prefix in (None, "--", "-+")
        for sort in (False, True)
        for hashes in (False, True)
    ]
    cases = [(_draw(rng, 4), _draw(rng, 4), rng.choice(options)) for _ in range(6000)]
    differing = []
    for case, answer in zip(cases, ruby(MERGE, cases), strict=True):
        source, dest, chosen = json.loads(json.dumps(case))
        try:
            own: list[Any] = ["value", deep_merge(source, dest, DeepOptions(**chosen))]
        except Problem:
            own = ["error"]
        if json.dumps(own) != json.dumps(answer):
            differing.append((case, own, answer))
    assert not differing[:3]


def test_values_in_texts_are_written_as_ruby_writes_them(ruby: Ruby) -> None:
    rng = random.Random(4)
    values = [_draw(rng, 3) for _ in range(200)]
    values += [['\u0085\u2028\u200b\x7f\x01\U0001f600\ue000 #{x} #x \\ "\t\x1b'], {"é": "#$x#@y"}]
    values += [1e15, -1e15, 1234567890123456.0, 1557860000771695.8, 1e16, 1e-4, 1e-5, 5e-324, -0.0, 10**18]
    values += [rng.uniform(-1, 1) * 10.0 ** rng.randint(-10, 20) for _ in range(300)]
    assert [to_s(value) for value in values] == ruby("output = input.map(&:to_s)", values)


GLOB_FILES = ["a.yaml", "b.yaml", "b/c.yaml", "b/c/x.yaml", "b-1.yaml", "d/A.yaml", ".h.yaml", ".hid/q.yaml",
              "z.yaml", "é.yaml", "{odd}.yaml", "b/c/d/e.yaml", "[x].yaml"]  # fmt: skip
GLOB_PATTERNS = ["*.yaml", "**/*.yaml", "*/*.yaml", "**", "**/*", "**/c/*", "{z,a}.yaml", "{a,[az]}.yaml", "?.yaml",
                 "{a,}.yaml", "[!a].yaml", "[^a-c].yaml", ".*.yaml", "[.]h.yaml", "link/*", "l*/c*", "**/link/*",
                 "a.yam\\l", "{b/{c,c/x},z}.yaml", "**/**/x.yaml", "\\{odd\\}.yaml", "nothing/*", "b//c.yaml", "[[]x].yaml",
                 "b**.yaml", "b/../a.yaml", "*/", "{a.yaml", "[a"]  # fmt: skip


def test_globs_find_what_rubys_find_in_its_order(ruby: Ruby, tmp_path: Path) -> None:
    for name in GLOB_FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if not (tmp_path / name).is_dir():
            (tmp_path / name).write_text("")
    (tmp_path / "link").symlink_to("b")
    script = "output = input.map { |base, glob| (Pathname.glob(Pathname(base) + glob)).reject(&:directory?).map(&:to_s) }"
    theirs = ruby(f"require 'pathname'\n{script}", [[str(tmp_path), pattern] for pattern in GLOB_PATTERNS])
    for pattern, found in zip(GLOB_PATTERNS, theirs, strict=True):
        assert [Path(path) for path in expand(str(tmp_path), pattern)] == [Path(path) for path in found], (
            pattern
        )
