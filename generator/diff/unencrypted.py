"""Values that only one of two trees encrypts, hidden in the other: what takes the place of a secret is one.

Who takes a value's encryption away, or edits a file that was decrypted, has a secret in plain text; and a
report goes into comments that many read. So the plain values of every key that is encrypted somewhere are
hidden wherever they stand, on both sides.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from generator.diff.placeholders import DATA, FOLD, PLACEHOLDER, settle
from generator.errors import InputError
from generator.yaml_cuts import Cut, apply

#: The keys on the way to a value; every item of a list has the same step.
Steps = tuple[str, ...]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ITEM = "[]"
_MERGE = "<<"
#: A value that is another key's: that one is hidden where it stands.
_POINTER = re.compile(r"%\{(?:alias|hiera|lookup)\([^}]*\)\}")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
#: What stands for no text, and needs no hiding; some types take nothing else.
_NO_TEXT = {"tag:yaml.org,2002:null", "tag:yaml.org,2002:bool"}
#: Aliases of aliases could stand for more values than there is memory.
MAX_VALUES = 200_000


def hide_unencrypted(before: Path, after: Path, key: str) -> list[str]:
    """Put a placeholder, made with ``key``, for each plain value whose key has one in either tree.

    The trees are without ciphertexts already (:mod:`generator.diff.placeholders`). Returns what was
    encrypted ``before`` and is not ``after``, as ``FILE: KEY``.

    Raises:
        InputError: the aliases of a file stand for too many values.
    """
    files = [_files(tree) for tree in (before, after)]
    was, now = ({steps for path, text in side.items() for steps in _encrypted(path, text)} for side in files)
    if not was | now:
        return []
    plain: list[dict[tuple[Path, Steps], None]] = []
    for tree, side in zip((before, after), files, strict=True):
        plain.append({})
        for path, text in side.items():
            hidden = _hide(path, text, was | now, key)
            if hidden:
                path.write_text(hidden[0], "utf-8")
                plain[-1] |= dict.fromkeys((path.relative_to(tree), steps) for steps in hidden[1])
    return [
        f"{path}: {'.'.join(steps)}"
        for path, steps in plain[1]
        if (path, steps) not in plain[0] and any(_same_place(steps, other) for other in was)
    ]


def _files(tree: Path) -> dict[Path, str]:
    return {
        path: path.read_bytes().decode("utf-8-sig", "surrogateescape")
        for path in sorted(tree.rglob("*"))
        if path.suffix in {*DATA, ".json"} and path.name != "hiera.yaml"
        if path.is_file() and not path.is_symlink()
    }


def _encrypted(path: Path, text: str) -> set[Steps]:
    if not PLACEHOLDER.search(text):
        return set()
    return {steps for steps, node in _scalars(path, text) if PLACEHOLDER.search(node.value)}


def _hide(path: Path, text: str, secret: set[Steps], key: str) -> tuple[str, list[Steps]] | None:
    """Return ``text`` without its plain values at ``secret`` places, and where they are; None for none."""
    if "\\" not in text and not any(steps[0] in text for steps in secret):
        return None
    cuts: dict[int, Cut] = {}
    places = []
    for steps, node in _scalars(path, text):
        if node.tag in _NO_TEXT or not node.value or _POINTER.fullmatch(node.value):
            continue
        if not PLACEHOLDER.search(node.value) and any(_same_place(steps, other) for other in secret):
            cuts[node.start_mark.index] = _cut(text, node, key)
            places.append(steps)
    return (settle(apply(text, list(cuts.values()))), places) if cuts else None


def _cut(text: str, node: yaml.ScalarNode, key: str) -> Cut:
    start, end = node.start_mark.index, node.end_mark.index
    written = text[start:end].rstrip()
    properties = _PROPERTIES.match(written)
    anchors = "".join(f"{word} " for word in properties[0].split() if word[0] == "&") if properties else ""
    digest = hmac.new(key.encode(), node.value.encode(errors="replace"), hashlib.sha256).hexdigest()[:12]
    word = f'{anchors}"(unencrypted secret {digest})"'
    return Cut(start, start + len(written), word + FOLD * written.count("\n"))


def _same_place(one: Steps, other: Steps) -> bool:
    """Whether one is the other, or what is around it: a hash may have become a text, and a text a hash."""
    return all(mine == theirs for mine, theirs in zip(one, other, strict=False))


def _scalars(path: Path, text: str) -> Iterator[tuple[Steps, yaml.ScalarNode]]:
    """Yield the values of a file with their places; of a broken one none, for Puppet to refuse."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    if not isinstance(root, yaml.MappingNode):
        return
    for count, found in enumerate(_below(root, (), ())):
        if count == MAX_VALUES:
            raise InputError(path, 1, 1, f"its aliases stand for more than {MAX_VALUES} values (write less)")
        yield found


def _below(node: yaml.Node, steps: Steps, around: tuple[int, ...]) -> Iterator[tuple[Steps, yaml.ScalarNode]]:
    if isinstance(node, yaml.ScalarNode):
        yield steps, node
    elif id(node) in around:
        return
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            # what is merged is in the mapping itself
            own = steps[:-1] if steps[-1:] == (_MERGE,) else (*steps, _ITEM)
            yield from _below(item, own, (*around, id(node)))
    elif isinstance(node, yaml.MappingNode):
        own = steps[:-1] if steps[-1:] == (_MERGE,) else steps
        for name, value in node.value:
            yield from _below(value, (*own, str(name.value)), (*around, id(node)))
