"""YAML files with the place of every value, read in bounded time and memory.

A definition is read by people and by several programs, so nothing in it may be ambiguous: :func:`load`
refuses what two readers of YAML take differently. Hiera data has one reader, Puppet: :func:`load_data` takes
it as Puppet does, and says where a person would be surprised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.errors import InputError
from generator.yaml_builder import Builder, Node, Step
from generator.yaml_events import events
from generator.yaml_puppet import PuppetBuilder
from generator.yaml_text import Place, read_text

__all__ = ["Document", "Step", "load", "load_data", "load_text"]


@dataclass(frozen=True)
class Document:
    """What a file says, and where it says it. ``data`` is to be read, not changed: aliases share it."""

    path: Path
    data: dict[str, Any]
    _root: Node = field(repr=False)

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
        InputError: the file cannot be read, is no strict YAML, or is over the limits of
            :mod:`generator.yaml_builder`.
    """
    return load_text(path, read_text(path))


def load_text(path: Path, text: str) -> Document:
    """Read the YAML mapping in ``text``, such as ``path`` had at another time.

    Raises:
        InputError: as for :func:`load`.
    """
    root = Builder(path).build(events(path, text))
    return Document(path, root.data, root)


def load_data(path: Path) -> tuple[Document, list[InputError]]:
    """Read the Hiera data in ``path`` as Puppet's ``yaml_data`` reads it.

    A key below the top may be an integer, as in Puppet; every other key is text. A file that is empty has no
    keys.

    Returns:
        The data, and the places where a person would be surprised: each says what Puppet takes it for.

    Raises:
        InputError: Puppet cannot read the file, or cannot use what is there (a date, a symbol, true as a
            key); or it holds what is a mistake anyway (a key twice, a second document, a tab that indents,
            a tag, NUL), or too much.
    """
    builder = PuppetBuilder(path)
    root = builder.build(events(path, read_text(path)))
    return Document(path, root.data, root), builder.surprises
