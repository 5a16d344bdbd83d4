"""Of all that a lock names, a mirror needs what nodes install."""

from __future__ import annotations

import pytest

from generator.errors import FleetError
from generator.mirror.index import project
from generator.mirror.packages import needed

URL = "https://index.example.org/files/"


def lock(*packages: str) -> str:
    """Write a pylock.toml."""
    return 'lock-version = "1.0"\ncreated-by = "t"\n' + "".join(
        f"[[packages]]\n{text}\n" for text in packages
    )


def package(*files: str, name: str = "p", more: str = "") -> str:
    """Write a package of a lock that has ``files``."""
    wheels = ", ".join(_file(file) for file in files if file.endswith(".whl"))
    sdist = "".join(f"sdist = {_file(file)}\n" for file in files if not file.endswith(".whl"))
    return f'name = "{name}"\nversion = "1.0"\n{more}\n{sdist}wheels = [{wheels}]\n'


def _file(name: str) -> str:
    return f'{{url = "{URL}{name}", hashes = {{sha256 = "{"0" * 64}"}}}}'


ANY, SDIST = "p-1.0-py3-none-any.whl", "p-1.0.tar.gz"


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ([ANY, SDIST], ANY),
        ([SDIST], SDIST),
        ([ANY, "p-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"], "p-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"),
        (["p-1.0-cp311-cp311-manylinux2014_x86_64.whl"], "p-1.0-cp311-cp311-manylinux2014_x86_64.whl"),
        (["p-1.0-cp38-abi3-manylinux_2_17_x86_64.whl"], "p-1.0-cp38-abi3-manylinux_2_17_x86_64.whl"),
        # of a system whose C library is newer than Rocky 9's
        (["p-1.0-cp311-cp311-manylinux_2_39_x86_64.whl", SDIST], SDIST),
        (["p-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", SDIST], SDIST),
        (["p-1.0-cp311-cp311-musllinux_1_2_x86_64.whl", "p-1.0-cp311-cp311-win_amd64.whl", SDIST], SDIST),
        (["p-1.0-cp311-cp311-manylinux_2_17_aarch64.whl", SDIST], SDIST),
    ],
)
def test_the_file_that_a_node_installs_is_chosen(files: list[str], chosen: str) -> None:
    (remote,) = needed(lock(package(*files)), "3.11")
    assert (remote.file.path, remote.file.sha256, remote.address) == (chosen, "0" * 64, URL + chosen)


def test_what_is_for_other_systems_is_left_out_and_one_patch_of_python_is_like_another() -> None:
    windows = package(ANY, more="marker = \"sys_platform == 'win32'\"")
    early = package("q-1.0-py3-none-any.whl", name="q", more="marker = \"python_full_version < '3.11.4'\"")
    late = package("r-1.0-py3-none-any.whl", name="r", more="marker = \"python_full_version >= '3.11.4'\"")
    found = needed(lock(windows, early, late), "3.11")
    assert {project(remote.file.path) for remote in found} == {"q", "r"}


def test_a_name_that_an_address_spells_otherwise_is_read() -> None:
    text = package("p-1.0%2Bcu128-cp311-cp311-manylinux_2_28_x86_64.whl").replace('"1.0"', '"1.0+cu128"')
    (remote,) = needed(lock(text), "3.11")
    assert remote.file.path == "p-1.0+cu128-cp311-cp311-manylinux_2_28_x86_64.whl"
    assert "%2B" in remote.address


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (lock(package("p-1.0-cp312-cp312-win_amd64.whl")), "cannot be mirrored"),
        (
            lock(
                f'name = "p"\nvcs = {{type = "git", url = "https://g.example.org/p", commit-id = "{"a" * 40}"}}'
            ),
            "p is of no package index",
        ),
        (lock(package(ANY)).replace("sha256", "md5"), f"the lock has no sha256 of {ANY}"),
        ("lock-version = '9.0'", "cannot be mirrored"),
    ],
)
def test_what_cannot_be_mirrored_is_said(text: str, words: str) -> None:
    with pytest.raises(FleetError, match=words):
        needed(text, "3.11")
