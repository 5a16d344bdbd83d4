"""Texts in rendered files: what Puppet reads is what went in."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from generator.definition import REPOSITORY
from generator.puppet_text import cell, comment, epp, gecos, literal, specifier, with_parents

TEXTS = [
    "", " ", "plain", "it's", '"', "'", "\\", "a\\", "\\\\", "\\'", '\\"', "\\n", "\\u{41}", "$", "$x", "${x}", "\\$", "\\${x}",
    "a$", "$$", "#{x}", "# no comment", "%{x}", "%%", "%h", "\n", "\n\n", "\t", "a\n\tb\\\n", "\r", "\x01", "\x1f", "\x7f",
    "\x85", "\u2028", "\u200b", "\ufeff", "\uffff", "é", "喜悦", "😀", "<%= x %>", "%>", "//", "/* */", "true", "undef", "1e3",
]  # fmt: skip
NUMBERS = [0, 1, -1, 2**63 - 1, -(2**63), 0.1, -0.0, 1e16, -1.5e300, 1e-7, 5e-324, 123456789012345680.0]
VALUES: list[Any] = [
    *TEXTS, *NUMBERS, True, False, None, [], {}, [1, ["a$"]], {"a b": {"${c}": [None, False]}},
]  # fmt: skip

READ = """
require 'puppet'
require 'tmpdir'
output = Dir.mktmpdir do |folder|
  Puppet.initialize_settings(['--confdir', folder, '--vardir', folder])
  Puppet[:strict] = :error
  Puppet::Pal.in_tmp_environment('texts', modulepath: [], facts: {}) do |pal|
    pal.with_script_compiler { |compiler| input.map { |code| [compiler.evaluate_string(code)] } }
  end
end
"""


def drawn(strategy: st.SearchStrategy[Any], count: int = 300) -> list[Any]:
    """Draw examples, the same ones every time."""
    found: list[Any] = []

    @settings(max_examples=count, database=None, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def text() -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(TEXTS) | st.characters(exclude_categories=["Cs"]), max_size=6).map(
        "".join
    )


@pytest.mark.puppet
def test_puppet_reads_from_a_literal_what_went_in(ruby: Callable[[str, Any], Any]) -> None:
    simple = text() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    nested = st.recursive(
        simple, lambda inner: st.lists(inner) | st.dictionaries(text(), inner), max_leaves=6
    )
    # Puppet's texts hold no NUL here, and no definition can
    values = VALUES + [value for value in drawn(nested) if "\\u0000" not in json.dumps(value)]
    read = ruby(READ, [literal(value) for value in values])
    assert len(read) > 300
    for value, (found,) in zip(values, read, strict=True):
        assert json.dumps(found) == json.dumps(value), literal(value)


@pytest.mark.puppet
def test_puppet_lint_has_nothing_against_a_literal(tmp_path: Path) -> None:
    manifest = tmp_path / "texts.pp"
    # other control characters are refused in definitions
    held = [value for value in TEXTS if not set(value) & set("\r\x01\x1f\x7f")]
    lines = [f"$a{number} = {literal(value)}" for number, value in enumerate(held)]
    manifest.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        ["puppet-lint", manifest], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_there_is_no_literal_for_what_puppet_does_not_know() -> None:
    with pytest.raises(TypeError, match="Puppet has no literal for"):
        literal(object())


@pytest.mark.puppet
def test_text_in_a_template_is_text(ruby: Callable[[str, Any], Any]) -> None:
    texts = [*TEXTS, "<%", "%>", "<%%", "%%>", "<%>", "<%%>", "<%-%>", "%%%>", "<%= 1 %>%", "<%# x -%> y"]
    texts += drawn(st.text(alphabet="<%>=-# a\n"), 200)
    read = ruby(READ, [f"inline_epp({literal(f'|{epp(one)}|')})" for one in texts])
    assert [found for (found,) in read] == [f"|{one}|" for one in texts]


def test_a_comment_cannot_leave_its_lines() -> None:
    for line in comment("a long text of words " * 20, "#   ").splitlines():
        assert line.startswith("#   ")
        assert len(line) <= 110
    assert comment("x" * 200, "# ") == "# " + "x" * 200


def test_a_cell_stays_in_its_row() -> None:
    assert cell("a | b\nc") == "a \\| b c"


def test_the_comment_of_an_account_has_no_colon_and_no_comma() -> None:
    assert gecos("Echo: a, b\\c 回声") == "Echo a bc 回声"


def test_a_specifier_is_two_per_cent_signs() -> None:
    assert specifier("100 % %h") == "100 %% %%h"


def test_parents_come_before_their_children_once() -> None:
    assert with_parents(["b/c/d", "a", "b/c"]) == ["a", "b", "b/c", "b/c/d"]
    assert with_parents([]) == []
