"""The rendered module on disk: what is new, changed, stale or foreign, and writing it."""

from __future__ import annotations

import difflib
import hashlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

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
            _lines(self.before or b""),
            _lines(self.after or b""),
            "/dev/null" if self.before is None else f"a/{name}",
            "/dev/null" if self.after is None else f"b/{name}",
        )
        return "".join(
            line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines
        )


def _lines(content: bytes) -> list[str]:
    """The lines of ``content``, which end at line feeds only, as they do for ``patch``."""
    return list(io.StringIO(content.decode(errors="replace"), newline="\n"))


def plan(module: Path, files: dict[str, bytes]) -> list[Change]:
    """The changes that make ``module`` hold ``files``, the list of digests last.

    Raises FleetError where a file stands in the way that no render made, or a rendered one that goes
    was edited by hand: both hold somebody's work.
    """
    if module.exists() and not module.is_dir():
        raise FleetError(f"{module}: a file stands where a folder must be; move it away, then render again")
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
            raise FleetError(
                f"{module / name}: no template makes it any more, but it was edited by hand; move it away"
            )
        changes.append(Change(module / name, before, None))
    after = _digest_list(files) if files else None
    before = _read(module, DIGESTS)
    if before != after:
        changes.append(Change(module / DIGESTS, before, after))
    return changes


def apply(changes: list[Change], modules: Path) -> None:
    """Carry out ``changes`` below ``modules``, each by one rename, and remove folders that become empty.

    Killed in between, the next render finishes: the list of digests is written last, and a file that
    holds what it should is never foreign. Raises FleetError where the system does not let it.
    """
    for change in changes:
        try:
            if change.after is None:
                change.path.unlink(missing_ok=True)
                _remove_empty(change.path.parent, modules)
            else:
                _write(change.path, change.after)
        except OSError as error:
            raise FleetError(
                f"{change.path}: cannot {change.verb} it: {error.strerror} (check the mode)"
            ) from None


def stale_modules(modules: Path, names: set[str]) -> list[Path]:
    """Rendered modules in ``modules`` whose service is not among ``names`` any more."""
    return sorted(path.parent for path in modules.glob(f"*/{DIGESTS}") if path.parent.name not in names)


def _read_digests(module: Path) -> dict[str, str]:
    content = _read(module, DIGESTS)
    if content is None:
        return {}
    try:
        digests = json.loads(content)["files"]
        if all(_is_entry(name, digest) for name, digest in digests.items()):
            return dict(digests)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise InputError(
        module / DIGESTS, 1, 1, "is no list of digests; restore it from git, or remove the module"
    )


def _is_entry(name: str, digest: object) -> bool:
    path = PurePosixPath(name)
    below = not path.is_absolute() and ".." not in path.parts and name == str(path) != "."
    return below and "\0" not in name and isinstance(digest, str)


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
    except OSError as error:
        raise FleetError(f"{path}: cannot read it: {error.strerror} (check the mode)") from None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # one name for each file, so that what a killed render leaves is taken up by the next
    beside = path.with_name(f".{path.name}.rendering")
    beside.unlink(missing_ok=True)
    try:
        with beside.open("xb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(content)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _remove_empty(folder: Path, modules: Path) -> None:
    try:
        while folder != modules:
            folder.rmdir()
            folder = folder.parent
    except OSError:
        pass
