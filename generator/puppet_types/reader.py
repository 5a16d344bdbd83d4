"""Reads Puppet's notation of data types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from generator.puppet_types.builders import (
    BUILDERS,
    INEXPRESSIBLE,
    Argument,
    Call,
    Default,
    PuppetTypeError,
    Regexp,
)
from generator.puppet_types.choices import AliasType
from generator.puppet_types.nodes import Type, suggestion
from generator.puppet_types.regexp import RegexpError
from generator.puppet_types.stdlib import STDLIB

#: Puppet reads Stdlib::AbsolutePath as Stdlib::Absolutepath: each name by how it looks in small letters.
_NAMES = {name.lower(): name for name in (*BUILDERS, *INEXPRESSIBLE, *STDLIB)}
MAX_DEPTH = 32
MAX_LENGTH = 20_000

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|\#[^\n]*)+)
    |(?P<name>(?:::)?[A-Z]\w*(?:::[A-Z]\w*)*)
    |(?P<single>'(?:[^'\\]|\\.)*')
    |(?P<double>"(?:[^"\\]|\\.)*")
    |(?P<regexp>/(?:[^/\\\n]|\\[^\n])*/)
    |(?P<number>-?[0-9][0-9a-zA-Z_]*(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?)?)
    |(?P<word>[a-z_]\w*(?:-\w+)*)
    |(?P<sign>=>|[\[\]{},])""",
    re.X | re.S | re.A,
)
_WORDS = {"default": Default(), "true": True, "false": False}
_DOUBLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "s": " ", '"': '"', "'": "'", "\\": "\\", "$": "$"}


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|(.))", re.S)


def _unescape(escape: re.Match[str]) -> str:
    """Return what an escape in double quotes stands for; an unknown one stands for itself."""
    code = int(escape[1] or escape[2] or "0", 16)
    if escape[3]:
        return _DOUBLE_ESCAPES.get(escape[3], escape[0])
    return escape[0] if code > 0x10FFFF or 0xD800 <= code < 0xE000 else chr(code)


