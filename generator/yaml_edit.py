"""Edits of YAML files that people keep: one value changes, and every other byte stays.

Where a value stands is asked of the parser (:mod:`generator.yaml_cuts`). What comes out is read again, and an
edit that would change anything else is refused.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from generator.errors import FleetError, InputError
from generator.yaml_cuts import BY_HAND, apply, plan, same
from generator.yaml_nodes import Kind, Node, parse

#: Some editors put this byte order mark first.
MARK = "\ufeff"
#: What messages say where there is no file.
TEXT = Path("<text>")


def set_value(text: str, path: tuple[str, ...], value: object, file: Path = TEXT) -> str:
    r"""Return ``text``, a YAML mapping, with ``value`` at ``path``; every other byte is kept.

    A new key goes to the end of its mapping, missing mappings on the way are made, and an empty text becomes
    a file that begins with ``---``. Where a mapping takes the place of another, only the keys that differ
    change. ``file`` is for messages.

    Raises:
        InputError: ``text`` is no clean YAML mapping, something on the way to ``path`` is none, or the edit
            would change what another key says (anchors).

    >>> set_value("a::b: 'v1'  # why\n", ('a::b',), 'v2')
    "a::b: 'v2'  # why\n"
    """
    mark, body = (MARK, text[1:]) if text.startswith(MARK) else ("", text)
    edited = apply(body, plan(file, body, path, value))
    _verify(file, body, edited, path, value)
    return mark + edited


def write_beside(path: Path, text: str) -> None:
    """Put ``text`` into the file ``path`` at one stroke; its mode stays, a new file is for all to read.

    Raises:
        FleetError: the system does not let it; nothing has changed then.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o7777 if path.exists() else 0o644
        # a name of its own for each writer, and none that Hiera reads
        handle, beside = tempfile.mkstemp(prefix=".", suffix=".new", dir=path.parent)
        try:
            with open(handle, "wb") as file:
                os.fchmod(handle, mode)
                file.write(text.encode())
                file.flush()
                os.fsync(handle)
            os.replace(beside, path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(beside)
            raise
    except OSError as error:
        raise FleetError(f"{path}: cannot write it: {error.strerror} (check the folder's mode)") from None
    with suppress(OSError):  # the new content is in place; this only hurries it to the disk
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _verify(file: Path, old: str, new: str, path: tuple[str, ...], value: object) -> None:
    """Refuse ``new`` unless it says ``value`` at ``path``, and what ``old`` says everywhere else."""
    before = parse(file, old)
    changed = _existing(before, path)
    try:
        after = parse(file, new)
        right = _says(after, path, value) and _others(before, changed) == _others(after, changed)
    except InputError:
        right = False
    if not right:
        name = ": ".join(path)
        raise InputError(file, 1, 1, f"{name} cannot be set without changing something else ({BY_HAND})")


def _existing(node: Node | None, path: tuple[str, ...]) -> tuple[str, ...]:
    """Cut ``path`` behind the first step that makes or replaces something."""
    for depth, step in enumerate(path):
        if node is None or step not in node.pairs or node.pairs[step][1].empty:
            return path[: depth + 1]
        node = node.pairs[step][1]
    return path


def _says(node: Node | None, path: tuple[str, ...], value: object) -> bool:
    for step in path:
        if node is None or step not in node.pairs:
            return False
        node = node.pairs[step][1]
    return node is not None and same(node.data, value)


def _others(node: Node | None, path: tuple[str, ...]) -> object:
    """Return what ``node`` says to any reader of YAML, without what is at ``path`` and without styles."""
    if node is None or (path and node.empty):
        return Kind.MAPPING, "", False, None, [], []
    pairs = [
        (name, key.anchor, _others(child, path[1:] if path[:1] == (name,) else ()))
        for name, (key, child) in node.pairs.items()
        if (name,) != path
    ]
    items = [_others(item, ()) for item in node.items]
    return node.kind, node.value, bool(node.style), node.anchor, pairs, items
