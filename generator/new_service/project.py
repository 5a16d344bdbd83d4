"""What a checkout says of its packages: the project, what it depends on, the Python that it wants."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from generator.git_tree import Tree
from generator.new_service.files import Files
from generator.release_tree import bounds_of, install_without_lock, read_toml, table, version_in

#: A Python that a node can have, best first: the newest that most packages have wheels for.
_PYTHONS = ("3.11", "3.12", "3.10", "3.13", "3.9", "3.14", "3.8")
#: How many other files of requirements are looked at, where nothing says which is meant.
_HINTS = 3
_IMAGE = re.compile(r"^FROM\s+(?:\S*/)?python:(3\.\d+)", re.IGNORECASE | re.MULTILINE)
_ENVIRONMENT = re.compile(r"\bpython\s?={1,2}\s?(3\.\d+)|\bPython (3\.\d+)(?![\d.]*\+| or)")


@dataclass(frozen=True)
class Project:
    """What is to be installed, and how.

    ``install`` is as in a pin, None where nothing says it; ``installs`` is the file that does. ``needs`` maps
    each package to its bounds; ``locked`` and ``loose`` count those of requirements.txt that are pinned, and
    not. ``python`` is a version such as 3.11, and ``python_from`` where that was read. ``indexes``: it names
    package indexes; ``others`` are further files of requirements.
    """

    install: str | None
    installs: str | None
    title: str
    summary: str
    needs: dict[str, str]
    locked: int
    loose: int
    extras: tuple[str, ...]
    python: str | None
    python_from: str
    indexes: bool
    others: tuple[str, ...]


def read_project(files: Files, dockerfile: str) -> Project:
    """Read what ``files`` say, and the text of their ``dockerfile``.

    Raises:
        FleetError: pyproject.toml is no TOML, or its bound of Python is none.
    """
    tag = files.commit.tag
    pyproject = read_toml(files.read("pyproject.toml") or b"", tag)
    project = table(pyproject, "project")
    install, installs = _install(files, pyproject)
    listed = files.text("requirements.txt").splitlines()
    asked = [line for line in (line.partition("#")[0].strip() for line in listed) if line]
    lines = [*asked, *_strings(project.get("dependencies"))]
    others = sorted(path for path in files.paths if re.fullmatch(r"requirements[\w/.-]*\.txt", path))
    hints = others[:_HINTS] if install is None else []
    files.bring(hints)
    lines += [line.partition("#")[0].strip() for path in hints for line in files.text(path).splitlines()]
    needs = dict(each for line in lines if (each := _need(line)))
    locked = sum("==" in line for line in asked if not line.startswith("-"))
    bounds = bounds_of(project, tag)
    python, where = _python(files, dockerfile)
    if python is None and str(bounds):
        python = next(
            (one for one in _PYTHONS if bounds.contains(f"{one}.0") or bounds.contains(f"{one}.99")), None
        )
        where = f"requires-python is {bounds}"
    summary, title = project.get("description"), project.get("name")
    return Project(
        install=install,
        installs=installs,
        title=title if isinstance(title, str) else "",
        summary=summary if isinstance(summary, str) else "",
        needs=needs,
        locked=locked,
        loose=sum(not line.startswith("-") for line in asked) - locked,
        extras=tuple(sorted(name for name in table(project, "optional-dependencies") if _name(name))),
        python=python,
        python_from=where,
        indexes=any(
            re.match(r"(-i|--index-url|--extra-index-url|-f|--find-links)\b", line) for line in asked
        ),
        others=tuple(path for path in others if path != "requirements.txt"),
    )


def _install(files: Files, pyproject: dict[str, Any]) -> tuple[str | None, str | None]:
    """The install method, as a pin will have it, and the file that says it."""
    if {"uv.lock", "pyproject.toml"} <= files.paths:
        return "lock", "uv.lock"
    install = install_without_lock(cast(Tree, files), pyproject)  # of which it reads files, and nothing else
    return install, {"project": "pyproject.toml", "requirements": "requirements.txt"}.get(install or "")


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _need(line: str) -> tuple[str, str] | None:
    """The package and bounds that a line asks for; None where it is an option, or no requirement."""
    wheel = unquote(line.partition(";")[0].strip().rpartition("/")[2])
    if "://" in line and wheel.endswith(".whl"):
        with suppress(InvalidWheelFilename):
            name, version, *_ = parse_wheel_filename(wheel)
            return name, f"=={version}"
    try:
        found = Requirement(line)
    except InvalidRequirement:
        return None
    return canonicalize_name(found.name), str(found.specifier)


def _name(name: object) -> bool:
    return isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9][\w.-]*", name, re.ASCII) is not None


def _python(files: Files, dockerfile: str) -> tuple[str | None, str]:
    """The Python that a checkout names outright, and where."""
    if version := version_in(files.read(".python-version") or b""):
        return version, ".python-version"
    if found := _IMAGE.search(dockerfile):
        return found[1], "the Dockerfile's image"
    readme = next(
        (path for path in ("README.md", "readme.md", "README.rst") if path in files.paths), "README.md"
    )
    if found := _ENVIRONMENT.search(files.text(readme)):
        return found[1] or found[2], readme
    return None, ""
