"""The program install-environment: what is on the disk before its stamp says that all is there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "modules" / "indextts2" / "files" / "install-environment.sh"
BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
#: Each writes into $LOG what it was told, and whether the stamp is there by then.
NOTES = '#!/bin/sh\necho "${0##*/} $* $(ls .venv/.complete 2>/dev/null)" >>"$LOG"\n'
#: An environment of one package, whose Python and pip only note.
MAKES = f"""
mkdir -p .venv/bin .venv/lib
printf '%s' '{NOTES}' | tee .venv/bin/python >.venv/bin/pip
chmod 755 .venv/bin/python .venv/bin/pip
echo x >.venv/lib/package.py
"""


class Release:
    """A checkout and an account that builds; uv, git, python and sync are stand-ins."""

    def __init__(self, folder: Path) -> None:
        """Make them in ``folder``."""
        self.checkout, self.home, self.log = folder / "release", folder / "home", folder / "log"
        self.programs = folder / "bin"
        for made in (self.checkout, self.programs, self.home / "uv-1" / "bin"):
            made.mkdir(parents=True)
        self.program(self.home / "uv-1" / "bin" / "uv", f"[ $1 != venv ] || {{ {MAKES}}}")
        self.program(self.programs / "python3.9", f"[ $1 != -m ] || {{ {MAKES}}}")
        for name in ("git", "sync"):
            self.program(self.programs / name)
        (self.checkout / "uv.lock").touch()

    def program(self, path: Path, does: str = "") -> None:
        """Put a program there that is noted, and then ``does`` something."""
        path.write_text(f"{NOTES}{does}\n")
        path.chmod(0o755)

    def install(self, method: str, installer: str) -> int:
        """Run it; give its exit status."""
        told = {
            "HOME": str(self.home),
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "LOG": str(self.log),
            "METHOD": method,
            "INSTALLER": installer,
            "UV_VERSION": "1",
            "PYTHON": "3.9",
            # of nothing
            "LOCK_SHA256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        }
        return subprocess.run(["sh", SCRIPT, self.checkout, "digest"], env=told).returncode


@pytest.fixture
def release(tmp_path: Path) -> Release:
    return Release(tmp_path)


WAYS = pytest.mark.parametrize(
    ("method", "installer"), [("lock", "uv"), ("project", "uv"), ("requirements", "uv"), ("project", "pip")]
)


@WAYS
def test_all_of_an_environment_is_on_the_disk_before_its_stamp(
    release: Release, method: str, installer: str
) -> None:
    """After a power cut, a stamp must not be there without the files that it speaks of, nor uv's cache without its own."""
    assert release.install(method, installer) == 0
    stamp = release.checkout / ".venv" / ".complete"
    assert stamp.read_text() == "digest\n"
    done = [line.rstrip() for line in release.log.read_text().splitlines()]
    assert done[-2:] == [f"sync -f .venv {release.home}", f"sync {stamp}.new"]
    assert not [line for line in done if line.endswith("/.complete")], "the stamp comes last"


def test_what_the_disk_did_not_take_is_not_complete(release: Release) -> None:
    release.program(release.programs / "sync", "[ $1 != -f ]")
    assert release.install("lock", "uv") != 0
    assert not (release.checkout / ".venv" / ".complete").exists()


@pytest.mark.parametrize(
    ("begun", "stays"),
    [(None, True), (f"{BOOT}\n", True), ("", True), ("another boot\n", False)],
    ids=["ended", "killed", "disk full", "power cut"],
)
def test_what_uv_cached_before_a_power_cut_in_an_install_is_taken_by_none(
    release: Release, begun: str | None, stays: bool
) -> None:
    """Uv takes a file of its cache by its name, however much of it came to the disk."""
    cached, note = release.home / "uv-cache" / "package.py", release.home / "installing"
    cached.parent.mkdir()
    cached.touch()
    if begun is not None:
        note.write_text(begun)
    release.program(release.programs / "git", "exit 1")
    assert release.install("lock", "uv") != 0
    assert cached.exists() == stays
    assert note.read_text() == f"{BOOT}\n", "one that did not end is told from one that did"
    assert release.log.read_text().split()[:2] == ["sync", str(note)], "before uv writes anything"

    release.program(release.programs / "git")
    assert release.install("lock", "uv") == 0
    assert cached.exists() == stays
    assert not note.exists()
