"""The rules by which Puppet makes data of a YAML text.

Puppet reads Hiera data by Psych (``Puppet::Util::Yaml.safe_load`` with symbols and aliases allowed) and makes
text of keys that are symbols (``HieraConfig.symkeys_to_string``). When a key is looked up, it refuses a value
that is no ``RichData``: one with a symbol in it, or with a key that is neither text nor a number. At the top,
a key that is no text is never found.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from generator.errors import InputError
from generator.yaml_builder import Builder, Node, Step
from generator.yaml_psych import Unusable, meaning, psych_scalar, surprise, symbol_name
from generator.yaml_scalars import Scalar, short
from generator.yaml_text import Place


class PuppetBuilder(Builder):
    """Makes nodes as Puppet would; ``surprises`` are the places where that is not what a person expects."""

    def __init__(self, path: Path) -> None:
        """Start with nothing read; ``path`` is for messages."""
        super().__init__(path)
        self.surprises: list[InputError] = []

    def plain(self, event: Any) -> Scalar:
        """Read an unquoted value or key as Psych does."""
        try:
            value = psych_scalar(event.value)
        except Unusable as error:
            raise self.error(event, str(error)) from None
        if message := surprise(event.value, value):
            self.surprises.append(self.error(event, message))
        return value

    def key(self, event: Any) -> Step:
        """Take text, and integers below the top: whoever writes another number (3.10) means text."""
        name = None if event.style else symbol_name(event.value)
        if name is not None:
            message = f"{short(event.value)} is the key {short(name)} to Puppet: write '{short(name)}'"
            self.surprises.append(self.error(event, message))
            return name
        key = self.scalar(event)
        if isinstance(key, str) or (type(key) is int and len(self.stack) > 1):
            return key
        message = f"the key {short(event.value) or '(nothing)'} is {meaning(key)} to Puppet, and not text"
        raise self.error(event, f"{message}: quote it")

    def merge_key(self, event: Any, mapping: Node) -> None:
        """Take any number of ``<<``, anywhere."""

    def merge(self, place: Place, mapping: Node, node: Node, alias: bool) -> None:
        """Take over the pairs of a mapping, or of several in a list, of which the first wins.

        As in Psych they win over the pairs before the ``<<``, which other readers of YAML hold to be wrong.
        """
        sources = list(node.children.values()) if isinstance(node.data, list) else [node]
        if not all(isinstance(source.data, dict) for source in sources):
            raise InputError(self.path, *place, "'<<' takes a mapping, or a list of them (write <<: *name)")
        pairs: dict[Step, Node] = {}
        for source in reversed(sources):
            pairs.update(source.children)
        if len(self.stack) == 1 and not all(isinstance(key, str) for key in pairs):
            message = "'<<' brings a number as a key, which no lookup finds: quote that key"
            raise InputError(self.path, *place, message)
        if lost := [key for key in pairs if key in mapping.children]:
            message = f"'<<' takes the place of {short(str(lost[0]))} above it for Puppet: put '<<' first"
            self.surprises.append(InputError(self.path, *place, message))
        mapping.children.update(pairs)
        mapping.data.update((key, child.data) for key, child in pairs.items())

    def nothing(self, place: Place) -> Node:
        """Puppet warns, and reads no keys."""
        return Node(place, {})
