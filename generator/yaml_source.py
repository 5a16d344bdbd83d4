"""YAML files with the place of every value, read strictly and in bounded time and memory.

A definition is read by people and by several programs, so nothing in it may be ambiguous: see
:mod:`generator.yaml_scalars` for unquoted values. The file is read as a stream of events, without recursion
(PyYAML's composer recurses in C), and every limit is checked while it is read.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from generator.errors import InputError
from generator.yaml_scalars import CURED_AT_START, Ambiguous, Scalar, plain_scalar, plain_words, short
from generator.yaml_text import Place, read_text

MAX_DEPTH = 64
#: values and keys, counted after aliases are expanded
MAX_NODES = 100_000
EMPTY = "this file is empty (a mapping, 'key: value', was expected)"

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TAB_INDENT = re.compile(r" *\t")

Step = str | int


@dataclass(slots=True)
class _Node:
    """A value with its place, and the weight and height that aliases to it add."""

    place: Place
    data: Any = None
    children: dict[Step, _Node] = field(default_factory=dict)
    keys: dict[Step, Place] = field(default_factory=dict)
    weight: int = 1
    height: int = 0


@dataclass(frozen=True)
class Document:
    """What a file says, and where it says it. ``data`` is to be read, not changed: aliases share it."""

    path: Path
    data: dict[str, Any]
    _root: _Node = field(repr=False)

    def position(self, path: tuple[Step, ...], key: bool = False) -> Place:
        """Return line and column, from 1, of the value at ``path``, or of its key.

        Where there is nothing at ``path``, the nearest enclosing value (or key) that exists answers.
        """
        node, place = self._root, self._root.place
        for step in path:
            if step not in node.children:
                break
            child = node.children[step]
            node, place = child, node.keys.get(step, child.place) if key else child.place
        return place

    def error(self, path: tuple[Step, ...], message: str, key: bool = False) -> InputError:
        """Return (not raise) the error that ``message`` holds at ``path``."""
        return InputError(self.path, *self.position(path, key), message)


def load(path: Path) -> Document:
    """Read the YAML mapping in ``path``.

    Raises:
        InputError: the file cannot be read, is no strict YAML, or is bigger than the limits above.
    """
    text = read_text(path)
    events = _events(path, text)
    root = _Builder(path).build(events)
    return Document(path, root.data, root)


def _events(path: Path, text: str) -> Iterator[Any]:
    """Yield the events of ``text``; tabs that indent are refused (inside a text they are fine)."""
    tabs = deque(
        (number, tab.end())
        for number, line in enumerate(text.split("\n") if "\t" in text else [], start=1)
        if (tab := _TAB_INDENT.match(line))
    )
    tabbed = dict(tabs)
    parser = _Parser(text)
    try:
        while (event := parser.get_event()) is not None:
            if tabs and isinstance(event, yaml.ScalarEvent) and event.style:
                _pass_tabs(path, tabs, event)
            yield event
    except yaml.MarkedYAMLError as error:
        raise _broken(path, error, tabbed) from None
    except yaml.YAMLError as error:
        raise InputError(path, 1, 1, plain_words(str(error))) from None
    finally:
        parser.dispose()
    if tabs:
        raise _tab(path, tabs[0])


def _broken(path: Path, error: yaml.MarkedYAMLError, tabbed: dict[int, int]) -> InputError:
    """Say what libyaml found, at the place where it can be cured."""
    problem, began = error.problem or "", error.context_mark
    at_start = began is not None and any(words in problem for words in CURED_AT_START)
    mark: Any = began if at_start else error.problem_mark or began
    line, column = mark.line + 1, mark.column + 1
    if line in tabbed:
        return _tab(path, (line, tabbed[line]))
    opened = f" (opened in line {began.line + 1})" if began and "flow" in (error.context or "") else ""
    return InputError(path, line, column, plain_words(problem) + opened)


def _pass_tabs(path: Path, tabs: deque[Place], text: Any) -> None:
    """Drop the ``tabs`` that lie in a quoted or block ``text``; those before it indent something."""
    first, last = text.start_mark.line + 1, text.end_mark.line + 1
    while tabs and tabs[0][0] <= last:
        if tabs[0][0] <= first:
            raise _tab(path, tabs[0])
        tabs.popleft()


def _tab(path: Path, place: Place) -> InputError:
    return InputError(path, *place, "a tab in the indentation (YAML indents by spaces)")


class _Builder:
    """Makes nodes of events, with a stack of its own, and refuses what is over the limits."""

    def __init__(self, path: Path) -> None:
        """Start with nothing read; ``path`` is for messages."""
        self.path = path
        self.stack: list[_Node] = []
        self.wanted: list[str | None] = []  # the key that awaits its value, for each open mapping
        self.names: list[str | None] = []  # the anchor of each open list or mapping
        self.anchors: dict[str, _Node] = {}
        self.nodes = 0
        self.documents = 0
        self.root: _Node | None = None

    def build(self, events: Iterator[Any]) -> _Node:
        """Return the top mapping."""
        for event in events:
            self._take(event)
        if self.root is None:
            raise InputError(self.path, 1, 1, EMPTY)
        return self.root

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self._error(event, "a second document begins here (a file holds one: remove the '---')")
        elif isinstance(event, yaml.NodeEvent):
            self._node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()

    def _node(self, event: Any) -> None:
        if tag := getattr(event, "tag", None):
            raise self._error(
                event, f"the tag {tag} is not allowed (remove it, or quote the text that it begins)"
            )
        if self.stack and isinstance(self.stack[-1].data, dict) and self.wanted[-1] is None:
            self.wanted[-1] = self._key(event)
            return
        node = self._alias(event) if isinstance(event, yaml.AliasEvent) else self._new(event)
        self.nodes += node.weight
        if self.nodes > MAX_NODES:
            raise self._error(event, f"more than {MAX_NODES} values, aliases expanded (write fewer)")
        if len(self.stack) + node.height + 1 > MAX_DEPTH:
            raise self._error(event, f"nested deeper than {MAX_DEPTH} levels (flatten it)")
        self._attach(event, node)
        if isinstance(event, yaml.CollectionStartEvent):
            self.stack.append(node)
            self.wanted.append(None)
            self.names.append(event.anchor)
        elif isinstance(event, yaml.ScalarEvent) and event.anchor:
            self.anchors[event.anchor] = node

    def _new(self, event: Any) -> _Node:
        place = _start(event)
        if isinstance(event, yaml.ScalarEvent):
            return _Node(place, self._scalar(event))
        if isinstance(event, yaml.MappingStartEvent):
            return _Node(place, {})
        return _Node(place, [])

    def _scalar(self, event: Any) -> Scalar:
        text: str = event.value
        if "\0" in text:
            raise self._error(event, "a NUL character fits in no file name and no argument (remove the \\0)")
        if event.style:
            return text
        try:
            return plain_scalar(text)
        except Ambiguous as error:
            raise self._error(event, str(error)) from None

    def _alias(self, event: Any) -> _Node:
        if event.anchor in self.names:
            raise self._error(event, f"*{event.anchor} stands inside what it names (that would have no end)")
        if event.anchor not in self.anchors:
            raise self._error(event, f"no &{event.anchor} above this *{event.anchor} (quote a text)")
        return self.anchors[event.anchor]

    def _key(self, event: Any) -> str:
        """Take a key; ``<<`` is a key like any other here, see :meth:`_merge`."""
        mapping = self.stack[-1]
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(event, "a key must be text (quote it; no list, mapping or alias)")
        key = "<<" if event.value == "<<" else self._scalar(event)
        if not isinstance(key, str):
            raise self._error(event, f"the key {short(event.value) or '(nothing)'} is not text (quote it)")
        if key in mapping.keys:
            first = mapping.keys[key][0]
            raise self._error(event, f"the key {short(key)} is already in line {first} (keep one of them)")
        if key == "<<" and mapping.data:
            # Psych lets a later << win over the keys before it, PyYAML does not
            raise self._error(event, "'<<' must come first in its mapping (readers of YAML differ otherwise)")
        mapping.keys[key] = _start(event)
        return key

    def _attach(self, event: Any, node: _Node) -> None:
        """Put ``node`` where it belongs: in the open list or mapping, or at the top."""
        if not self.stack:
            if node.data is None:
                raise self._error(event, EMPTY)
            if not isinstance(node.data, dict):
                raise self._error(event, "the top of this file must be a mapping ('key: value' lines)")
            self.root = node
            return
        parent, key = self.stack[-1], self.wanted[-1]
        if isinstance(parent.data, list):
            parent.children[len(parent.data)] = node
            parent.data.append(node.data)
        elif key == "<<":
            self._merge(event, parent, node)
        else:
            assert key is not None
            parent.children[key] = node
            parent.data[key] = node.data
        if not isinstance(event, yaml.CollectionStartEvent):
            self._grow(parent, node)

    def _merge(self, event: Any, parent: _Node, node: _Node) -> None:
        """Take over the pairs of an alias, or of a list of aliases, as the first pairs of ``parent``."""
        if not isinstance(event, yaml.AliasEvent) or not isinstance(node.data, dict):
            raise self._error(event, "'<<' takes the alias of one mapping (write <<: *name)")
        parent.data.update(node.data)
        parent.children.update(node.children)

    def _grow(self, parent: _Node, child: _Node) -> None:
        """Count a finished ``child`` into its parent."""
        parent.weight += child.weight
        parent.height = max(parent.height, child.height + 1)
        if isinstance(parent.data, dict):
            self.wanted[-1] = None

    def _close(self) -> None:
        node, name = self.stack.pop(), self.names.pop()
        self.wanted.pop()
        if name:
            self.anchors[name] = node
        if self.stack:
            self._grow(self.stack[-1], node)

    def _error(self, event: Any, message: str) -> InputError:
        return InputError(self.path, *_start(event), message)


def _start(event: Any) -> Place:
    """Return line and column, from 1, where ``event`` begins."""
    return event.start_mark.line + 1, event.start_mark.column + 1
