"""How values of several levels become one. Puppet's facts: ``Puppet::Pops::MergeStrategy``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from generator.hiera.deep_merge import DeepOptions, deep_merge
from generator.hiera.keys import NOT_FOUND
from generator.hiera.problem import Problem
from generator.hiera.values import copy, distinct, flatten, is_data

NAMES = ("first", "unique", "hash", "deep")
_DEEP = [option.name for option in dataclasses.fields(DeepOptions)]
T = TypeVar("T")


@dataclass(frozen=True)
class Strategy:
    """One of Puppet's four merge behaviours; ``options`` are those of a deep merge."""

    name: str = "first"
    options: DeepOptions = field(default_factory=DeepOptions)

    @classmethod
    def of(cls, merge: Any) -> Strategy:
        """Return what ``merge`` means, as ``lookup_options`` writes it: a name, or a hash with options.

        Raises:
            Problem: it is no merge behaviour, or has options that it does not take.
        """
        if merge is None or merge is False:
            return cls()
        if not isinstance(merge, dict):
            return cls(_name(merge))
        name = _name(merge.get("strategy"))
        options = {key: value for key, value in merge.items() if key != "strategy"}
        for key, value in options.items():
            if name != "deep" or key not in _DEEP:
                known = ", ".join(_DEEP) if name == "deep" else "none"
                raise Problem(f"{key} is no option of the merge {name} (it takes {known})")
            wanted = str if key == "knockout_prefix" else bool
            if value is not None and not isinstance(value, wanted):
                raise Problem(f"{key} is {'a text' if wanted is str else 'true or false'}")
        return cls(name, DeepOptions(**{key: value for key, value in options.items() if value is not None}))

    def configuration(self) -> str | dict[str, Any]:
        """Return this as ``lookup_options`` would write it."""
        given = {key: value for key, value in dataclasses.asdict(self.options).items() if value}
        return {"strategy": self.name, **given} if given else self.name

    @property
    def merges(self) -> bool:
        """Whether more than one level has a say."""
        return self.name != "first"

    def reduce(self, variants: Sequence[T], find: Callable[[T], Any]) -> Any:
        """Return what ``find`` finds in ``variants``, most specific first, made one; or ``NOT_FOUND``.

        Raises:
            Problem: two values cannot be merged.
        """
        result: Any = NOT_FOUND
        for variant in variants:
            value = find(variant)
            if value is NOT_FOUND:
                continue
            if not self.merges:
                return value
            if len(variants) == 1:
                return self._alone(value)
            result = self._begin(value) if result is NOT_FOUND else self.merge(result, value)
        return result

    def merge(self, upper: Any, lower: Any) -> Any:
        """Return ``lower`` under ``upper``.

        Raises:
            Problem: they are not of the kinds that this behaviour merges.
        """
        if self.name == "unique":
            self._check(
                upper, lower, lambda value: value is not None and not isinstance(value, dict), "a list"
            )
            return distinct(flatten(upper) + flatten(lower))
        if self.name == "hash":
            self._check(upper, lower, lambda value: isinstance(value, dict), "a hash")
            return {**lower, **upper}
        return deep_merge(copy(upper), copy(lower), self.options)

    def _check(self, upper: Any, lower: Any, fits: Callable[[Any], bool], wanted: str) -> None:
        if not all(fits(value) and is_data(value) for value in (upper, lower)):
            raise Problem(f"what the merge {self.name} brings together here is not always {wanted}")

    def _alone(self, value: Any) -> Any:
        return distinct(value) if self.name == "unique" and isinstance(value, list) else value

    def _begin(self, value: Any) -> Any:
        return flatten(value) if self.name == "unique" else value


def _name(name: Any) -> str:
    if not isinstance(name, str) or name not in (*NAMES, "default"):
        raise Problem(f"{name} is no merge behaviour (there are {', '.join(NAMES)})")
    return "first" if name == "default" else name
