"""The gem deep_merge 1.2, which Puppet merges by: its results, oddities included.

What a ``--`` takes away, and what stays of an array beside it, depends there on which objects are shared;
so this follows it step by step. ``tests/unit/hiera/test_ruby.py`` holds the two against each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from generator.hiera.problem import Problem
from generator.hiera.values import distinct, in_order
from generator.puppet_types.regexp import RegexpError, to_python


@dataclass(frozen=True)
class DeepOptions:
    """The options that ``lookup_options`` may give to a deep merge."""

    knockout_prefix: str | None = None
    sort_merged_arrays: bool = False
    merge_hash_arrays: bool = False

    def knocks_out(self) -> re.Pattern[str] | None:
        """Return what begins a text that takes another away. The gem takes the prefix for an expression.

        Raises:
            Problem: it is none.
        """
        if self.knockout_prefix is None:
            return None
        if not self.knockout_prefix:
            raise Problem("knockout_prefix is empty (leave it out, or write --)")
        try:
            return to_python(f"^{self.knockout_prefix}")
        except RegexpError as error:
            raise Problem(f"knockout_prefix {self.knockout_prefix}: {error}") from None


def deep_merge(source: Any, dest: Any, options: DeepOptions) -> Any:
    """Merge ``dest`` under ``source`` and return the result; both are used up.

    Raises:
        Problem: arrays cannot be sorted, or the prefix is no expression.
    """
    return _Merger(options, options.knocks_out()).merge(source, dest)


@dataclass(frozen=True)
class _Merger:
    options: DeepOptions
    knock_out: re.Pattern[str] | None

    def merge(self, source: Any, dest: Any) -> Any:
        if source is None:
            return dest
        if dest is None or dest is False:
            return source
        if isinstance(source, dict):
            return self._hash(source, dest)
        if isinstance(source, list):
            return self._array(source, dest)
        return self._overwrite(source)

    def _hash(self, source: dict[Any, Any], dest: Any) -> Any:
        for key, value in list(source.items()):
            if not isinstance(dest, dict):
                dest = source
            elif dest.get(key) is not None and dest[key] is not False:
                dest[key] = self.merge(value, dest[key])
            else:
                # a shallow copy: the lists and hashes in it are the source's
                dest[key] = self.merge(value, value.copy() if isinstance(value, list | dict) else value)
        return dest

    def _array(self, source: list[Any], dest: Any) -> Any:
        if self.knock_out and self.options.knockout_prefix in source:
            if isinstance(dest, list):
                dest.clear()
            source[:] = [item for item in source if item != self.options.knockout_prefix]
        if not isinstance(dest, list):
            return self._overwrite(source)
        if self.knock_out:
            self._knock_out(source, dest)
        if self.options.merge_hash_arrays and all(isinstance(item, dict) for item in (*source, *dest)):
            upper = [*source, *({} for _ in dest[len(source) :])]
            dest = [self.merge(*pair) for pair in zip(upper, dest, strict=False)] + upper[len(dest) :]
        else:
            dest = distinct([*dest, *source])
        return in_order(dest) if self.options.sort_merged_arrays else dest

    def _knock_out(self, source: list[Any], dest: list[Any]) -> None:
        """Drop what begins with the prefix from both, and what it names from ``dest``.

        Where both are one array, it shrinks while it is gone through, and items are lost: as in Ruby's
        ``delete_if``, whose loop this is.
        """
        read = written = 0
        while read < len(source):
            item = source[read]
            bare = self._bare(item)
            if bare != item:
                dest[:] = [other for other in dest if other not in (bare, item)]
            else:
                source[written] = item
                written += 1
            read += 1
        del source[written:read]

    def _overwrite(self, source: Any) -> Any:
        if not self.knock_out:
            return source
        if isinstance(source, str):
            return source if self._bare(source) == source else ""
        if isinstance(source, list):
            return [item for item in source if not (isinstance(item, str) and self.knock_out.search(item))]
        return source

    def _bare(self, item: Any) -> Any:
        return self.knock_out.sub("", item) if self.knock_out and isinstance(item, str) else item
