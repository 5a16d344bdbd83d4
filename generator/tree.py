"""The rendered module on disk: what is new, changed, stale or foreign, and writing it."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from generator.errors import FleetError, InputError

#: The list of digests that tells a rendered file from a foreign one.
DIGESTS = ".rendered.json"


@dataclass(frozen=True)
class Change:
    """A file that a render writes (``after`` is its content) or removes (``after`` is None)."""

    path: Path
    before: bytes | None
    after: bytes | None

    @property
    def verb(self) -> str:
        """What happens to the file, in one word."""
        if self.after is None:
            return "remove"
        return "create" if self.before is None else "update"

    def diff(self, root: Path) -> str:
        """The change as a unified diff, with paths relative to ``root``."""
        name = os.path.relpath(self.path, root)
        lines = difflib.unified_diff(
            (self.before or b"").decode(errors="replace").splitlines(keepends=True),
            (self.after or b"").decode(errors="replace").splitlines(keepends=True),
            "/dev/null" if self.before is None else f"a/{name}",
            "/dev/null" if self.after is None else f"b/{name}",
        )
        return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def plan(module: Path, files: dict[str, bytes]) -> list[Change]:
    """The changes that make ``module`` hold ``files``, the list of digests last.

    Raises FleetError where a file stands in the way that no render made, or a rendered one that goes
    was edited by hand: both hold somebody's work.
    """
    digests = _read_digests(module)
    changes = []
    for name, content in files.items():
        before = _read(module, name)
        if before == content:
            continue
        if before is not None and name not in digests:
            raise FleetError(f"{module / name}: no render made this file; move it away, then render again")
        changes.append(Change(module / name, before, content))
    for name in sorted(digests.keys() - files.keys()):
        before = _read(module, name)
        if before is None:
            continue
        if _digest(before) != digests[name]:
            raise FleetError(f"{module / name}: no template makes it any more, but it was edited by hand; move it away")
        changes.append(Change(module / name, before, None))
    after = _digest_list(files) if files else None
    before = _read(module, DIGESTS)
    if before != after:
        changes.append(Change(module / DIGESTS, before, after))
    return changes


def apply(changes: list[Change]) -> None:
    """Carry out ``changes``, each by one rename, and remove folders that become empty.

    Killed in between, the next render finishes: the list of digests is written last, and a file that
    holds what it should is never foreign.
    """
    for change in changes:
        if change.after is None:
            change.path.unlink(missing_ok=True)
            _remove_empty(change.path.parent)
        else:
            _write(change.path, change.after)


def stale_modules(modules: Path, names: set[str]) -> list[Path]:
    """Rendered modules in ``modules`` whose service is not among ``names`` any more."""
    return sorted(path.parent for path in modules.glob(f"*/{DIGESTS}") if path.parent.name not in names)


def _read_digests(module: Path) -> dict[str, str]:
    path = module / DIGESTS
    try:
        digests = json.loads(path.read_bytes())["files"]
        assert all(isinstance(key, str) and isinstance(value, str) for key, value in digests.items())
        assert not any(Path(key).is_absolute() or ".." in Path(key).parts for key in digests)
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError):
        raise InputError(path, 1, 1, "is no list of digests; restore it from git, or remove the module") from None
    return dict(digests)


def _digest_list(files: dict[str, bytes]) -> bytes:
    digests = {name: _digest(content) for name, content in sorted(files.items())}
    note = "The files of this module that fleet render made, by SHA-256. Edit templates/, not them."
    return (json.dumps({"note": note, "files": digests}, indent=2) + "\n").encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(module: Path, name: str) -> bytes | None:
    """The content of a file in ``module``; None where there is none. A link or a folder is foreign."""
    path = module / name
    for place in (path, *path.parents):
        if place == module.parent:
            break
        if place.is_symlink() or (place == path and place.is_dir()):
            raise FleetError(f"{place}: no render made this; move it away, then render again")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        raise FleetError(f"{path.parent}: a file stands where a folder must be; move it away") from None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _remove_empty(folder: Path) -> None:
    try:
        while True:
            folder.rmdir()
            folder = folder.parent
    except OSError:
        pass
