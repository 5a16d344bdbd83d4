"""hiera.yaml, version 5. Puppet's facts: ``Puppet::Pops::Lookup::HieraConfigV5``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generator.errors import InputError
from generator.hiera import cohort
from generator.hiera.level import Level
from generator.yaml_source import Document, Step, load_data

FILE = "hiera.yaml"
_LOCATIONS = ("path", "paths", "glob", "globs", "mapped_paths", "uri", "uris")
_LISTS = ("paths", "globs", "mapped_paths", "uris")
_FUNCTIONS = ("data_hash", "lookup_key", "data_dig", "hiera3_backend")
_READERS = {
    "yaml_data": "data_hash",
    "json_data": "data_hash",
    "eyaml_lookup_key": "lookup_key",
    cohort.READER: "lookup_key",
}
_TOP = ("version", "defaults", "hierarchy", "plan_hierarchy", "default_hierarchy")
_DEFAULTS = (*_FUNCTIONS[:3], "datadir", "options")
_LEVEL = ("name", *_FUNCTIONS, *_LOCATIONS, "datadir", "options")
_WITHOUT = [{"name": "Common", "path": "common.yaml"}]
_MODULEPATH = re.compile(r"^\s*modulepath\s*=\s*(.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """The levels of the hiera.yaml in ``root``, most specific first."""

    root: Path
    levels: tuple[Level, ...]
    _modules: dict[str, Hierarchy | None] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, root: Path, module: str | None = None) -> Hierarchy:
        """Read ``root``/hiera.yaml, which is the environment's, or that of ``module``.

        Raises:
            InputError: it is wrong, or says what is not understood here.
        """
        document, _ = load_data(root / FILE)
        return cls(root, tuple(_Reader(document, module).levels()))

    def module(self, name: str) -> Hierarchy | None:
        """Return the hierarchy in the module ``name`` of this repository; None where it has none.

        Raises:
            InputError: as for :meth:`load`.
        """
        if name not in self._modules:
            folders = (folder / name for folder in _modulepath(self.root))
            own = next((folder for folder in folders if name and folder.is_dir()), None)
            has_data = own is not None and (own / FILE).exists()
            self._modules[name] = Hierarchy.load(own, name) if own and has_data else None
        return self._modules[name]

    def for_key(self, module: str | None) -> tuple[Level, ...]:
        """Return the levels that are asked for a key of ``module``: its own come last.

        Raises:
            InputError: as for :meth:`load`.
        """
        own = self.module(module) if module else None
        return (*self.levels, *(own.levels if own else ()))


def _modulepath(root: Path) -> list[Path]:
    """Return the folders of modules that environment.conf has; the server's own ($…) are not at a desk."""
    settings = root / "environment.conf"
    found = _MODULEPATH.search(settings.read_text(encoding="utf-8")) if settings.exists() else None
    parts = found[1].split(":") if found else ["modules"]
    return [root / part for part in parts if part]


def files(hierarchy: Hierarchy) -> dict[Path, Level | None]:
    """Return every file below the data folders, with the first level that some node could read it by.

    None stands for a file in no layer. Links are files here: nothing behind one is looked at.
    """
    found: dict[Path, Level | None] = {}
    patterns = [(pattern, level) for level in hierarchy.levels for pattern in level.patterns()]
    for top in {level.datadir.partition("%{")[0] for level in hierarchy.levels}:
        for path in _below(os.path.join(hierarchy.root, top)):
            relative = os.path.relpath(path, hierarchy.root)
            matching = (level for pattern, level in patterns if pattern.fullmatch(relative))
            found[Path(path)] = next(matching, None)
    return dict(sorted(found.items()))


def _below(top: str) -> Iterator[str]:
    for folder, folders, names in os.walk(top):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*names, *links):
            yield os.path.join(folder, name)


