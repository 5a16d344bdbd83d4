"""Which keys Hiera data may have: what some code looks up, and the type that each value must have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from generator.definition import load_service
from generator.puppet_classes import Code, read_code
from generator.puppet_types import PuppetTypeError, Type, parse
from generator.puppet_types.nodes import suggestion
from generator.service import Service
from generator.validate.near import near_name
from generator.yaml_text import read_text

#: The key by which data says how other keys are looked up.
OPTIONS = "lookup_options"
#: ``lookup('name')`` in code and in data (``%{lookup('name')}``), and its older names.
_LOOKED_UP = re.compile(r"\b(?:lookup|hiera\w*|alias)\(\s*\{?\s*(?:name['\"]?\s*=>\s*)?['\"]([^'\"]+)['\"]")
#: A module in a Puppetfile.
_MOD = re.compile(r"^mod\s+['\"](?:[\w]+[/-])?(\w+)['\"]", re.MULTILINE)
_KEY = re.compile(r"(?:::)?[a-z]\w*(?:::[a-z]\w*)*")


@dataclass(frozen=True)
class Vocabulary:
    """What the code of a repository looks up.

    ``types`` holds each known key's type in Puppet's notation, ``required`` the keys without a default;
    ``plain`` are the keys that code looks up by name, of no known type; ``private`` the classes that are no
    operator's; ``foreign`` the modules whose classes are not looked at here. ``classes`` has what each class
    always includes.
    """

    types: dict[str, str]
    required: frozenset[str]
    aliases: dict[str, str]
    private: frozenset[str]
    classes: dict[str, tuple[str, ...]]
    plain: frozenset[str]
    foreign: frozenset[str]
    services: tuple[Service, ...]
    _parsed: dict[str, Type] = field(default_factory=dict)

    def type_of(self, key: str) -> Type | None:
        """Return the type of a key's value; None where nobody says it.

        Raises PuppetTypeError where it cannot be read: its module is not here, or no YAML has such values.
        """
        if key not in self.types:
            return None
        notation = self.types[key]
        if notation not in self._parsed:
            self._parsed[notation] = parse(notation, self.aliases)
        return self._parsed[notation]

    def complaint(self, key: str, value: Any = None) -> str | None:
        """Say what is wrong with a key, of this ``value`` in a file; None where something looks it up."""
        if key in self.types or key in self.plain:
            return None
        if key in self.classes:
            return f"{key} is a class, not a parameter (write {key}::{self._meant(key, value)}: …)"
        if near := get_close_matches(key, [OPTIONS], n=1, cutoff=0.85):
            return f"nothing looks up {key} (did you mean {near[0]}?)"
        # what may be meant by a single colon, a dot or a dash, capitals, or :: in front
        meant = re.sub(r"[:.]+", "::", key.strip(":. ").lower().replace("-", "_"))
        if meant in self.types or meant in self.plain:
            return f"nothing looks up {key} (did you mean {meant}?)"
        if key.rpartition("::")[0] in self.classes:
            return self._of_class(*key.rpartition("::")[::2])
        if not _KEY.fullmatch(key):
            return f"{key or '(nothing)'} is no name that code could look up{suggestion(meant, self._known)}"
        owner, _, name = key.removeprefix("::").rpartition("::")
        if not owner:
            return f"nothing looks up {key}{suggestion(key, self._known)}"
        return self._of_class(owner, name)

    def is_private(self, key: str) -> bool:
        """Tell whether a key is a parameter of a class that is no operator's."""
        return key in self.types and key.rpartition("::")[0] in self.private

    def _of_class(self, owner: str, name: str) -> str | None:
        """Say what is wrong with a parameter of a class."""
        if owner in self.classes:
            return f"{owner}::{name} is no parameter of {owner}{near_name(name, self._parameters[owner])}"
        module = owner.partition("::")[0]
        if module in self.foreign:
            return None
        if module in self._modules:
            return f"there is no class {owner}{suggestion(owner, self.classes)}"
        return f"there is no module {module}{suggestion(module, self._modules | self.foreign)}"

    def _meant(self, name: str, value: Any) -> str:
        """Return the parameter of a class that a mapping names first, or its first; a letter for none."""
        parameters = self._parameters[name]
        named: list[str] = [each for each in value if each in parameters] if isinstance(value, dict) else []
        return [*named, *parameters, "x"][0]

    def brings(self, name: str) -> frozenset[str]:
        """Return the classes that are on a node for certain where ``name`` is, itself among them."""
        found: set[str] = set()
        waiting = {name} & self.classes.keys()
        while waiting:
            found |= waiting
            waiting = {other for each in waiting for other in self.classes.get(each, ())} - found
        return frozenset(found)

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The keys whose values the class wants as ``Sensitive``."""
        return frozenset(filter(self._is_secret, self.types))

    def _is_secret(self, key: str) -> bool:
        try:
            wanted = self.type_of(key)
        except PuppetTypeError:  # of a module that is not here
            return "Sensitive" in self.types[key]
        return wanted is not None and wanted.secret

    @cached_property
    def _parameters(self) -> dict[str, list[str]]:
        parameters: dict[str, list[str]] = {name: [] for name in self.classes}
        for key in self.types:
            owner, _, name = key.rpartition("::")
            parameters[owner].append(name)
        return parameters

    @cached_property
    def _modules(self) -> frozenset[str]:
        return frozenset(name.partition("::")[0] for name in self.classes)

    @cached_property
    def _known(self) -> list[str]:
        return [*self.types, *self.plain]


def read_vocabulary(root: Path, data: Iterable[str] = ()) -> Vocabulary:
    """Read it from the repository at ``root``; ``data`` are texts of Hiera that may look keys up, too.

    Raises:
        FleetError: Puppet's code, a definition or the Puppetfile cannot be read.
    """
    code = read_code(root)
    types = {
        f"{name}::{parameter.name}": parameter.type
        for name, puppet_class in code.classes.items()
        for parameter in puppet_class.parameters.values()
    }
    services = tuple(
        load_service(path)
        for path in sorted((root / "hieradata" / "services").glob("*.yaml"))
        if path.stem in code.classes
    )
    for service in services:
        # The class's own type may be looser, so that the compile fails with a better sentence.
        types |= {f"{service.name}::{parameter.name}": parameter.type for parameter in service.parameters}
    return Vocabulary(
        types=types,
        required=frozenset(
            f"{name}::{parameter.name}"
            for name, puppet_class in code.classes.items()
            for parameter in puppet_class.parameters.values()
            if parameter.default is None
        ),
        aliases=code.aliases,
        private=frozenset(name for name, puppet_class in code.classes.items() if puppet_class.private),
        classes={name: puppet_class.includes for name, puppet_class in code.classes.items()},
        plain=frozenset(_looked_up(root, data)) - {OPTIONS},
        foreign=_foreign(root, code),
        services=services,
    )


def _looked_up(root: Path, data: Iterable[str]) -> Iterator[str]:
    """Yield the keys that code or data look up by name."""
    for path in [*root.glob("manifests/**/*.pp"), *root.glob("modules/*/**/*.pp")]:
        with suppress(OSError, UnicodeDecodeError):  # said elsewhere
            yield from _names(path.read_text(encoding="utf-8"))
    for text in data:
        # data may name what is data only; a parameter is known by its class
        yield from (name for name in _names(text) if "::" not in name)


def _names(text: str) -> Iterator[str]:
    if "(" in text:
        yield from (name.partition(".")[0] for name in _LOOKED_UP.findall(text))


def _foreign(root: Path, code: Code) -> frozenset[str]:
    """Return the modules that are not this repository's: the Puppetfile's."""
    path = root / "Puppetfile"
    names = set(_MOD.findall(read_text(path))) if path.is_file() else set()
    return frozenset(names - {name.partition("::")[0] for name in code.classes})
