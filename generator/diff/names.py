"""Resources that are there under another name: a release's folder is in the title of all that is about it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_WORD = re.compile(r"[^/\s]+")


@dataclass(frozen=True)
class NewWords:
    """Words of titles that others replace."""

    words: dict[str, str]

    def apply(self, value: Any) -> Any:
        """Return ``value``, a parameter as it was, with the new words in every text of it."""
        if not self.words:
            return value
        if isinstance(value, str):
            return self._pattern.sub(lambda match: self.words[match[0]], value)
        if isinstance(value, list):
            return [self.apply(item) for item in value]
        if isinstance(value, dict):
            return {self.apply(key): self.apply(item) for key, item in value.items()}
        return value

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = sorted(self.words, key=len, reverse=True)
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?![\w-])")


def find_renamed(gone: Iterable[str], new: Iterable[str]) -> dict[str, str]:
    """Pair resources that are ``gone`` with ``new`` ones whose titles differ from theirs in new words alone.

    A word of a title is new where no resource that is gone has it, and the other way round. Only pairs that
    leave no choice are made.

    >>> find_renamed(['File[/opt/v1]', 'Exec[make /opt/v1]', 'File[/etc/a]'], ['File[/opt/v2]'])
    {'File[/opt/v1]': 'File[/opt/v2]'}
    """
    gone, new = list(gone), list(new)
    old_words, new_words = _words(gone), _words(new)
    old_shapes = _by_shape(gone, lambda word: word not in new_words)
    new_shapes = _by_shape(new, lambda word: word not in old_words)
    return {
        refs[0]: new_shapes[shape][0]
        for shape, refs in old_shapes.items()
        if len(refs) == 1 and len(new_shapes.get(shape, ())) == 1 and _WORD.search(shape[1].replace("\0", ""))
    }


def words_between(pairs: Iterable[tuple[str, str]]) -> NewWords:
    """Return the words in which the names of resources differ, ``pairs`` of a former and a present one.

    >>> words_between([('File[/opt/v1]', 'File[/opt/v2]'), ('Exec[get v1]', 'Exec[get v2]')]).words
    {'v1': 'v2'}
    """
    found: dict[str, set[str]] = defaultdict(set)
    for was, now in pairs:
        for old, new in zip(_WORD.findall(split(was)[1]), _WORD.findall(split(now)[1]), strict=True):
            if old != new:
                found[old].add(new)
    return NewWords({old: new.pop() for old, new in found.items() if len(new) == 1})


def split(ref: str) -> tuple[str, str]:
    """Split ``Type[title]`` into its type and its title."""
    kind, _, rest = ref.partition("[")
    return kind, rest.removesuffix("]")


def both_names(was: str, now: str) -> str:
    """Say a pair's two names at once, as git does for a renamed file.

    >>> both_names('File[/opt/v1/bin]', 'File[/opt/v2/bin]')
    'File[/opt/{v1 => v2}/bin]'
    """
    kind, title = split(now)
    former = iter(_WORD.findall(split(was)[1]))

    def word(match: re.Match[str]) -> str:
        old = next(former)
        return old if old == match[0] else f"{{{old} => {match[0]}}}"

    return f"{kind}[{_WORD.sub(word, title)}]"


def _words(refs: Iterable[str]) -> set[str]:
    return {word for ref in refs for word in _WORD.findall(split(ref)[1])}


def _by_shape(refs: Iterable[str], is_new: Callable[[str], bool]) -> dict[tuple[str, str], list[str]]:
    """Group ``refs`` by type and title, in which a NUL stands for each word that is new."""
    shapes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for ref in refs:
        kind, title = split(ref)
        shapes[kind, _WORD.sub(lambda match: "\0" if is_new(match[0]) else match[0], title)].append(ref)
    return shapes
