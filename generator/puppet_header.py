"""Finds in Puppet's own text what puppet-strings leaves out or gets wrong.

puppet-strings 2.9 does not say where a parameter stands; it gives one without a type the type that the
comment above it claims; and of a number below zero it keeps the sign alone (``Integer[-, 5]``). The text that
comes here has been through Puppet's parser already, so it is only taken apart, never judged.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_CODE = re.compile(
    r"""(?P<blank>(?:\s|\#[^\n]*|/\*.*?\*/)+)
    |(?P<heredoc>@\(\s*"?(?P<tag>[^":/\r\n)]+?)"?\s*(?::[^/\r\n)]*)?(?:/[^\r\n)]*)?\))
    |(?P<variable>\$(?:::)?(?:\w+::)*\w+)
    |(?P<operand>'(?:[^'\\]|\\.)*+'|(?:::)?\w+(?:::\w+)*)
    |(?P<sign>.)""",
    re.X | re.S | re.A,
)
#: A text in double quotes, or a piece of one, up to where code begins in it.
_TEXT = re.compile(r'(?P<text>["}](?:[^"\\$]|\\.|\$(?!\{))*+(?:"|\$\{))', re.S)
_REGEXP = re.compile(r"(?P<regexp>/(?:[^/\\\n]|\\.)*+/)")
_CLASS = re.compile(r"[a-z]\w*(?:::[a-z]\w*)*")
_TYPE = re.compile(r"^\s*type\s+(?:::)?([A-Z]\w*(?:::[A-Z]\w*)*)\s*=", re.MULTILINE | re.ASCII)
_CLOSES = {")": "(", "]": "[", "}": "{", "|": "|"}


@dataclass(frozen=True)
class Parameter:
    """A parameter of a class; ``default`` is Puppet's text of it, None where a value has to be given."""

    name: str
    type: str
    default: str | None
    line: int


@dataclass(frozen=True)
class _Token:
    """A piece of the text; ``depth`` counts the brackets around it, of its own pair none."""

    kind: str
    text: str
    start: int
    depth: int


def parameters(source: str, line: int) -> list[Parameter]:
    """Take the parameters from the text of a class, which begins in ``line`` of its file."""
    found: list[Parameter] = []
    part: list[_Token] | None = None
    for token in _tokens(source):
        if part is None:
            if token.text == "{":
                break
            part = [] if token.text == "(" else None
        elif token.depth == 0 or (token.depth == 1 and token.text == ","):
            found += _parameter(part, source, line)
            part = []
            if token.depth == 0:
                break
        else:
            part.append(token)
    return found


def _parameter(part: Sequence[_Token], source: str, line: int) -> Iterator[Parameter]:
    """Read what stands between two commas; after the last one there may be nothing."""
    for index, token in enumerate(part):
        if token.kind == "variable" and token.depth == 1:
            default = _joined(part[index + 1 :]).removeprefix("=").lstrip()
            where = line + source.count("\n", 0, token.start)
            yield Parameter(token.text[1:], _joined(part[:index]) or "Any", default or None, where)
            return


def includes(source: str) -> list[str]:
    """Take the classes that a class always has on a node: what it inherits and, outside of blocks, includes.

    >>> includes("class role::tts { include profile::base, profile::tts }")
    ['profile::base', 'profile::tts']
    """
    tokens = [token for token in _tokens(source) if token.kind != "blank"]
    begin = next(at for at, token in enumerate(tokens) if token.depth == 0 and token.text == "{")
    found = [
        after.text.removeprefix("::")
        for word, after in itertools.pairwise(tokens[:begin])
        if word.depth == 0 and word.text == "inherits"
    ]
    for at in range(begin + 1, len(tokens)):
        if tokens[at].depth == 1 and tokens[at].text in ("include", "contain", "require"):
            found += _names(tokens[at + 1 :])
    return found


def _names(tokens: Sequence[_Token]) -> Iterator[str]:
    """Read the names of classes, with commas between them, that ``tokens`` begin with."""
    name_next = True
    for token in tokens:
        if token.text in ("(", "["):
            continue
        if name_next:
            name = token.text.strip("'\"").removeprefix("::")
            if not _CLASS.fullmatch(name):
                return
            yield name
        elif token.text != ",":
            return
        name_next = not name_next


def aliases(source: str) -> dict[str, str]:
    """Take the notation of each type that ``source`` declares, by name."""
    return {found[1]: _first_expression(source[found.end() :]) for found in _TYPE.finditer(source)}


def _first_expression(source: str) -> str:
    taken: list[_Token] = []
    for token in _tokens(source):
        began = any(before.kind != "blank" for before in taken)
        if began and token.depth == 0 and token.kind != "blank" and token.text not in "[]":
            break
        taken.append(token)
    return _joined(taken)


def _joined(tokens: Sequence[_Token]) -> str:
    """Write ``tokens`` on one line, without comments."""
    return "".join(" " if token.kind == "blank" else token.text for token in tokens).strip()


def _tokens(source: str) -> Iterator[_Token]:
    """Cut ``source`` up; the text of a heredoc, which begins in the next line, is left out."""
    at, opened, operand = 0, list[str](), False
    pending: tuple[int, int] | None = None  # from the end of this line to the end of its heredocs
    while at < len(source):
        found = _match(source, at, opened, operand)
        kind, text = found.lastgroup or "", found[0]
        depth, end = _nest(opened, kind, text), found.end()
        if kind == "heredoc":
            begin, search = pending or (source.find("\n", end),) * 2
            pending = begin, _end_of_heredoc(source, search, found["tag"])
        elif pending and end > pending[0]:
            end, pending = pending[1], None
        if kind != "blank":
            operand = kind != "sign" or text in ")]"
        yield _Token(kind, text, at, depth)
        at = end


def _match(source: str, at: int, opened: Sequence[str], operand: bool) -> re.Match[str]:
    """Match the next token; as in Puppet's lexer, a slash behind an operand divides."""
    found: re.Match[str] | None = None
    if source[at] == '"' or (source[at] == "}" and opened[-1:] == ['"']):
        found = _TEXT.match(source, at)
    elif source[at] == "/" and not operand and source[at + 1 : at + 2] != "*":
        found = _REGEXP.match(source, at)
    found = found or _CODE.match(source, at)
    assert found, "any character is at least a sign"
    return found


def _nest(opened: list[str], kind: str, text: str) -> int:
    """Note in ``opened`` what ``text`` opens or closes, and return the depth at which it stands."""
    if kind == "text":
        if text[0] == "}":
            opened.pop()
        depth = len(opened)
        if text.endswith("${"):
            opened.append('"')
        return depth
    if kind != "sign":
        return len(opened)
    if opened and opened[-1] == _CLOSES.get(text):
        opened.pop()
        return len(opened)
    if text in "([{|":
        opened.append(text)
        return len(opened) - 1
    return len(opened)


def _end_of_heredoc(source: str, begin: int, tag: str) -> int:
    end = re.compile(rf"\n[ \t]*(?:\|[ \t]*)?(?:-[ \t]*)?{re.escape(tag)}[ \t]*\r?(?=\n|\Z)")
    found = end.search(source, max(begin, 0))
    return found.end() if found else len(source)
