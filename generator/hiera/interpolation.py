"""``%{…}`` in hiera.yaml and in values. Puppet's facts: ``Puppet::Pops::Lookup::Interpolation``."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from generator.hiera.problem import Problem
from generator.hiera.ruby_text import to_s
from generator.hiera.scope import Scope

Stack = tuple[str, ...]
#: Looks a key up for ``%{lookup('key')}``; the stack names what is being looked up already.
Find = Callable[[str, Stack], Any]

_EXPRESSION = re.compile(r"%\{([^}]*)\}")
_EMPTY = {"", "::", '""', "''", '"::"', "'::'"}
_CALL = re.compile(r"""(\w+)\((?:"([^"]+)"|'([^']+)')\)""", re.ASCII)
#: How long a text may become: each could be in the next one several times.
MAX_TEXT = 2**22
#: How many lookups may stand for one another, one inside the other; Python's own limit is not far above.
MAX_DEPTH = 32
METHODS = ("lookup", "hiera", "alias", "scope", "literal")


def interpolate(value: Any, scope: Scope, find: Find | None = None, stack: Stack = ()) -> Any:
    """Return a copy of ``value`` with every ``%{…}`` in its texts and keys replaced.

    Without ``find``, as in hiera.yaml, only variables may be named. ``stack`` keeps what refers to itself
    from having no end.

    Raises:
        Problem: an expression that Puppet does not take.
    """
    if isinstance(value, str):
        return _text(value, scope, find, stack) if "%{" in value else value
    if isinstance(value, list):
        return [interpolate(item, scope, find, stack) for item in value]
    if isinstance(value, dict):
        return {
            _key(interpolate(key, scope, find, stack)): interpolate(item, scope, find, stack)
            for key, item in value.items()
        }
    return value


def has_expression(value: Any) -> bool:
    """Whether there is a ``%{`` anywhere in ``value``."""
    if isinstance(value, dict):
        return any(has_expression(key) or has_expression(item) for key, item in value.items())
    if isinstance(value, list):
        return any(map(has_expression, value))
    return isinstance(value, str) and "%{" in value


def _key(key: Any) -> Any:
    if isinstance(key, list | dict):
        raise Problem("an alias puts a list or a hash where a key belongs")
    return key


def _text(text: str, scope: Scope, find: Find | None, stack: Stack) -> Any:
    result = []
    for literal, expression in _parts(text):
        result.append(literal)
        if expression is None or expression in _EMPTY:
            continue
        method, key = _method(expression, find)
        if method == "alias" and not _EXPRESSION.fullmatch(text):
            raise Problem(f"{text}: alias stands for a whole value (write lookup inside a text)")
        value = _call(method, key, scope, find, stack)
        if method == "alias":
            return value
        name = f"scope:{key}" if method == "scope" else key
        result.append(to_s(interpolate(value, scope, find, deeper(stack, name))))
    if sum(map(len, result)) > MAX_TEXT:
        raise Problem(f"this text grows to more than {MAX_TEXT >> 20} MiB (write less)")
    return "".join(result)


def _call(method: str, key: str, scope: Scope, find: Find | None, stack: Stack) -> Any:
    if method == "literal":
        return key
    if method == "scope" or find is None:
        return scope.value(key)
    return find(key, stack)


def deeper(stack: Stack, name: str) -> Stack:
    """Return ``stack`` with ``name`` on it.

    Raises:
        Problem: it is on it already, or the stack is too high.
    """
    if name in stack:
        raise Problem(f"{name} refers to itself, by way of {' -> '.join((*stack, name))}")
    if len(stack) >= MAX_DEPTH:
        raise Problem(f"{name} stands at the end of more than {MAX_DEPTH} lookups (make the chain shorter)")
    return (*stack, name)


def _method(expression: str, find: Find | None) -> tuple[str, str]:
    call = _CALL.fullmatch(expression)
    if call is None:
        return "scope", expression
    if find is None:
        raise Problem(f"%{{{expression}}}: no function may be called here (name a variable)")
    if call[1] not in METHODS:
        raise Problem(f"%{{{expression}}}: there is no function {call[1]} (there are {', '.join(METHODS)})")
    return call[1], call[2] or call[3]


@functools.lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[tuple[str, str | None], ...]:
    """Split ``text`` into pairs of what stands as it is and the expression after it; None ends it."""
    parts: list[tuple[str, str | None]] = []
    end = 0
    # not past the last brace: a search for one from each of many open expressions takes for ever
    for match in _EXPRESSION.finditer(text, 0, text.rfind("}") + 1):
        parts.append((text[end : match.start()], match[1].strip(" \t\r\n\f\v\0")))
        end = match.end()
    return (*parts, (text[end:], None))
