"""Where a YAML text has to be cut, and what has to be put in, for one value to change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.errors import InputError
from generator.yaml_nodes import Kind, Node, parse
from generator.yaml_style import block, inline, pairs
from generator.yaml_text import place

BY_HAND = "edit this file by hand"
#: How the key is written that takes over the pairs of another mapping.
MERGE = "<<"

#: the characters that begin a text over several lines
BLOCK_STYLES = ("|", ">")

_COLON = re.compile(r"[ \t]*:")
_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")
_COMMENT_LINE = re.compile(r"\r?\n( *)#[^\r\n]*")


@dataclass(frozen=True)
class Cut:
    """``text[start:end]`` becomes ``new``."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class _Spot:
    """Where a value stands: ``key`` and ``parent`` are None for the top of the file."""

    value: Node
    key: Node | None = None
    parent: Node | None = None
    #: whether it stands between brackets, where there are no lines of block style
    in_flow: bool = False

    def child(self, step: str) -> _Spot:
        """Go to the value of a key."""
        key, value = self.value.pairs[step]
        return _Spot(value, key, self.value, self.in_flow or self.value.flow)


def apply(text: str, cuts: list[Cut]) -> str:
    """Make ``cuts``, which do not overlap; of two that begin at one place the first puts its text first."""
    for cut in sorted(reversed(cuts), key=lambda cut: -cut.start):
        text = text[: cut.start] + cut.new + text[cut.end :]
    return text


def same(one: object, other: object) -> bool:
    """Whether two pieces of data are equal, ``1`` and ``True`` and ``1.0`` being different."""
    try:
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    except TypeError:  # something unknown is in it
        return False


def plan(file: Path, text: str, path: tuple[str, ...], value: Any) -> list[Cut]:
    """Find the cuts that put ``value`` at ``path``, of one step or more; ``text`` is that of ``file``.

    Raises:
        InputError: ``text`` is no clean YAML mapping, or other keys share what would change.
    """
    cutter = _Cutter(file, text)
    root = parse(file, text)
    if root is None or root.data is None:
        return [cutter.append(_nest(path, value))]
    spot = _Spot(root)
    for depth, step in enumerate(path):
        node, rest = spot.value, _nest(path[depth:], value)
        if node.data is None or (node.kind is Kind.MAPPING and node.empty):
            return list(cutter.replace(spot, rest))
        cutter.refuse_anchor(node)
        if node.kind is not Kind.MAPPING:
            what = "the value of another key" if node.kind is Kind.ALIAS else "no mapping"
            raise cutter.error(node, f"this is {what}, so {step} cannot be set in it ({BY_HAND})")
        if step not in node.pairs:
            if MERGE in node.pairs and depth + 1 < len(path):
                raise cutter.error(node, f"'<<' may bring {step} in here ({BY_HAND})")
            return [cutter.insert(node, rest)]
        spot = spot.child(step)
    return list(cutter.replace(spot, value))


def _nest(path: tuple[str, ...], value: Any) -> Any:
    for step in reversed(path):
        value = {step: value}
    return value


