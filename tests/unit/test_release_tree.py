"""What a tree says about installing a release: the tree is a dictionary here, and no git."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest

from generator.definition import SERVICES, load_service
from generator.errors import FleetError
from generator.git_source import Tree
from generator.release_tree import ReleaseTree, read_release

SERVICE = load_service(SERVICES / "indextts2.yaml")
PROJECT = "[project]\nname = 'x'\n"
BUILD = "[build-system]\nrequires = []\n"


class Written(Tree):
    """A tree that a test writes."""

    def __init__(self, files: dict[str, str | bytes]) -> None:
        self.tag = "v3"
        self.files = files

    def read(self, path: str) -> bytes | None:
        """Give the file."""
        content = self.files.get(path)
        return content.encode() if isinstance(content, str) else content


def read(files: dict[str, str | bytes]) -> ReleaseTree:
    """Read a tree of ``files`` and an entry point."""
    return read_release(Written({"webui.py": "p.add_argument('--x')", **files}), SERVICE)


@pytest.mark.parametrize(
    ("files", "install"),
    [
        ({"pyproject.toml": PROJECT, "uv.lock": "l", "requirements.txt": ""}, "lock"),
        ({"pyproject.toml": PROJECT}, "project"),
        ({"pyproject.toml": PROJECT, "requirements.txt": ""}, "requirements"),
        ({"pyproject.toml": f"{PROJECT}dependencies = []", "requirements.txt": ""}, "project"),
        ({"pyproject.toml": f"{PROJECT}dynamic = ['dependencies']", "requirements.txt": ""}, "project"),
        ({"pyproject.toml": BUILD, "requirements.txt": ""}, "requirements"),
        ({"pyproject.toml": BUILD}, "project"),
        ({"requirements.txt": ""}, "requirements"),
        ({"requirements.txt": "", "uv.lock": "of no project"}, "requirements"),
    ],
)
def test_the_install_method_is_that_of_the_tree(files: dict[str, str | bytes], install: str) -> None:
    release = read(files)
    assert release.install == install
    assert release.lock_sha256 == (hashlib.sha256(b"l").hexdigest() if install == "lock" else None)
    assert release.flags == ["--x"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "nothing says how to install v3"),
        ({"pyproject.toml": "[tool.x]"}, "nothing says how to install v3"),
        ({"pyproject.toml": "[project"}, "is no TOML"),
        ({"pyproject.toml": b"\xff"}, "is no TOML"),
        pytest.param({"pyproject.toml": "x = " + "[" * 100_000}, "is no TOML", id="deep"),
        ({"pyproject.toml": f"{PROJECT}requires-python = '3.x!'"}, r"is no bound of versions: '3\.x!'"),
        ({"pyproject.toml": f"{PROJECT}requires-python = 3"}, "is no bound of versions: 3"),
    ],
)
def test_a_tree_that_cannot_be_installed_is_refused(files: dict[str, str | bytes], message: str) -> None:
    with pytest.raises(FleetError, match=message) as raised:
        read(files)
    assert "\n" not in str(raised.value)


def test_flags_are_read_from_the_file_that_shows_them() -> None:
    service = dataclasses.replace(SERVICE, flags_from="app/flags.py")
    files: dict[str, str | bytes] = {"webui.py": "p.add_argument('--x')", "requirements.txt": ""}
    assert read_release(Written(files), service).flags is None
    files["app/flags.py"] = "g.add_argument('--y')"
    assert read_release(Written(files), service).flags == ["--y"]


def test_a_tree_without_the_entry_point_is_refused() -> None:
    with pytest.raises(FleetError, match=r"webui\.py is not in v3"):
        read_release(Written({"pyproject.toml": PROJECT}), SERVICE)


@pytest.mark.parametrize(
    ("bounds", "fits"),
    [
        ("", True),
        (">=3.11.4", True),
        ("==3.11.*", True),
        ("~=3.11", True),
        (">3.10,<3.12", True),
        ("<3.11", False),
        ("!=3.11.*", False),
        (">=3.12", False),
    ],
)
def test_python_fits_where_one_of_its_patches_does(bounds: str, fits: bool) -> None:
    assert read({"pyproject.toml": f"{PROJECT}requires-python = '{bounds}'"}).fits("3.11") is fits


@pytest.mark.parametrize(
    ("text", "python"),
    [("3.11.13\n", "3.11"), ("3.10", "3.10"), ("cpython-3.12\n3.11", "3.12"), ("pypy3.10", None), ("", None)],
)
def test_python_is_read_from_its_file(text: str, python: str | None) -> None:
    assert read({"pyproject.toml": PROJECT, ".python-version": text}).python == python


def test_the_extras_are_named_as_installers_name_them() -> None:
    extras = f"{PROJECT}[project.optional-dependencies]\nWeb_UI = []\n"
    assert read({"pyproject.toml": extras}).extras == {"web-ui"}


@pytest.mark.parametrize("odd", ["project = 1", "[project]\noptional-dependencies = 1", "project = []"])
def test_a_pyproject_of_another_shape_is_read_without_a_traceback(odd: str) -> None:
    assert read({"pyproject.toml": odd, "uv.lock": ""}).extras == frozenset()
