"""Every linter sees what it is there for, and is content with what is right."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from generator import lint as linting
from generator.commands.lint import lint as command
from generator.errors import AnswerIsNo, FleetError

REPOSITORY = Path(__file__).parents[2]
CLASS = "# @summary A class\nclass m {\n}\n"

#: linter, file, what is right, what is wrong, a word of the complaint.
CASES = [
    ("mypy", "generator/a.py", "x: int = 1\n", "x: int = ''\n", "a.py:1"),
    ("mypy-node", "modules/m/files/p/a.py", "x: int = 1\n", "import tomllib\n", "a.py:1"),
    ("ruff", "a.py", '"""Doc."""\n', '"""Doc."""\nimport os\n', "F401"),
    ("ruff-format", "a.py", "x = 1\n", "x=1\n", "a.py"),
    ("yamllint", "a.yaml", "a: 1\n", "a: 1\na: 2\n", "duplication"),
    (
        "hosts",
        "README.md",
        "https://github.com/x http://10.77.0.1:8000 git://a.test",
        "see https:" + "//evil.io/x",
        "evil.io",
    ),
    pytest.param(
        "shellcheck",
        "scripts/x",
        "#!/bin/sh\necho\n",
        "#!/bin/sh\necho $1\n",
        "SC2086",
        marks=pytest.mark.puppet,
    ),
    pytest.param(
        "shellcheck", "x.sh", "#!/bin/sh\necho\n", "#!/bin/sh\necho $1\n", "SC2086", marks=pytest.mark.puppet
    ),
    pytest.param(
        "puppet-parser", "manifests/site.pp", CLASS, "class m {\n", "Syntax error", marks=pytest.mark.puppet
    ),
    pytest.param(
        "puppet-lint",
        "modules/m/manifests/init.pp",
        CLASS,
        CLASS + "notice('a') \n",
        "trailing",
        marks=pytest.mark.puppet,
    ),
    pytest.param(
        "epp",
        "modules/m/templates/a.epp",
        "<%= $x %>\n",
        "<% if { %>\n",
        "Syntax error",
        marks=pytest.mark.puppet,
    ),
    pytest.param("ruby", "spec.rb", "puts 1\n", "def a\n", "syntax error", marks=pytest.mark.puppet),
    pytest.param("ruby", "spec.rb", "puts 1\n", "def a\n  x = 1\nend\n", "unused", marks=pytest.mark.puppet),
    pytest.param("metadata", "modules/m/metadata.json", None, "{}", "name", marks=pytest.mark.puppet),
]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Make an empty repository with this one's settings of the linters."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "setup").mkdir()
    for name in ("pyproject.toml", ".puppet-lint.rc", ".yamllint", ".gitignore", "setup/hosts.txt"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    for folder in ("generator", "tests"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text('"""Doc."""\n')
    return tmp_path


def write(clone: Path, name: str, text: str) -> None:
    (clone / name).parent.mkdir(parents=True, exist_ok=True)
    (clone / name).write_text(text)


@pytest.mark.parametrize(("name", "file", "right", "wrong", "complaint"), CASES)
def test_a_linter_tells_right_from_wrong(
    clone: Path, name: str, file: str, right: str | None, wrong: str, complaint: str
) -> None:
    metadata = (REPOSITORY / "modules/role/metadata.json").read_text()
    write(clone, file, metadata if right is None else right)
    [result] = linting.lint(clone, [name])
    assert result.outcome.ok, result.outcome.output
    assert result.outcome.size >= 1

    write(clone, file, wrong)
    [result] = linting.lint(clone, [name])
    assert not result.outcome.ok
    assert complaint in result.outcome.output


@pytest.mark.puppet
def test_a_reference_has_to_be_what_puppet_strings_makes(clone: Path) -> None:
    write(clone, "modules/m/manifests/init.pp", CLASS)
    made = ["puppet", "strings", "generate", "--format", "markdown", "--out", "REFERENCE.md"]
    subprocess.run(made, cwd=clone / "modules/m", check=True, capture_output=True)
    [result] = linting.lint(clone, ["puppet-strings"])
    assert result.outcome.ok, result.outcome.output

    write(clone, "modules/m/manifests/init.pp", CLASS.replace("A class", "Another class"))
    [result] = linting.lint(clone, ["puppet-strings"])
    assert "+* [`m`](#m): Another class" in result.outcome.output


def test_files_that_git_ignores_or_has_lost_are_not_read(clone: Path) -> None:
    write(clone, "build/bad.yaml", "a: 1\na: 2\n")
    write(clone, "gone.yaml", "a: 1\n")
    subprocess.run(["git", "add", "gone.yaml"], cwd=clone, check=True)
    (clone / "gone.yaml").unlink()
    assert not {"build/bad.yaml", "gone.yaml"} & set(linting.repository_files(clone))


def test_a_linter_that_is_missing_is_named_with_its_cure(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(clone))
    with pytest.raises(FleetError, match=r"puppet-lint: not installed .*make setup") as caught:
        linting.lint(clone, ["puppet-lint", "yamllint"])
    assert caught.value.exit_code == 2


def test_the_command_shows_one_summary_and_what_failed(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(clone, "a.yaml", "a: 1\na: 2\n")
    monkeypatch.chdir(clone)
    done = CliRunner().invoke(command, ["--only", "yamllint", "--only", "hosts"])
    assert isinstance(done.exception, AnswerIsNo)
    assert "FAILED" in done.output
    assert "duplication" in str(done.exception)


def test_outside_a_repository_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FleetError, match="not inside a git repository"):
        linting.repository()