class _Cutter:
    """Makes the cuts for one text."""

    def __init__(self, file: Path, text: str) -> None:
        self.file = file
        self.text = text
        first = text.find("\n")
        self.line_end = "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"

    def error(self, node: Node, message: str) -> InputError:
        """Return (not raise) the error that ``message`` holds at ``node``."""
        return InputError(self.file, *place(self.text, node.start), message)

    def refuse_anchor(self, node: Node) -> None:
        """Refuse what aliases elsewhere may repeat."""
        if node.anchor:
            said = (
                f"the anchor &{node.anchor} gives this value to other keys too, which would change silently"
            )
            raise self.error(node, f"{said} ({BY_HAND})")

    def append(self, mapping: dict[str, Any]) -> Cut:
        """Write ``mapping`` behind a text that has only comments in it, or nothing."""
        lines = block(mapping, 0)
        if not self.text:
            lines.insert(0, "---")
        elif not self.text.endswith("\n"):
            lines.insert(0, "")
        return Cut(len(self.text), len(self.text), "".join(line + self.line_end for line in lines))

    def insert(self, mapping: Node, new: dict[str, Any], last: Node | None = None) -> Cut:
        """Write the pairs ``new`` behind those of ``mapping``, or behind its value ``last``."""
        last = last or next(reversed(mapping.pairs.values()))[1]
        if mapping.flow:
            return Cut(last.end, last.end, f", {pairs(new)}")
        depth, at = self._column(mapping.start), last.after
        lines = block(new, depth)
        if self.text[:at].endswith("\n"):
            return Cut(at, at, "".join(line + self.line_end for line in lines))
        at = self._end_of_line(at)
        # a comment right below belongs to what it stands below, unless it is less indented
        while (comment := _COMMENT_LINE.match(self.text, at)) and len(comment[1]) >= depth:
            at = comment.end()
        return Cut(at, at, self._below(lines))

    def replace(self, spot: _Spot, value: Any) -> Iterator[Cut]:
        """Yield the cuts that make ``value`` of what stands at ``spot``; none where it says so already."""
        node = spot.value
        if same(node.data, value):
            return
        if isinstance(value, dict) and self._can_mix(node, value):
            yield from self._mix(spot, value)
            return
        for part in node.walk():
            self.refuse_anchor(part)
        if spot.in_flow or not isinstance(value, dict | list) or not value:
            yield from self._to_inline(
                spot, inline(value, node.style if node.style not in BLOCK_STYLES else "")
            )
        else:
            yield from self._to_block(spot, value)

    def _can_mix(self, node: Node, value: dict[str, Any]) -> bool:
        kept = node.pairs.keys() & value.keys()
        return bool(kept) and not (node.flow and len(kept) < len(node.pairs))

    def _mix(self, spot: _Spot, value: dict[str, Any]) -> Iterator[Cut]:
        """Change, remove and add single pairs of the mapping at ``spot``, so that comments stay."""
        node = spot.value
        self.refuse_anchor(node)
        last = node
        for name, (key, child) in node.pairs.items():
            if isinstance(name, str) and name in value:
                yield from self.replace(spot.child(name), value[name])
                last = child
            else:
                for part in child.walk():
                    self.refuse_anchor(part)
                start = key.start - self._column(key.start)
                yield Cut(start, self._next_line(child.after), "")
        if new := {name: child for name, child in value.items() if name not in node.pairs}:
            yield self.insert(node, new, last)

    def _to_inline(self, spot: _Spot, new: str) -> Iterator[Cut]:
        """Write ``new``, which is one line, in place of the value."""
        node = spot.value
        if node.start == node.end:  # nothing is there, not even a space
            yield Cut(node.start, node.start, f" {new}")
        elif header := _BLOCK_HEADER.match(self.text, node.start) if node.style in BLOCK_STYLES else None:
            yield Cut(node.start, header.end(), new)
            yield Cut(self._end_of_line(node.start), node.end, "")
        elif spot.key and node.kind in (Kind.LIST, Kind.MAPPING) and not node.flow:
            colon = self._colon(spot.key)
            yield Cut(colon, colon, f" {new}")
            yield Cut(self._end_of_line_before(node.start), self._end_of_line(node.end), "")
        else:
            yield Cut(node.start, node.end, new)

    def _to_block(self, spot: _Spot, value: dict[str, Any] | list[Any]) -> Iterator[Cut]:
        """Write ``value``, which is not empty, as lines in place of the value."""
        node = spot.value
        if not spot.key or not spot.parent:
            begins = self._column(node.start) == 0
            new = self.line_end.join(block(value, 0)) if begins else inline(value)
            yield Cut(node.start, node.end, new)
            return
        lines = self._below(block(value, self._column(spot.parent.start) + 2))
        colon = self._colon(spot.key)
        if "\n" in self.text[colon : node.start]:
            yield Cut(self._end_of_line_before(node.start), node.end, lines)
        else:  # a comment behind the old value stays behind the key
            at = self._end_of_line(node.end)
            yield Cut(colon, node.end, "")
            yield Cut(at, at, lines)

    def _below(self, lines: list[str]) -> str:
        return "".join(self.line_end + line for line in lines)

    def _colon(self, key: Node) -> int:
        """Return the offset behind the colon of ``key``."""
        colon = _COLON.match(self.text, key.end)
        if not colon:
            raise self.error(key, f"the ':' of this key is not beside it ({BY_HAND})")
        return colon.end()

    def _column(self, at: int) -> int:
        """Count the characters before ``at`` in its line."""
        return at - (self.text.rfind("\n", 0, at) + 1)

    def _end_of_line(self, at: int) -> int:
        """Return the offset of the line end at or behind ``at``."""
        end = self.text.find("\n", at)
        if end < 0:
            return len(self.text)
        return end - 1 if self.text[at:end].endswith("\r") else end

    def _end_of_line_before(self, at: int) -> int:
        """Return the offset of the line end before the line of ``at``."""
        end = at - self._column(at) - 1
        return end - 1 if self.text[:end].endswith("\r") else end

    def _next_line(self, at: int) -> int:
        """Return where the first line begins at ``at`` or behind it."""
        if self._column(at) == 0:
            return at
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1