@dataclass
class Reader:
    """A recursive descent over ``text``; its depth is bounded. ``names`` are those of ``aliases``."""

    text: str
    aliases: Mapping[str, str]
    names: Mapping[str, str]
    inside: tuple[str, ...] = ()  # the aliases that are being read
    at: int = 0
    depth: int = 0
    kind: str = ""
    token: str = ""
    start: int = 0
    _types: dict[str, Type] = field(default_factory=dict)

    def read(self) -> Type:
        """Return the type that the whole text is."""
        if len(self.text) > MAX_LENGTH:
            raise PuppetTypeError(0, f"a type of more than {MAX_LENGTH} characters")
        self._next()
        found = self._argument()
        if not isinstance(found.value, Type):
            meant = suggestion(self.text.strip().capitalize(), [*BUILDERS, *STDLIB, *self.aliases])
            self._fail(
                f"{self.text.strip()[:40] or 'an empty text'} is no Puppet data type{meant}", found.offset
            )
        if self.kind != "end":
            self._fail(f"{self.token} after the end of the type")
        return found.value

    def _fail(self, message: str, offset: int | None = None) -> NoReturn:
        raise PuppetTypeError(self.start if offset is None else offset, message)

    def _next(self) -> None:
        while True:
            self.start = self.at
            if self.at >= len(self.text):
                self.kind, self.token = "end", "the end"
                return
            if not (found := _TOKEN.match(self.text, self.at)):
                self._fail(f"{self.text[self.at]} is no part of a type (a quote or a slash may be missing)")
            self.at, self.kind, self.token = found.end(), found.lastgroup or "", found[0]
            if self.kind != "space":
                return

    def _expect(self, sign: str) -> None:
        if self.token != sign or self.kind != "sign":
            self._fail(f"'{sign}' was expected, not {self.token}")
        self._next()

    def _argument(self) -> Argument:
        """Read one parameter: a type, a literal or a hash."""
        offset, kind, token = self.start, self.kind, self.token
        if kind == "name":
            self._next()
            return Argument(offset, self._type(token.removeprefix("::"), offset))
        if kind == "sign" and token == "{":
            return Argument(offset, self._pairs())
        if kind in ("sign", "end"):
            self._fail(f"a type was expected, not {token}")
        self._next()
        match kind:
            case "single":
                return Argument(offset, re.sub(r"\\([\\'])", r"\1", token[1:-1]))
            case "double":
                return Argument(offset, self._double(token[1:-1], offset))
            case "regexp":
                return Argument(offset, Regexp(token[1:-1]))
            case "number":
                return Argument(offset, self._number(token, offset))
            case _:
                return Argument(offset, _WORDS.get(token, token))

    def _double(self, body: str, offset: int) -> str:
        if re.search(r"(?<!\\)(?:\\\\)*\$(?=[{\w:])", body):
            self._fail("a type takes no variables (write \\$ or use single quotes)", offset)
        return _ESCAPE.sub(_unescape, body)

    def _number(self, token: str, offset: int) -> int | float:
        if re.fullmatch(r"-?(0|[1-9][0-9]{0,18})", token) and abs(int(token)) < 2**63:
            return int(token)
        if re.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]+([eE][-+]?[0-9]+)?", token):
            return float(token)
        self._fail(f"{token[:40]} is no number that a type takes here (write it in decimal digits)", offset)

    def _pairs(self) -> list[tuple[Argument, Argument]]:
        self._deeper()
        self._expect("{")
        pairs = []
        while self.token != "}" or self.kind != "sign":
            key = self._argument()
            self._expect("=>")
            pairs.append((key, self._argument()))
            if self.token != "}":
                self._expect(",")
        self._expect("}")
        self.depth -= 1
        return pairs

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self._fail(f"a type nested deeper than {MAX_DEPTH} levels")

    def _arguments(self) -> tuple[Argument, ...]:
        """Read ``[…]`` after a name, where it is there."""
        if self.token != "[" or self.kind != "sign":
            return ()
        self._deeper()
        self._expect("[")
        arguments = []
        while self.token != "]" or self.kind != "sign":
            arguments.append(self._argument())
            if self.token != "]":
                self._expect(",")
        if not arguments:
            self._fail("the brackets are empty (leave them out)")
        self._expect("]")
        self.depth -= 1
        return tuple(arguments)

    def _type(self, written: str, offset: int) -> Type:
        small = written.lower()
        name = _NAMES.get(small) or self.names.get(small, written)
        call = Call(name, offset, self._arguments())
        if name in STDLIB or name in self.aliases:
            call.none()
            return self._alias(name, offset)
        if name not in BUILDERS:
            self._fail(f"{name} {self._unknown(name)}", offset)
        try:
            return BUILDERS[name](call)
        except RegexpError as error:
            raise PuppetTypeError(offset, f"in a regular expression: {error}") from None

    def _unknown(self, name: str) -> str:
        if name in INEXPRESSIBLE:
            return f"cannot be checked in YAML ({INEXPRESSIBLE[name]})"
        meant = suggestion(name, [*BUILDERS, *STDLIB, *self.aliases])
        return f"is no known type{meant or ' (write it out, or use types of Puppet and stdlib)'}"

    def _alias(self, name: str, offset: int) -> Type:
        if name in self.inside:
            self._fail(f"{name} is made of itself (a type must end somewhere)", offset)
        if name not in self._types:
            text, meaning = STDLIB[name] if name in STDLIB else (self.aliases[name], "")
            if len(self.inside) >= MAX_DEPTH:
                self._fail(f"types that name each other more than {MAX_DEPTH} deep", offset)
            inside = (*self.inside, name)
            reader = Reader(text, self.aliases, self.names, inside, depth=self.depth, _types=self._types)
            try:
                self._types[name] = AliasType(name, reader.read(), meaning)
            except PuppetTypeError as error:
                raise PuppetTypeError(offset, f"in {name}: {error}") from None
        return self._types[name]
