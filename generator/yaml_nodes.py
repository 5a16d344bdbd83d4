"""A YAML text as nodes that know where they stand in it, for :mod:`generator.yaml_edit`.

Unlike the nodes of :mod:`generator.yaml_source` these keep what data forgets: anchors, aliases that are not
expanded, the style of a text, and the offsets between which a value can be cut out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from generator.errors import InputError
from generator.yaml_builder import MAX_DEPTH
from generator.yaml_events import events
from generator.yaml_psych import Unusable, psych_scalar
from generator.yaml_scalars import short
from generator.yaml_text import place

#: Stands in data for an alias, and for what Puppet cannot use; equal to nothing that can be wanted.
UNKNOWN = object()


class Kind(Enum):
    """What a node is."""

    SCALAR = "scalar"
    ALIAS = "alias"
    LIST = "list"
    MAPPING = "mapping"


@dataclass(slots=True)
class Node:
    """A value or a key.

    ``text[start:end]`` goes when the value goes: no comment, line end or blank line after it. What follows
    the value belongs at ``after`` or later; that differs from ``end`` only for a block text that keeps its
    blank lines (``|+``). ``value`` is the text of a scalar or the name of an alias, ``style`` the quote or
    block character of a scalar. ``pairs`` holds keys and values by the text of the key, in a tuple of one
    where it is none (``1``).
    """

    kind: Kind
    start: int
    end: int
    after: int
    value: str = ""
    style: str = ""
    flow: bool = False
    anchor: str | None = None
    pairs: dict[str | tuple[str], tuple[Node, Node]] = field(default_factory=dict)
    items: list[Node] = field(default_factory=list)

    @property
    def data(self) -> Any:
        """The value as Puppet takes it, with UNKNOWN in it for aliases."""
        match self.kind:
            case Kind.MAPPING:
                return {name: value.data for name, (_, value) in self.pairs.items()}
            case Kind.LIST:
                return [item.data for item in self.items]
            case Kind.SCALAR if self.style:
                return self.value
            case Kind.SCALAR:
                try:
                    return psych_scalar(self.value)
                except Unusable:
                    return UNKNOWN
        return UNKNOWN

    @property
    def empty(self) -> bool:
        """Whether it is nothing: ``key:``, ``~``, ``{}`` or ``[]``."""
        return self.data is None or (
            self.kind in (Kind.MAPPING, Kind.LIST) and not self.pairs and not self.items
        )

    def walk(self) -> Iterator[Node]:
        """Yield this node and every one in it."""
        yield self
        for child in (*self.items, *(node for pair in self.pairs.values() for node in pair)):
            yield from child.walk()


def parse(path: Path, text: str) -> Node | None:
    """Read ``text``, which is that of ``path``; None where it holds nothing but comments.

    Raises:
        InputError: it is broken, has a second document, tags or a key twice, or is nested too deep.
    """
    root: Node | None = None
    stack: list[Node] = []
    keys: list[Node | None] = []  # the key that awaits its value, for each open node
    for event in events(path, text):
        if isinstance(event, yaml.CollectionEndEvent):
            keys.pop()
            _close(stack.pop(), event)
        elif isinstance(event, yaml.NodeEvent):
            node, complaint = _node(text, event), ""
            if tag := getattr(event, "tag", None):
                complaint = f"the tag {tag} is not allowed (remove it)"
            elif stack:
                complaint = _wrong_key(stack[-1], keys[-1], node)
            elif root:
                complaint = "a second document begins here (a file holds one: remove the '---')"
            if len(stack) == MAX_DEPTH:
                complaint = f"nested deeper than {MAX_DEPTH} levels (flatten it)"
            if complaint:
                raise InputError(path, *place(text, node.start), complaint)
            root = root or node
            if stack:
                keys[-1] = _attach(stack[-1], keys[-1], node)
            if isinstance(event, yaml.CollectionStartEvent):
                stack.append(node)
                keys.append(None)
    return root


def _wrong_key(parent: Node, key: Node | None, node: Node) -> str:
    """Say what is wrong with ``node`` if it is a key of ``parent``."""
    if parent.kind is Kind.LIST or key:
        return ""
    if node.kind is not Kind.SCALAR:
        return "a key must be text (quote it; no list, mapping or alias)"
    if _name(node) in parent.pairs:
        return f"the key {short(node.value)} is here twice (keep one of them)"
    return ""


def _attach(parent: Node, key: Node | None, node: Node) -> Node | None:
    """Put ``node`` into ``parent``; return the key that now awaits its value."""
    if parent.kind is Kind.LIST:
        parent.items.append(node)
    elif key:
        parent.pairs[_name(key)] = key, node
    else:
        return node
    return None


def _name(key: Node) -> str | tuple[str]:
    return key.data if isinstance(key.data, str) else (key.value,)


def _node(text: str, event: Any) -> Node:
    """Make a node of the event that begins it."""
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, yaml.AliasEvent):
        return Node(Kind.ALIAS, start, end, end, str(event.anchor))
    if isinstance(event, yaml.CollectionStartEvent):
        kind = Kind.MAPPING if isinstance(event, yaml.MappingStartEvent) else Kind.LIST
        return Node(kind, start, end, end, flow=bool(event.flow_style), anchor=event.anchor)
    node = Node(Kind.SCALAR, start, end, end, event.value, event.style or "", anchor=event.anchor)
    if node.style in ("|", ">"):
        # libyaml ends a block text where the next thing begins
        node.end = start + len(text[start:end].rstrip("\r\n"))
        if "+" not in text[start:].partition("\n")[0].partition("#")[0]:
            node.after = node.end
    return node


def _close(node: Node, event: Any) -> None:
    """Set the end of a list or mapping: libyaml ends one in block style where the next thing begins."""
    if node.flow:
        node.end = node.after = event.end_mark.index
        return
    children = [*node.items, *(value for _, value in node.pairs.values())]
    node.end = max(child.end for child in children)
    node.after = max(child.after for child in children)
