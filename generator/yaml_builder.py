"""From the events of a YAML text to its data and the places in it, in bounded time and memory.

Without recursion (PyYAML's composer recurses in C), and every limit is checked while the text is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from generator.errors import InputError
from generator.yaml_scalars import Ambiguous, Scalar, plain_scalar, short
from generator.yaml_text import Place

MAX_DEPTH = 64
#: values, counted after aliases are expanded
MAX_NODES = 100_000
EMPTY = "this file is empty (a mapping, 'key: value', was expected)"
MERGE = "<<"

Step = str | int


class Node:
    """A value with its place, and the weight and height that aliases to it add."""

    __slots__ = ("children", "data", "height", "key", "keys", "place", "weight")

    #: Shared by all values that are no list and no mapping; never written to.
    _NONE: dict[Any, Any] = {}  # noqa: RUF012

    def __init__(self, place: Place, data: Any) -> None:
        """Stand for ``data``, which is empty where it is a list or a mapping."""
        self.place = place
        self.data = data
        self.weight = 1
        self.height = 0
        #: where the next value goes: the index in a list, the key in a mapping, None where a key comes first
        self.key: Step | None = 0 if isinstance(data, list) else None
        inner = isinstance(data, list | dict)
        self.children: dict[Step, Node] = {} if inner else self._NONE
        self.keys: dict[Step, Place] = {} if inner else self._NONE


class Builder:
    """Makes nodes of events, with a stack of its own, and refuses what is over the limits.

    It takes what all readers of YAML read alike. One with other rules overrides :meth:`plain`, :meth:`key`,
    :meth:`merge_key`, :meth:`merge` and :meth:`nothing`.
    """

    def __init__(self, path: Path) -> None:
        """Start with nothing read; ``path`` is for messages."""
        self.path = path
        self.stack: list[Node] = []
        self.anchors: dict[str, Node] = {}
        self.nodes = 0
        self.documents = 0
        self.root: Node | None = None

    def build(self, events: Iterator[Any]) -> Node:
        """Return the top mapping."""
        take: dict[type, Any] = {
            yaml.DocumentStartEvent: self._document,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceEndEvent: self._close,
            yaml.MappingEndEvent: self._close,
        }
        for event in events:
            if method := take.get(type(event)):
                method(event)
        return self.root or self.nothing((1, 1))

    def plain(self, event: Any) -> Scalar:
        """Read an unquoted value or key."""
        try:
            return plain_scalar(event.value)
        except Ambiguous as error:
            raise self.error(event, str(error)) from None

    def key(self, event: Any) -> Step:
        """Read a key that is no ``<<``."""
        key = self.scalar(event)
        if not isinstance(key, str):
            raise self.error(event, f"the key {short(event.value) or '(nothing)'} is not text (quote it)")
        return key

    def merge_key(self, event: Any, mapping: Node) -> None:
        """Take note of a ``<<``, quoted or not, whose value comes next."""
        self.unused(event, mapping, MERGE)
        if mapping.data:
            # Psych lets a later << win over the keys before it, PyYAML does not
            raise self.error(event, "'<<' must come first in its mapping (readers of YAML differ otherwise)")

    def merge(self, place: Place, mapping: Node, node: Node, alias: bool) -> None:
        """Take over the pairs of ``node``, the value of a ``<<``, as the first pairs of ``mapping``."""
        if not alias or not isinstance(node.data, dict):
            raise InputError(self.path, *place, "'<<' takes the alias of one mapping (write <<: *name)")
        mapping.data.update(node.data)
        mapping.children.update(node.children)

    def nothing(self, place: Place) -> Node:
        """Answer for a file that says nothing."""
        raise InputError(self.path, *place, EMPTY)

    def scalar(self, event: Any) -> Scalar:
        """Return what a scalar says."""
        text: str = event.value
        if event.style:
            if "\0" in text:
                raise self.error(
                    event, "a NUL character fits in no file name and no argument (remove the \\0)"
                )
            return text
        if len(text) > 5 and text[0].isalpha():
            return text  # no reader has a longer word for true, false or nothing
        return self.plain(event)

    def unused(self, event: Any, mapping: Node, key: Step) -> None:
        """Refuse ``key`` where ``mapping`` has it already."""
        if key in mapping.keys:
            message = (
                f"the key {short(str(key))} is already in line {mapping.keys[key][0]} (keep one of them)"
            )
            raise self.error(event, message)

    def error(self, event: Any, message: str) -> InputError:
        """Return (not raise) the error that ``message`` holds where ``event`` begins."""
        return InputError(self.path, *_start(event), message)

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            raise self.error(event, "a second document begins here (a file holds one: remove the '---')")

    def _scalar(self, event: Any) -> None:
        if event.tag:
            raise self._tagged(event)
        stack = self.stack
        if stack and stack[-1].key is None:
            self._key(event, stack[-1])
            return
        node = Node(_start(event), self.scalar(event))
        if event.anchor:
            self.anchors[event.anchor] = node
        self._count(event, node)
        self._attach(node.place, node)

    def _key(self, event: Any, mapping: Node) -> None:
        if event.anchor:
            # no key can be named; what had this name before has lost it to the key
            self.anchors.pop(event.anchor, None)
        if event.value == MERGE:
            self.merge_key(event, mapping)
            key: Step = MERGE
        else:
            key = self.key(event)
            self.unused(event, mapping, key)
        mapping.keys[key] = _start(event)
        mapping.key = key

    def _alias(self, event: Any) -> None:
        self._no_key(event)
        node = self.anchors.get(event.anchor)
        if node is None:
            raise self.error(event, f"no &{event.anchor} above this *{event.anchor} (quote a text)")
        if any(node is outer for outer in self.stack):
            raise self.error(event, f"*{event.anchor} stands inside what it names (that would have no end)")
        self._count(event, node)
        self._attach(_start(event), node, alias=True)

    def _open(self, event: Any) -> None:
        if event.tag:
            raise self._tagged(event)
        self._no_key(event)
        node = Node(_start(event), {} if isinstance(event, yaml.MappingStartEvent) else [])
        if not self.stack and not isinstance(node.data, dict):
            raise self._no_mapping(node.place)
        self._count(event, node)
        if event.anchor:
            self.anchors[event.anchor] = node
        self.stack.append(node)

    def _close(self, event: Any) -> None:
        node = self.stack.pop()
        self._attach(node.place, node)

    def _attach(self, place: Place, node: Node, alias: bool = False) -> None:
        """Put ``node``, which is complete, where it belongs: in the open list or mapping, or at the top."""
        if not self.stack:
            self._finish(node)
            return
        parent = self.stack[-1]
        key = parent.key
        assert key is not None
        if isinstance(key, int) and isinstance(parent.data, list):
            parent.data.append(node.data)
            parent.children[key] = node
            parent.key = key + 1
        else:
            if key == MERGE:
                self.merge(place, parent, node, alias)
            else:
                parent.data[key] = node.data
                parent.children[key] = node
            parent.key = None
        parent.weight += node.weight
        if parent.height <= node.height:
            parent.height = node.height + 1

    def _finish(self, node: Node) -> None:
        if node.data is None:
            self.root = self.nothing(node.place)
        elif isinstance(node.data, dict):
            self.root = node
        else:
            raise self._no_mapping(node.place)

    def _count(self, event: Any, node: Node) -> None:
        """Hold a ``node`` that is about to be attached against the limits."""
        self.nodes += node.weight
        if self.nodes > MAX_NODES:
            raise self.error(event, f"more than {MAX_NODES} values, aliases expanded (write fewer)")
        if len(self.stack) + node.height + 1 > MAX_DEPTH:
            raise self.error(event, f"nested deeper than {MAX_DEPTH} levels (flatten it)")

    def _no_key(self, event: Any) -> None:
        """Refuse a list, a mapping or an alias where a key is due."""
        if self.stack and self.stack[-1].key is None:
            raise self.error(event, "a key must be text (quote it; no list, mapping or alias)")

    def _no_mapping(self, place: Place) -> InputError:
        return InputError(self.path, *place, "the top of this file must be a mapping ('key: value' lines)")

    def _tagged(self, event: Any) -> InputError:
        return self.error(
            event, f"the tag {event.tag} is not allowed (remove it, or quote the text that it begins)"
        )


def _start(event: Any) -> Place:
    """Return line and column, from 1, where ``event`` begins."""
    mark = event.start_mark
    return mark.line + 1, mark.column + 1
