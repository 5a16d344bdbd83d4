"""Values as Ruby compares them: 1 is neither 1.0 nor true, and a hash has no order."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Iterable
from typing import Any

from generator.hiera.convert import Sensitive
from generator.hiera.problem import Problem


def identity(value: Any) -> Hashable:
    """Return what two values share exactly when Ruby's ``eql?`` holds for them."""
    if isinstance(value, list):
        return ("list", *map(identity, value))
    if isinstance(value, dict):
        return ("hash", frozenset((identity(key), identity(item)) for key, item in value.items()))
    if isinstance(value, Sensitive):
        return ("sensitive", identity(value.value))
    return value if isinstance(value, str) else (type(value), value)


def distinct(values: Iterable[Any]) -> list[Any]:
    """Return ``values`` without those that came before."""
    first: dict[Hashable, Any] = {}
    for value in values:
        first.setdefault(identity(value), value)
    return list(first.values())


def flatten(value: Any) -> list[Any]:
    """Return ``value`` as a list without lists in it."""
    if not isinstance(value, list):
        return [value]
    return [item for part in value for item in flatten(part)]


def copy(value: Any) -> Any:
    """Return ``value`` with lists and hashes of its own."""
    if isinstance(value, list):
        return [copy(item) for item in value]
    if isinstance(value, dict):
        return {key: copy(item) for key, item in value.items()}
    return value


def is_data(value: Any) -> bool:
    """Whether ``value`` is of Puppet's type Data: keys are texts all the way down."""
    if isinstance(value, list):
        return all(map(is_data, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_data(item) for key, item in value.items())
    return value is None or isinstance(value, str | int | float)


def in_order(values: list[Any]) -> list[Any]:
    """Return ``values`` sorted.

    Raises:
        Problem: Ruby has no order for two of them.
    """
    return sorted(values, key=functools.cmp_to_key(_compare))


def _compare(one: Any, other: Any) -> int:
    if isinstance(one, list) and isinstance(other, list):
        differing = (order for pair in zip(one, other, strict=False) if (order := _compare(*pair)))
        return next(differing, len(one) - len(other))
    if _kind(one) == _kind(other):
        return int(one > other) - int(one < other)
    if identity(one) == identity(other):
        return 0
    raise Problem(
        "sort_merged_arrays finds values that have no order (texts and numbers have, each their own)"
    )


def _kind(value: Any) -> object:
    """Return what values with an order among them share; anything else shares it with nothing."""
    if isinstance(value, str):
        return str
    return float if isinstance(value, int | float) and not isinstance(value, bool) else object()