class _Reader:
    """Makes levels of a hiera.yaml, and refuses what Puppet refuses."""

    def __init__(self, document: Document, module: str | None) -> None:
        self.document = document
        self.module = module

    def levels(self) -> Iterator[Level]:
        """Yield the levels, in order."""
        data = self.document.data
        if data.get("version") != 5 or isinstance(data["version"], bool):
            raise self._error(("version",), "only version 5 is read (write version: 5)")
        self._known((), data, _TOP)
        if "default_hierarchy" in data:
            where = "is not understood here" if self.module else "belongs into a module"
            message = f"default_hierarchy {where} (give these values a level)"
            raise self._error(("default_hierarchy",), message, key=True)
        defaults = self._defaults(data.get("defaults"))
        hierarchy = data.get("hierarchy", _WITHOUT)
        if not hierarchy:
            # Puppet would read common.yaml alone
            message = "the hierarchy is empty ('- name: …' begins each level)"
            raise self._error(("hierarchy",), message, key=True)
        if not isinstance(hierarchy, list):
            raise self._error(("hierarchy",), "the hierarchy is a list ('- name: …' begins each level)")
        names: set[str] = set()
        for number, entry in enumerate(hierarchy):
            yield self._level(("hierarchy", number), entry, defaults, names)

    def _defaults(self, defaults: Any) -> dict[str, Any]:
        if defaults is None or defaults is False:
            return {"datadir": "data", "data_hash": "yaml_data"}
        if not isinstance(defaults, dict):
            raise self._error(("defaults",), "defaults is a mapping (datadir: …, data_hash: yaml_data)")
        self._known(("defaults",), defaults, _DEFAULTS)
        self._one_of(("defaults",), defaults, _FUNCTIONS)
        for key in defaults.keys() - {"options"}:
            self._text(("defaults", key), defaults[key])
        return {"datadir": "data"} | defaults

    def _level(self, at: tuple[Step, ...], entry: Any, defaults: dict[str, Any], names: set[str]) -> Level:
        if not isinstance(entry, dict):
            raise self._error(at, "a level is a mapping (name: …, path: …)")
        self._known(at, entry, _LEVEL)
        name = self._text((*at, "name"), entry.get("name"))
        if name in names:
            raise self._error((*at, "name"), f"a second level {name!r} (each level has a name of its own)")
        names.add(name)
        function = self._one_of(at, entry, _FUNCTIONS)
        location = self._one_of(at, entry, _LOCATIONS)
        if location is None or location.startswith("uri"):
            why = "names no file" if location is None else "reads an address, which is not understood here"
            raise self._error(
                at, f"the level {name!r} {why} (it takes path, paths, glob, globs or mapped_paths)"
            )
        templates = self._templates((*at, location), entry[location])
        datadir = self._text((*at, "datadir"), entry.get("datadir", defaults["datadir"]))
        return Level(
            name=name,
            root=self.document.path.parent,
            datadir=datadir.rstrip("/"),
            templates=templates[2:] if location == "mapped_paths" else templates,
            file=self.document.path,
            place=self.document.position((*at, location)),
            reader=self._function(at if function else ("defaults",), name, entry if function else defaults),
            is_glob=location.startswith("glob"),
            mapped=(templates[0], templates[1]) if location == "mapped_paths" else None,
            module=self.module,
            options=self._options(at, entry.get("options", defaults.get("options"))),
        )

    def _function(self, at: tuple[Step, ...], name: str, entry: dict[str, Any]) -> str:
        kind = self._one_of(at, entry, _FUNCTIONS)
        if kind is None:
            raise self._error(at, f"nothing says how to read the level {name!r} (data_hash: yaml_data)")
        function = str(entry[kind])
        if _READERS.get(function) != kind:
            known = ", ".join(f"{kind}: {function}" for function, kind in _READERS.items())
            raise self._error((*at, kind), f"{kind}: {function} is not understood here (known: {known})")
        return function

    def _templates(self, at: tuple[Step, ...], value: Any) -> tuple[str, ...]:
        if at[-1] not in _LISTS:
            return (self._text(at, value),)
        if not isinstance(value, list) or not value:
            raise self._error(at, f"{at[-1]} is a list with something in it")
        if at[-1] == "mapped_paths" and len(value) != 3:
            raise self._error(
                at, "mapped_paths takes three: a variable, a name for each value, a path with it"
            )
        return tuple(self._text((*at, number), text) for number, text in enumerate(value))

    def _options(self, at: tuple[Step, ...], options: Any) -> dict[str, Any]:
        if options is None:
            return {}
        if not isinstance(options, dict) or {"path", "uri"} & options.keys():
            raise self._error((*at, "options"), "options is a mapping, without path and uri")
        return options

    def _known(self, at: tuple[Step, ...], mapping: dict[str, Any], known: tuple[str, ...]) -> None:
        for key in mapping:
            if key not in known:
                raise self._error(
                    (*at, key), f"{key} means nothing here (known: {', '.join(known)})", key=True
                )

    def _one_of(self, at: tuple[Step, ...], mapping: dict[str, Any], keys: tuple[str, ...]) -> str | None:
        present = [key for key in mapping if key in keys]
        if len(present) > 1:
            raise self._error((*at, present[1]), f"{present[0]} and {present[1]}: keep one of them", key=True)
        return present[0] if present else None

    def _text(self, at: tuple[Step, ...], value: Any) -> str:
        if not isinstance(value, str) or not value:
            raise self._error(at, f"{at[-1]} is a text, and not empty")
        return value

    def _error(self, at: tuple[Step, ...], message: str, key: bool = False) -> InputError:
        return self.document.error(at, message, key)
