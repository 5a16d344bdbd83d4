"""Ruby's ``Dir.glob``, as hiera.yaml uses it, in its order.

Braces are alternatives, one after the other. Within one, an entry comes before what is in it, and names are
sorted by their bytes. ``**/`` goes into folders, not through links; ``*`` and ``?`` do not begin with a dot.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator

_MAGIC = re.compile(r"[*?\[]")


def expand(base: str, pattern: str) -> list[str]:
    """Return the files that ``pattern`` finds below ``base``, without folders, in Ruby's order."""
    found: list[str] = []
    for alternative in braces(pattern):
        if alternative.endswith("/"):
            continue  # folders only
        start = "/" if alternative.startswith("/") else base
        segments = [segment for segment in alternative.split("/") if segment]
        found += sorted(set(_walk(start, segments)), key=lambda path: os.fsencode(path).split(b"/"))
    return [path for path in found if not os.path.isdir(path)]


def braces(pattern: str) -> list[str]:
    """Return ``pattern`` once for each choice of its braces; braces nest.

    >>> braces("a{b,{c,d}}e")
    ['abe', 'ace', 'ade']
    """
    depth, commas, opened = 0, [], -1
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if character == "\\":
            at += 1
        elif character == "{":
            depth += 1
            opened = at if depth == 1 else opened
        elif character == "," and depth == 1:
            commas.append(at)
        elif character == "}" and depth:
            depth -= 1
            if not depth:
                cuts = [opened, *commas, at]
                choices = [pattern[low + 1 : high] for low, high in itertools.pairwise(cuts)]
                return [
                    text
                    for choice in choices
                    for text in braces(pattern[:opened] + choice + pattern[at + 1 :])
                ]
        at += 1
    return [pattern]


def segment_regex(segment: str) -> str:
    """Return a regular expression for one name: no slash, and no dot at the start that is not written."""
    out = [] if segment.startswith((".", "\\.")) else [r"(?!\.)"]
    at = 0
    while at < len(segment):
        character = segment[at]
        if character == "[" and (end := _class_end(segment, at)):
            inner = segment[at + 1 : end]
            negated, inner = inner[:1] in ("^", "!"), inner[1:] if inner[:1] in ("^", "!") else inner
            inner = re.sub(r"\\(.)|([\[\]^&~|])", lambda m: "\\" + (m[1] or m[2]), inner)
            out.append(f"[{'^/' if negated else ''}{inner}]")
            at = end
        elif character == "\\" and at + 1 < len(segment):
            at += 1
            out.append(re.escape(segment[at]))
        else:
            out.append({"*": "[^/]*", "?": "[^/]"}.get(character, re.escape(character)))
        at += 1
    return "".join(out)


def _class_end(segment: str, at: int) -> int:
    """Return where the bracket at ``at`` is closed; 0 where it is not."""
    start = at + 2 if segment[at + 1 : at + 2] in ("^", "!") else at + 1
    end = start
    while end < len(segment):
        if segment[end] == "]" and end > start:
            return end
        end += 2 if segment[end] == "\\" else 1
    return 0


def _walk(base: str, segments: list[str]) -> Iterator[str]:
    if not segments:
        yield base
        return
    head, rest = segments[0], segments[1:]
    if head == "**" and rest:
        yield from _walk(base, rest)
        for entry in _entries(base):
            if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                yield from _walk(os.path.join(base, entry.name), segments)
    elif not _MAGIC.search(head):
        path = os.path.join(base, re.sub(r"\\(.)", r"\1", head))
        if os.path.isdir(path) if rest else os.path.lexists(path):
            yield from _walk(path, rest)
    else:
        name = re.compile(segment_regex(head), re.DOTALL)
        for entry in _entries(base):
            if name.fullmatch(entry.name) and (not rest or entry.is_dir()):
                yield from _walk(os.path.join(base, entry.name), rest)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder or ".") as entries:
            return list(entries)
    except OSError:
        return []
