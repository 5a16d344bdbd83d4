"""The uv of the nodes, on the desk: what is mirrored is what that very version asks an index for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

from generator.errors import CommandFailed, FleetError
from generator.mirror import PYTHONS
from generator.mirror.packages import platforms
from weights.files import rename

_MEMBER = "scripts/uv"
#: What is resolved without a lock is resolved for nodes, whatever the desk is.
_NODES = ("--python-platform", "x86_64-manylinux_2_28", "--format", "pylock.toml", "--no-header")


def download(version: str, folder: Path) -> Path:
    """Download the wheel of uv that nodes install into ``folder``, by pip as the desk has it configured.

    Raises CommandFailed where the index has it not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [word for name in platforms() for word in ("--platform", name)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    _run([*command, *wanted, "--dest", str(folder), f"uv=={version}"], folder)
    return next(folder.glob(f"uv-{version}-*.whl"))


class Uv:
    """uv, unpacked from its ``wheel`` into ``folder``."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        """Unpack it. Raises FleetError where the wheel has none."""
        self._program = folder / "uv"
        try:
            with zipfile.ZipFile(wheel) as archive:
                name = next(name for name in archive.namelist() if name.endswith(_MEMBER))
                self._program.write_bytes(archive.read(name))
        except (zipfile.BadZipFile, StopIteration):
            said = f"is damaged, or has no {_MEMBER} (move it away, and it is downloaded anew)"
            raise FleetError(f"{wheel}: {said}") from None
        self._program.chmod(0o755)

    def export(self, tree: Path, extras: Sequence[str]) -> str:
        """Give the pylock.toml of what ``uv.lock`` in ``tree`` has, but the project itself."""
        chosen = [word for extra in extras for word in ("--extra", extra)]
        options = ["--frozen", "--no-dev", "--no-emit-project", "--format", "pylock.toml", "--no-header"]
        return self._run(["export", *options, *chosen], tree)

    def resolve(self, requirements: str, python: str, tree: Path, extras: Sequence[str] = ()) -> str:
        """Give the pylock.toml of what satisfies a file of requirements in ``tree`` today."""
        chosen = [word for extra in extras for word in ("--extra", extra)]
        return self._run(["pip", "compile", "--python-version", python, *_NODES, *chosen, requirements], tree)

    def resolve_build(self, requires: Sequence[str], python: str, tree: Path) -> str:
        """Give the pylock.toml of the wheels that a build asks for."""
        (tree / "build-requires.txt").write_text("".join(f"{line}\n" for line in requires))
        wheels = ["--only-binary", ":all:", "--no-config"]
        command = ["pip", "compile", "--python-version", python, *_NODES, *wheels, "build-requires.txt"]
        return self._run(command, tree)

    def download_python(self, python: str, mirror: Path, scratch: Path) -> str:
        """Download the Python that nodes install where their system has none that fits; return its path.

        ``scratch`` is a folder on the mirror's disk. It comes from where UV_PYTHON_INSTALL_MIRROR says, and
        lies where a mirror for that variable has it; uv holds it against the digest that it knows.
        """
        name = f"cpython-{python}-linux-x86_64-gnu"
        listed = self._run(["python", "list", "--only-downloads", "--output-format", "json", name], mirror)
        if not (found := json.loads(listed)):
            raise FleetError(f"uv knows no Python {python} to download (pin another, or another uv_version)")
        release, file = unquote(found[0]["url"]).split("/")[-2:]
        kept = {"UV_PYTHON_CACHE_DIR": f"{scratch}/pythons", "UV_PYTHON_INSTALL_BIN": "0"}
        self._run(["python", "install", "--install-dir", f"{scratch}/python", name], mirror, kept)
        (archive,) = (scratch / "pythons").iterdir()
        target = mirror / PYTHONS / release / file
        target.parent.mkdir(parents=True, exist_ok=True)
        rename(str(archive), str(target))
        return str(target.relative_to(mirror))

    def _run(self, words: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None) -> str:
        return _run([str(self._program), "--no-progress", *words], folder, variables)


def _run(command: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None) -> str:
    """Run a program in ``folder``, with some ``variables``; return what it prints. Raises CommandFailed."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, "NO_COLOR": "1", **(variables or {})},
        )
    except OSError as error:
        raise CommandFailed(f"{command[0]}: {error.strerror} (it runs on Linux on x86_64)") from None
    if done.returncode:
        said = [line for line in done.stderr.strip().splitlines() if not line.startswith("WARNING:")]
        raise CommandFailed(f"{Path(command[0]).name} {' '.join(command[1:4])}: " + "\n".join(said[-10:]))
    return done.stdout
