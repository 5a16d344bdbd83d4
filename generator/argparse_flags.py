"""Which command-line flags a program knows, read from its source and never by running it."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

#: Calls by which a program takes other flags than those that it is seen to add.
_MORE = {"add_subparsers", "parse_known_args", "parse_known_intermixed_args"}
_LONG_FLAG = re.compile(r"--[A-Za-z0-9][\w-]*", re.ASCII)


def known_flags(source: bytes) -> list[str] | None:
    """Return the long flags that the Python program ``source`` gives to argparse, in their order.

    ``--help`` is left out. None where they cannot be read off: flags made in a loop or taken from another
    parser, subcommands, arguments that it passes on, no argparse, no Python.

    >>> known_flags(b"parser.add_argument('-p', '--port', type=int)")
    ['--port']
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what it thinks of the other program's escapes
            module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))
    if any(_name(call.func) in _MORE or _has(call, "parents") for call in calls):
        return None
    flags: dict[str, None] = {}
    for call in calls:
        if _name(call.func) != "add_argument":
            continue
        for name in call.args:
            if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
                return None
            if _LONG_FLAG.fullmatch(name.value):
                flags |= dict.fromkeys(_spellings(name.value, call))
    return list(flags) or None


def _spellings(flag: str, call: ast.Call) -> Iterator[str]:
    """Yield ``flag``, and the one that turns it off where ``call`` asks argparse for that."""
    yield flag
    if any(word.arg == "action" and _name(word.value) == "BooleanOptionalAction" for word in call.keywords):
        yield f"--no-{flag.removeprefix('--')}"


def _name(called: ast.expr) -> str:
    """The last name in what is called: ``add_argument`` of ``parser.add_argument``."""
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _has(call: ast.Call, keyword: str) -> bool:
    return any(word.arg == keyword for word in call.keywords)
