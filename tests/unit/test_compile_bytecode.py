"""The script that compiles a release's environment: what it links, what it compiles, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

from generator.definition import REPOSITORY

SCRIPT = REPOSITORY / "modules" / "indextts2" / "files" / "compile-bytecode.py"


def compile_bytecode(environment: Path, *others: Path) -> None:
    """Run it; what it says is an error."""
    command = [sys.executable, "-I", *map(str, (SCRIPT, environment, *others))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def compiled(source: Path) -> Path:
    """Where Python looks for what ``source`` compiles to."""
    return Path(cache_from_source(str(source)))


def a_module(folder: Path, text: str = "x = 1\n") -> Path:
    """Write a module of a package of an environment."""
    path = folder / "lib" / "package" / "module.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_all_modules_are_compiled_as_python_wants_them(tmp_path: Path) -> None:
    module = a_module(tmp_path)
    compile_bytecode(tmp_path)
    said = subprocess.run(
        [sys.executable, "-v", "-c", "import module"],
        env={"PYTHONPATH": str(module.parent)},
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert f"matches {module}" in said


def test_what_another_release_compiled_of_the_same_file_is_linked(tmp_path: Path) -> None:
    before = a_module(tmp_path / "before")
    after = tmp_path / "after" / before.relative_to(tmp_path / "before")
    after.parent.mkdir(parents=True)
    os.link(before, after)
    compile_bytecode(tmp_path / "before")
    compile_bytecode(tmp_path / "after", tmp_path / "before")
    assert compiled(after).samefile(compiled(before))


def test_what_another_release_compiled_of_another_file_is_not(tmp_path: Path) -> None:
    before, after = a_module(tmp_path / "before"), a_module(tmp_path / "after", "x = 2\n")
    compile_bytecode(tmp_path / "before")
    compile_bytecode(tmp_path / "after", tmp_path / "before")
    assert compiled(after).exists()
    assert not compiled(after).samefile(compiled(before))


def test_what_does_not_compile_is_left_alone(tmp_path: Path) -> None:
    module = a_module(tmp_path, "print 'for Python 2'\n")
    good = module.with_name("good.py")
    good.write_text("")
    compile_bytecode(tmp_path, tmp_path / "gone")
    assert not compiled(module).exists()
    assert compiled(good).exists()
