"""A mirror has what a release is installed from, says what it lacks, and is enough for a node without internet."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generator.definition import REPOSITORY
from generator.errors import FleetError
from generator.mirror import PACKAGES, record
from generator.mirror.build import build
from generator.mirror.check import check
from generator.mirror.uv import Uv
from tests.unit.mirror.origin import (
    PYTHON,
    REVISION,
    UV,
    Desk,
    environment,
    fill,
    fill_pythons,
    handed_out,
    wheel,
)

pytestmark = pytest.mark.puppet  # what `make setup` installs as root: aria2

NAMES = {
    "plain-1.0-py3-none-any.whl",
    "built-1.0.tar.gz",
    "backend-1.0-py3-none-any.whl",
    "zipped-1.0.zip",
    "packer-1.0-py3-none-any.whl",
    f"uv-{UV}-py3-none-manylinux_2_17_x86_64.whl",
}


FOLDERS = {"git", "packages", "python", "releases", "simple"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Path]]:
    """A desk, and a mirror that it has built; the index that it came from is gone."""
    folder = tmp_path_factory.mktemp("mirror")
    fill(folder / "origin")
    fill_pythons(folder / "pythons")
    with handed_out(folder / "origin") as url, pytest.MonkeyPatch.context() as patch:
        desk = Desk(folder, f"{url}/simple")
        for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
            patch.delenv(name)
        for name, value in environment(desk.index, folder / "home").items():
            patch.setenv(name, value)
        patch.setenv("UV_PYTHON_DOWNLOADS_JSON_URL", str(folder / "pythons" / "known.json"))
        patch.setenv("UV_PYTHON_INSTALL_MIRROR", f"file://{folder}/pythons")
        build(desk.root, folder / "whole", "indextts2", REVISION, str(desk.source), python=True)
    yield desk, folder / "whole"


@pytest.fixture
def mirror(made: tuple[Desk, Path], tmp_path: Path) -> Path:
    """A mirror of the test's own."""
    shutil.copytree(made[1], tmp_path / "mirror", copy_function=os.link)
    return tmp_path / "mirror"


def faults(desk: Desk, mirror: Path) -> str:
    """Say what `fleet mirror check` finds."""
    return "\n".join(
        fault for verdict in check(desk.root, mirror, "indextts2", ()) for fault in verdict.faults
    )


def test_it_has_what_the_release_is_installed_from_and_no_more(made: tuple[Desk, Path]) -> None:
    desk, mirror = made
    assert {path.name for path in (mirror / PACKAGES).iterdir()} == NAMES
    assert [path.name.split("+")[0] for path in mirror.glob("python/*/*")] == [f"cpython-{PYTHON}.99"]
    assert {path.name for path in mirror.iterdir()} <= {*FOLDERS, ".incoming"}
    assert faults(desk, mirror) == ""


def test_a_build_leaves_nothing_behind_and_takes_away_what_a_killed_one_left(
    made: tuple[Desk, Path], mirror: Path
) -> None:
    assert not [path for path in (made[1] / ".incoming").rglob("*") if path.is_file()]
    (mirror / ".incoming" / "build" / "tree").mkdir(parents=True)
    (mirror / ".incoming" / "build" / "tree" / "setup.py").write_text("of another commit\n")
    shutil.rmtree(mirror / "releases")
    with pytest.raises(FleetError):  # the index is gone
        build(made[0].root, mirror, "indextts2", REVISION, str(made[0].source))
    assert not [path for path in (mirror / ".incoming").rglob("*") if path.is_file()]


def test_a_uv_that_is_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / "uv.whl").write_bytes(b"PK")
    with pytest.raises(FleetError, match=r"uv\.whl: is damaged, or has no scripts/uv"):
        Uv(tmp_path / "uv.whl", tmp_path)


def test_what_is_there_is_not_fetched_again(made: tuple[Desk, Path], mirror: Path) -> None:
    # the index is gone by now
    desk, _ = made
    build(desk.root, mirror, "indextts2", REVISION, "no such source")


