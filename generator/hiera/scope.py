"""What ``%{…}`` can name: facts, trusted data, and the compiler's own variables."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.hiera.keys import NOT_FOUND, dig, parse_key
from generator.inventory import KnownNode

#: The Puppet environment that every node is in: which data it gets is in its certificate.
ENVIRONMENT = "production"


@dataclass(frozen=True)
class Scope:
    """The variables of one node at top scope, where hiera.yaml and its data are interpolated.

    ``facts`` are structured facts; each is a variable by its own name, too. ``variables`` are others, such as
    ``environment``. ``local`` is the one name that ``mapped_paths`` makes.
    """

    facts: Mapping[str, Any]
    trusted: Mapping[str, Any]
    variables: Mapping[str, Any] = field(default_factory=dict)
    local: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, node: KnownNode) -> Scope:
        """Return the scope of a known node."""
        return cls(node.facts, node.trusted, {"environment": ENVIRONMENT, "clientcert": node.certname})

    def value(self, expression: str) -> Any:
        """Return what ``expression`` names (``facts.os.name``, ``::environment``); None where nothing does.

        Raises:
            Problem: the expression is no key, or looks for a key in what is no hash.
        """
        key = parse_key(expression)
        value = self._variable(key.root)
        if value is None or not key.segments:
            return value
        found = dig(key, value)
        return None if found is NOT_FOUND else found

    def with_local(self, name: str, value: Any) -> Scope:
        """Return this scope with one more variable, which ``::name`` does not see."""
        return dataclasses.replace(self, local={name: value})

    def _variable(self, name: str) -> Any:
        if name in self.local:
            return self.local[name]
        name = name.removeprefix("::")
        if name == "facts":
            return self.facts
        if name == "trusted":
            return self.trusted
        return self.variables.get(name, self.facts.get(name))
