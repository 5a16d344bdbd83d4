"""What operators get wrong in Hiera data, and what ``fleet validate`` says: a folder for each case.

``expected`` holds the exit code and every line, ``why`` where such a mistake was seen. The other files are laid
over tests/golden/mistakes/base; their names end in ``.in``, because a linter would read them otherwise.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.unit.mistakes import MISTAKES, SUFFIX, digests, lay_base, lay_case, run_validate

pytestmark = pytest.mark.puppet

CASES = sorted(path.parent.name for path in MISTAKES.glob("*/expected"))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_base(tmp_path_factory.mktemp("mistakes") / "base")


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_with_its_place_and_nothing_is_written(
    case: str, base: Path, tmp_path: Path
) -> None:
    root = tmp_path / "control"
    shutil.copytree(base, root)
    lay_case(MISTAKES / case, root)
    before = digests(root)
    code, said, _ = run_validate(root)
    assert f"exit {code}\n{said}" == (MISTAKES / case / "expected").read_text()
    assert digests(root) == before


def test_the_repository_around_the_mistakes_is_right(base: Path) -> None:
    # so that no case is refused for another reason than its mistake
    code, said, _ = run_validate(base)
    assert (code, said.count("\n")) == (0, 1), said
    assert "warning" not in said


def test_every_case_says_where_its_mistake_was_seen() -> None:
    assert len(CASES) >= 70
    folders = {path.name for path in MISTAKES.iterdir() if path.is_dir()} - {"base"}
    assert folders == set(CASES)
    seen = re.compile(r"([\w.-]+/[\w.-]+#\d+|known trap)(: [^\n]+)?\n")
    for case in CASES:
        assert seen.fullmatch((MISTAKES / case / "why").read_text()), case
        others = {path for path in (MISTAKES / case).rglob("*") if path.is_symlink() or path.is_file()}
        assert {path.name for path in others if path.suffix != SUFFIX} == {"expected", "why"}, case
        assert len(others) > 2, case