def replace_wheel(mirror: Path) -> None:
    """Put another wheel where one of the release is."""
    (mirror / PACKAGES / "plain-1.0-py3-none-any.whl").unlink()
    wheel(mirror / PACKAGES, "plain", "1.0", {"plain.py": b"said = 'stolen'\n"})


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a package is gone": (
        lambda mirror: (mirror / PACKAGES / "built-1.0.tar.gz").unlink(),
        "built-1.0.tar.gz is missing",
    ),
    "a package is another": (
        replace_wheel,
        "plain-1.0-py3-none-any.whl has",
    ),
    "a Python is gone": (lambda mirror: shutil.rmtree(mirror / "python"), f"cpython-{PYTHON}.99"),
    "a page is gone": (
        lambda mirror: (mirror / "simple/plain/index.html").unlink(),
        "is on no page of the index",
    ),
    "the repository is gone": (
        lambda mirror: shutil.rmtree(mirror / "git"),
        "is not in it, or not as a web server hands it out",
    ),
    "the repository is not as a web server hands it out": (
        lambda mirror: (mirror / "git/indextts2.git/info/refs").unlink(),
        "is not in it, or not as a web server hands it out",
    ),
    "the record is gone": (
        lambda mirror: shutil.rmtree(mirror / "releases"),
        "is not here (fleet mirror build",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_it_lacks_is_said_with_the_cure(made: tuple[Desk, Path], mirror: Path, damage: str) -> None:
    act, words = DAMAGES[damage]
    act(mirror)
    said = faults(made[0], mirror)
    assert words in said and f"fleet mirror build {mirror} indextts2 {REVISION}" in said, said


def test_no_password_of_a_source_is_told(made: tuple[Desk, Path], tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"^http://127\.0\.0\.1:9/x: ") as caught:
        build(made[0].root, tmp_path, "indextts2", REVISION, "http://user:secret@127.0.0.1:9/x")
    assert "secret" not in str(caught.value)


def test_a_name_that_leads_out_of_the_mirror_is_refused(made: tuple[Desk, Path], mirror: Path) -> None:
    with pytest.raises(FleetError, match="no name of a release"):
        record.path_of(mirror, "indextts2", "../../escaped")


def test_a_release_that_was_pinned_anew_is_not_taken_for_mirrored(
    made: tuple[Desk, Path], mirror: Path
) -> None:
    desk = made[0]
    desk.pin(python="3.9")
    try:
        assert f"was made with the python {PYTHON}, and it is 3.9 now" in faults(desk, mirror)
    finally:
        desk.pin()


def test_a_release_that_nobody_pinned_is_said(made: tuple[Desk, Path], tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"no 'v9' in indextts2::releases"):
        build(made[0].root, tmp_path, "indextts2", "v9")


@pytest.mark.parametrize(
    ("service", "words"), [("indextts", "no such service"), ("empty", "no release is pinned")]
)
def test_no_release_is_no_whole_mirror(
    made: tuple[Desk, Path], mirror: Path, service: str, words: str
) -> None:
    root = made[0].root
    shutil.copy(root / "hieradata/services/indextts2.yaml", root / "hieradata/services/empty.yaml")
    with pytest.raises(FleetError, match=words):
        list(check(root, mirror, service, ()))


def test_a_source_that_is_none_is_named(made: tuple[Desk, Path], tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"^/there/is/none: .*not appear to be a git repository"):
        build(made[0].root, tmp_path, "indextts2", REVISION, "/there/is/none")


class Node:
    """A node that reaches a mirror and nothing else, where the module's own scripts install a release."""

    def __init__(self, folder: Path, mirror: str) -> None:
        self.checkout, self.libexec, self.mirror = folder / "checkout", folder / "libexec", mirror
        self.home = folder / "home"
        self.libexec.mkdir()
        self.home.mkdir()
        for name in ("fetch-commit.sh", "install-environment.sh", "compile-bytecode.py"):
            shutil.copy(REPOSITORY / "modules/indextts2/files" / name, self.libexec / name.split(".")[0])

    def install(self, desk: Desk, **variables: str) -> subprocess.CompletedProcess[str]:
        """Fetch the commit and build its environment."""
        bare = self.home / "source.git"
        self.run(
            "sh", self.libexec / "fetch-commit", f"{self.mirror}/git/indextts2.git", bare, desk.commit
        ).check_returncode()
        self.run("git", "clone", "--quiet", bare, self.checkout).check_returncode()
        self.run("git", "-C", self.checkout, "checkout", "--quiet", desk.commit).check_returncode()
        told = {"METHOD": "lock", "INSTALLER": "uv", "UV_VERSION": UV, "PYTHON": PYTHON, "EXTRAS": "webui"}
        told |= {"LOCK_SHA256": desk.lock_sha256, **variables}
        return self.run("sh", self.libexec / "install-environment", self.checkout, "digest", **told)

    def run(self, *command: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program as the build account does."""
        variables |= environment(f"{self.mirror}/simple", self.home)
        return subprocess.run(
            [*map(str, command)], env=variables, capture_output=True, text=True, cwd=self.home
        )


@pytest.mark.parametrize("kind", ["web", "folder"])
def test_a_node_without_internet_installs_from_it_by_the_digests_of_the_lock(
    made: tuple[Desk, Path], tmp_path: Path, kind: str
) -> None:
    desk, mirror = made
    with handed_out(mirror) as url:
        node = Node(tmp_path, url if kind == "web" else f"file://{mirror}")
        done = node.install(desk)
    assert done.returncode == 0, done.stderr
    said = node.run(node.checkout / ".venv/bin/python", "-c", "import release")
    assert said.stdout == "built plain zipped\n", said.stderr


def test_a_package_that_is_not_the_one_of_the_lock_is_not_installed(
    made: tuple[Desk, Path], mirror: Path, tmp_path: Path
) -> None:
    replace_wheel(mirror)
    (page := mirror / "simple/plain/index.html").write_text(page.read_text().replace("#sha256=", "#"))
    node = Node(tmp_path, f"file://{mirror}")
    done = node.install(made[0])
    assert done.returncode != 0 and "hash" in done.stderr.lower(), done.stderr
    assert not (node.checkout / ".venv/.complete").exists()


def test_a_system_without_a_python_that_fits_gets_one_from_the_mirror(
    made: tuple[Desk, Path], tmp_path: Path
) -> None:
    desk, mirror = made
    with handed_out(mirror) as url:
        node = Node(tmp_path, url)
        known = {"UV_PYTHON_DOWNLOADS_JSON_URL": str(mirror.parent / "pythons" / "known.json")}
        alone = {"UV_PYTHON_PREFERENCE": "only-managed", "UV_PYTHON_INSTALL_MIRROR": f"{url}/python"}
        done = node.install(desk, **known, **alone)
    assert done.returncode == 0, done.stderr
    assert list(node.home.glob(f"python/cpython-{PYTHON}.99-*/bin/python{PYTHON}"))
