"""Values of parameters, before and after, in few lines that are safe to print."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

from generator.diff.compare import Difference

#: A value that is longer is cut to where it begins to differ.
WIDTH = 72
#: Lines of one value that are shown.
LINES = 12
#: A commit, or a digest: its beginning tells enough.
_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{28,}\b")


def show(difference: Difference) -> list[str]:
    """Show a parameter before and after: in one line, or where it has many, by the lines that differ.

    >>> show(Difference('mode', '0644', None))
    ['mode 0644 -> unset']
    """
    before, after = difference.before, difference.after
    if not (_is_long(before) or _is_long(after)):
        return [plain(f"{difference.name} {_beside(before, after)}")]
    lines = list(_line_diff(_lines(before), _lines(after)))
    more = [f"  … {len(lines) - LINES} more"] if len(lines) > LINES else []
    return [
        plain(f"{difference.name}:"),
        *(f"  {cut(plain(line), 2 * WIDTH)}" for line in lines[:LINES]),
        *more,
    ]


def plain(text: str) -> str:
    """Return ``text`` in one line, its digests cut, and nothing in it that moves a cursor or hides."""
    visible = (one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    return _DIGEST.sub(r"\1…", "".join(visible))


def cut(text: str, width: int) -> str:
    """Return ``text``, or its beginning."""
    return text if len(text) <= width else text[:width] + "…"


def _is_long(value: Any) -> bool:
    """Say whether a value is shown by its lines."""
    if isinstance(value, str):
        return "\n" in value
    return isinstance(value, list | dict) and len(_word(value)) > WIDTH


def _line_diff(before: list[str], after: list[str]) -> Iterator[str]:
    for _, old_from, old_to, new_from, new_to in difflib.SequenceMatcher(None, before, after).get_opcodes():
        if before[old_from:old_to] != after[new_from:new_to]:
            yield from (f"- {line}" for line in before[old_from:old_to])
            yield from (f"+ {line}" for line in after[new_from:new_to])


def _lines(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list):
        return [_word(item) for item in value]
    text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return text.split("\n")


def _beside(before: Any, after: Any) -> str:
    texts = [_word(before), _word(after)]
    if texts[0] == texts[1]:  # '1' and 1
        texts = [json.dumps(value) for value in (before, after)]
    if max(map(len, texts)) > WIDTH:
        same = next((at for at, (old, new) in enumerate(zip(*texts, strict=False)) if old != new), 0)
        start = max(0, same - WIDTH // 4)
        texts = [("…" if start else "") + cut(text[start:], WIDTH) for text in texts]
    return " -> ".join(texts)


def _word(value: Any) -> str:
    """A value as a word: texts bare, where that can mean nothing else."""
    if value is None:
        return "unset"
    if isinstance(value, str) and value and value.strip() == value and value.isprintable():
        return value
    return json.dumps(value, ensure_ascii=False)
