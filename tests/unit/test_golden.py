"""Cases as data: a folder for each, with what goes in and what must come out."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from generator.cli import main

GOLDEN = Path(__file__).parents[1] / "golden"
RENDERED = sorted(folder.parent.name for folder in GOLDEN.glob("*/services"))
BAD = sorted(folder.parent.name for folder in GOLDEN.glob("bad_definitions/*/expected.txt"))


def fleet(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    """Run ``fleet`` in this process; its exit code."""
    monkeypatch.setattr("sys.argv", ["fleet", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert isinstance(exit_.value.code, int)
    return exit_.value.code


def digests(folder: Path) -> dict[str, str]:
    """What is in ``folder``, with a digest of every file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else ""
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("case", RENDERED)
def test_a_definition_renders_to_the_module_beside_it(
    case: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    services, modules = GOLDEN / case / "services", GOLDEN / case / "modules"
    code = fleet(monkeypatch, "render", "--check", "--services", services, "--modules", modules)
    said = capsys.readouterr()
    again = f"fleet render --services tests/golden/{case}/services --modules tests/golden/{case}/modules"
    assert code == 0, f"if the difference is wanted: {again}\n{said.out}{said.err}"


def test_no_template_knows_a_service() -> None:
    services = {path.stem for path in (GOLDEN.parents[1] / "hieradata" / "services").glob("*.yaml")}
    services |= {path.stem for path in GOLDEN.glob("*/services/*.yaml")}
    assert {"indextts2", "echo_tiny"} <= services
    templates = [path for path in (GOLDEN.parents[1] / "templates").rglob("*") if path.is_file()]
    assert templates
    named = [
        (path.name, service)
        for path in templates
        for service in services
        if service in path.read_text().lower() or service in path.name
    ]
    assert not named


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_definition_is_refused_with_its_place_and_changes_nothing(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    services, modules = tmp_path / "services", tmp_path / "modules"
    services.mkdir()
    for source in (GOLDEN / "bad_definitions" / case).glob("*.in"):
        shutil.copy(source, services / source.stem)
    # a module that the definition had made, and one whose definition is gone: neither may be touched
    shutil.copytree(GOLDEN / "echo_tiny" / "modules", modules)
    shutil.copytree(modules / "echo_tiny", modules / "echo")
    before = digests(tmp_path)

    for check in ([], ["--check"]):
        code = fleet(monkeypatch, "render", *check, "--services", services, "--modules", modules)
        said = capsys.readouterr()
        expected = (GOLDEN / "bad_definitions" / case / "expected.txt").read_text()
        assert said.err.replace(f"{services}/", "") == expected
        assert (code, said.out) == (2, "")
        assert digests(tmp_path) == before


def test_the_lines_around_the_mistakes_are_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # so that no case is refused for another reason than its mistake
    right = (
        (GOLDEN / "bad_definitions" / "unknown_key" / "echo.yaml.in").read_text().replace("readdy: /\n", "")
    )
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "echo.yaml").write_text(right)
    code = fleet(
        monkeypatch, "render", "--services", tmp_path / "services", "--modules", tmp_path / "modules"
    )
    assert code == 0
    assert len(BAD) > 80
