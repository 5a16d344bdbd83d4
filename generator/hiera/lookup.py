"""Lookups as Puppet does them, with the way they took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from generator.errors import FleetError, InputError
from generator.hiera import cohort
from generator.hiera import options as lookup_options
from generator.hiera.convert import convert
from generator.hiera.data import Data
from generator.hiera.hierarchy import Hierarchy
from generator.hiera.interpolation import Stack, deeper, has_expression, interpolate
from generator.hiera.keys import NOT_FOUND, Key, dig, parse_key
from generator.hiera.level import Level
from generator.hiera.options import KEY, Options, Source
from generator.hiera.problem import Problem
from generator.hiera.result import Entry, Result
from generator.hiera.scope import Scope
from generator.hiera.strategy import Strategy

_HASH = Strategy("hash")
#: How many lookups one value may stand for: each could stand for two, and those for four.
MAX_NESTED = 1000


class Lookup:
    """Looks keys up for one node; what several keys share is worked out once."""

    def __init__(self, hierarchy: Hierarchy, data: Data, scope: Scope) -> None:
        """Look up for the node that ``scope`` is of."""
        self.hierarchy = hierarchy
        self.data = data
        self.scope = scope
        self._candidates: dict[Level, list[Path]] = {}
        self._options: dict[Hierarchy, dict[Any, Any]] = {}
        self._interpolated = False
        self._unconverted = False
        self._nested_lookups = 0
        self.options_interpolated = False

    def find(self, key: str, merge: Any = None) -> Result:
        """Look ``key`` up; ``merge``, a name or a hash with ``strategy``, overrules lookup_options.

        Raises:
            InputError: a file that is asked is broken, or says what Puppet refuses.
            FleetError: ``key`` or ``merge`` is none.
        """
        self._interpolated = False
        self._unconverted = False
        self._nested_lookups = 0
        try:
            return self._find(parse_key(key), None if merge is None else Strategy.of(merge), ())
        except Problem as problem:
            raise FleetError(str(problem)) from None
        except RecursionError:
            raise FleetError(f"{key}: lookups in values nested too deep (flatten them)") from None

    def candidates(self, level: Level) -> list[Path]:
        """Return what :meth:`Level.candidates` says for this node, without rollouts that are of others."""
        if level not in self._candidates:
            paths = level.candidates(self.scope)
            if level.reader == cohort.READER:
                name = self.scope.trusted.get("certname")
                paths = [path for path in paths if self.data.speaks_to(path, level.reader, name)]
            self._candidates[level] = paths
        return self._candidates[level]

    def places(self, module: str | None = None) -> Iterator[tuple[Level, Path | None]]:
        """Yield what is asked, in order, for keys of ``module``; a level that reads no file comes with None.

        Raises:
            InputError: hiera.yaml, or the module's, is wrong.
        """
        for level in self.hierarchy.for_key(module):
            paths = self.candidates(level)
            yield from ((level, path) for path in paths) if paths else [(level, None)]

    def holders(self, root: str, module: str | None = None) -> Iterator[tuple[Level, Path]]:
        """Yield the places that have the top-level key ``root``, of ``module``; no other file is parsed.

        Raises:
            InputError: a file that may have it is broken.
        """
        for level in self.hierarchy.for_key(module):
            for path in self.candidates(level):
                if self.data.holds(path, root, level.reader):
                    yield level, path

    def options(self, root: str) -> Options | None:
        """Return what lookup_options say about the top-level key ``root``.

        Raises:
            InputError: they are broken.
        """
        return self._options_of(Key(root, root, ()), ())[0]

    def strategy(self, root: str) -> Strategy:
        """Return how values of the top-level key ``root`` become one.

        Raises:
            InputError: lookup_options are broken.
        """
        return self._strategy(*self._options_of(Key(root, root, ()), ()))

    def _find(self, key: Key, wanted: Strategy | None, stack: Stack) -> Result:
        if key.text == KEY or key.text.startswith(f"{KEY}."):
            return Result(key.text, False, None, Strategy(), None, None, (), False, False)
        options, source = self._options_of(key, stack)
        strategy = wanted or self._strategy(options, source)
        trail: list[Entry] = []
        try:
            value = self._dig(key, strategy, deeper(stack, key.text), trail)
        except Problem as problem:
            raise _placed(problem, trail) from None
        found = value is not NOT_FOUND
        value = self._converted(value, options) if found else None
        depends = self._interpolated or self.options_interpolated
        unsure = self._unconverted
        return Result(key.text, found, value, strategy, options, source, tuple(trail), depends, unsure)

    def _converted(self, value: Any, options: Options | None) -> Any:
        if options is None or options.convert_to is None:
            return value
        converted = convert(value, options.convert_to)
        if converted is NOT_FOUND:
            self._unconverted = True
            return value
        return converted

    def _dig(self, key: Key, strategy: Strategy, stack: Stack, trail: list[Entry]) -> Any:
        own = self.hierarchy.module(key.module) if key.module else None
        # three layers, each made one first; above these two is the server's own hiera.yaml, with no levels
        layers = [(), self.hierarchy.levels, own.levels if own else ()]
        value = strategy.reduce(layers, lambda levels: self._layer(levels, key.root, strategy, stack, trail))
        return value if value is NOT_FOUND else dig(key, value)

    def _layer(
        self, levels: Sequence[Level], root: str, strategy: Strategy, stack: Stack, trail: list[Entry]
    ) -> Any:
        """Look ``root`` up in one layer: the files of each level are made one first, then the levels."""

        def in_level(level: Level) -> Any:
            paths = self.candidates(level)
            if not paths:
                trail.append(Entry(level, None))
            return strategy.reduce(paths, lambda path: self._in_file(level, path, root, stack, trail))

        return strategy.reduce(levels, in_level)

    def _in_file(self, level: Level, path: Path, root: str, stack: Stack, trail: list[Entry]) -> Any:
        if not self.data.exists(path):
            trail.append(Entry(level, path))
            return NOT_FOUND
        if not level.asks(path, root) or root not in self.data.read(path, level.reader).data:
            trail.append(Entry(level, path, exists=True))
            return NOT_FOUND
        document = self.data.read(path, level.reader)
        value = document.data[root]
        if level.reader != cohort.READER and has_expression(value):
            self._interpolated = True
            try:
                value = interpolate(value, self.scope, self._nested, stack)
            except Problem as problem:
                raise document.error((root,), str(problem)) from None
        trail.append(Entry(level, path, True, True, *document.position((root,), key=True), value))
        return value

    def _nested(self, key: str, stack: Stack) -> Any:
        """Return what ``%{lookup('key')}`` stands for; an empty text where there is nothing."""
        self._nested_lookups += 1
        if self._nested_lookups > MAX_NESTED:
            raise Problem(f"this value stands for more than {MAX_NESTED} lookups (write it out)")
        result = self._find(parse_key(key), None, stack)
        return result.value if result.found else ""

    def _options_of(self, key: Key, stack: Stack) -> tuple[Options | None, Source | None]:
        own = self.hierarchy.module(key.module) if key.module else None
        layers = [self.hierarchy, *([own] if own else [])]
        # the more specific layer wins, and what it adds comes last: expressions are tried in this order
        merged: dict[Any, Any] = {}
        for layer in reversed(layers):
            merged |= self._layer_options(layer, key.module if layer is own else None, stack)
        try:
            options = lookup_options.find(merged, key.root)
        except Problem as problem:
            raise self._options_error(layers, str(problem)) from None
        return options, self._source(layers, options.pattern) if options else None

    def _layer_options(self, layer: Hierarchy, module: str | None, stack: Stack) -> dict[Any, Any]:
        """Return the lookup_options of ``layer``, all levels merged."""
        if layer not in self._options:
            stack = deeper(stack, KEY)
            before, self._interpolated = self._interpolated, False
            trail: list[Entry] = []
            try:
                options = self._layer(layer.levels, KEY, _HASH, stack, trail)
                options = {} if options is NOT_FOUND else options
                lookup_options.check(options, module)
            except Problem as problem:
                raise _placed(problem, trail) from None
            self.options_interpolated |= self._interpolated
            self._interpolated = before
            self._options[layer] = options
        return self._options[layer]

    def _strategy(self, options: Options | None, source: Source | None) -> Strategy:
        try:
            return Strategy.of(options.merge if options else None)
        except Problem as problem:
            if source is None:
                raise FleetError(str(problem)) from None
            raise InputError(source.path, source.line, source.column, str(problem)) from None

    def _source(self, layers: list[Hierarchy], pattern: str) -> Source | None:
        """Return where the most specific file has ``pattern``; None where only an expression makes it."""
        for level, path in self._option_files(layers):
            document = self.data.read(path, level.reader)
            if isinstance(document.data[KEY], dict) and pattern in document.data[KEY]:
                return Source(path, *document.position((KEY, pattern), key=True))
        return None

    def _options_error(self, layers: list[Hierarchy], message: str) -> InputError:
        level, path = next(self._option_files(layers))
        return self.data.read(path, level.reader).error((KEY,), message, key=True)

    def _option_files(self, layers: list[Hierarchy]) -> Iterator[tuple[Level, Path]]:
        for level in (level for layer in layers for level in layer.levels):
            for path in self.candidates(level):
                if self.data.holds(path, KEY, level.reader):
                    yield level, path


def _placed(problem: Problem, trail: list[Entry]) -> Exception:
    """Return ``problem`` at the last place that had a say in it; as it is where there was none."""
    for entry in reversed(trail):
        if entry.path and entry.line and entry.column:
            return InputError(entry.path, entry.line, entry.column, str(problem))
    return problem
