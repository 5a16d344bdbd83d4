"""From the flags of a program to the parameters of its module."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from generator.definition_schema import INIT_VARIABLES, RESERVED_PARAMETERS
from generator.new_service.arguments import Argument, Arguments
from generator.new_service.words import sentence
from generator.puppet_text import literal

#: A command line is for every account of a node to read.
_SECRET = re.compile(
    r"pass(word|wd)?\b|secret|token\b|(api|access|private)[-_]?key\b|[-_]auth\b", re.IGNORECASE
)
_TOKENS = re.compile(r"(max|num|n|new|min|ctx)[-_]\w*tokens?", re.IGNORECASE)
_TYPES = {
    "switch": "Boolean",
    "off": "Boolean",
    "int": "Optional[Integer]",
    "float": "Optional[Numeric]",
    "str": "Optional[String[1]]",
    "other": "Optional[String[1]]",
}
_CHOICE = re.compile(r"[\w.+:/-]{1,60}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True)
class Parameters:
    """The ``entries`` of a definition by name, a comment on what of one is guessed, and flags left out."""

    entries: dict[str, dict[str, Any]]
    guesses: dict[str, str]
    secret: tuple[str, ...]
    many: tuple[str, ...]
    other: tuple[str, ...]


def make_parameters(arguments: Arguments, taken: Collection[str], common: Collection[str]) -> Parameters:
    """Make parameters of all flags but those that are ``taken``; every module has the ``common`` names."""
    entries: dict[str, dict[str, Any]] = {}
    guesses: dict[str, str] = {}
    left = [each for each in arguments.found if each.flag not in taken]
    secret = [each.flag for each in left if is_secret(each.flag)]
    many = [each.flag for each in left if each.many and each.flag not in secret]
    other: list[str] = []
    for argument in left:
        if argument.flag in secret or argument.flag in many:
            continue
        name = _parameter_name(argument.flag, {*common, *entries})
        if name is None:
            other.append(argument.flag)
            continue
        entries[name] = _entry(argument)
        if comments := list(_comments(argument, name)):
            guesses[name] = "; ".join(comments)
    return Parameters(entries, guesses, tuple(secret), tuple(many), tuple(other))


def is_secret(flag: str) -> bool:
    """Whether what a flag takes is nothing for others to read.

    >>> is_secret("--api-key"), is_secret("--max_tokens"), is_secret("--hf_token")
    (True, False, True)
    """
    return bool(_SECRET.search(flag)) and not _TOKENS.search(flag)


def _parameter_name(flag: str, taken: set[str]) -> str | None:
    """The name for a flag: its own, or one that begins with app_ where that is none, or taken."""
    own = flag[2:].replace("-", "_").lower()
    reserved = RESERVED_PARAMETERS | INIT_VARIABLES | taken
    names = (name for name in (own, f"app_{own}") if _NAME.fullmatch(name) and name not in reserved)
    return next(names, None)


def _entry(argument: Argument) -> dict[str, Any]:
    kind = _TYPES[argument.kind]
    if argument.choices and all(_CHOICE.fullmatch(choice) for choice in argument.choices):
        kind = f"Optional[Enum[{', '.join(literal(choice) for choice in argument.choices)}]]"
    default = "its own default" if argument.default is None else f"{argument.default}"
    doc = (
        sentence(argument.help.replace("%%", "%").replace("%(default)s", default))
        or f"What {argument.flag} says; its program tells no more."
    )
    entry: dict[str, Any] = {"type": kind, "default": False if kind == "Boolean" else None, "doc": doc}
    if argument.required and kind != "Boolean":
        entry["type"] = kind.removeprefix("Optional[").removesuffix("]")
        del entry["default"]
    return entry | {"flag": argument.flag}


def _comments(argument: Argument, name: str) -> Iterator[str]:
    if argument.kind == "other":
        yield "guessed: text, since the program turns it into something of its own"
    if argument.kind == "off":
        yield "it is on where nobody says otherwise"
    if argument.required and argument.kind != "switch":
        yield "without a default, since the program does not start without it"
    if name != argument.flag[2:].replace("-", "_").lower():
        yield "renamed: its own name is no parameter's, or another's"
    if not argument.help:
        yield "the program does not say what it is for"
