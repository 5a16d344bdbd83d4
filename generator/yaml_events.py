"""The events of a YAML text, as libyaml finds them, and its complaints in plain words."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from generator.errors import InputError
from generator.yaml_text import Place, place

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: What git writes around the two sides of a conflict.
_CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} )", re.MULTILINE)
_TAB_INDENT = re.compile(r" *\t")

#: libyaml's words (and PyYAML's own scanner's) -> plain words, by the first piece of text that occurs.
PROBLEMS = [
    ("mapping values are not allowed", "a second ': ' here, or wrong indentation (quote a text with ': ')"),
    ("could not find expected ':'", "this is no 'key: value' (a ':' is missing, or wrong indentation)"),
    ("did not find expected key", "neither a key nor the end of this block (look at indentation and quotes)"),
    ("did not find expected '-' indicator", "a list goes on without '- ' (look at the indentation)"),
    ("block sequence entries are not allowed", "a list item cannot begin here (give it its own line)"),
    ("expected ',' or ']'", "',' or ']' is missing in the list in brackets"),
    ("expected ',' or '}'", "',' or '}' is missing in the mapping in braces"),
    ("unexpected end of stream", "this quoted text never ends (close the quote)"),
    ("unknown escape character", "unknown escape after '\\' (write '\\\\', or use single quotes)"),
    ("expected hexdecimal", "this escape needs hexadecimal digits (or write '\\\\')"),
    ("expected escape sequence of", "this escape needs hexadecimal digits (or write '\\\\')"),
    ("cannot start any token", "a value cannot begin with this character (quote it)"),
    ("unexpected document indicator", "'---' or '...' inside a quoted text (close the quote)"),
    ("alphabetic or numeric character", "'*' and '&' need a name after them (quote a text that begins so)"),
    ("undefined tag handle", "a tag ('!...') is not allowed here (quote a text that begins with '!')"),
    ("expected the node content", "a value is missing here"),
    ("did not find expected node content", "a value is missing here (quote a text that begins like this)"),
    ("expected <document start>", "text after the end of the data (look at the indentation)"),
    ("did not find expected <document start>", "text after the end of the data (look at the indentation)"),
    ("incompatible YAML document", "only YAML 1.1 and 1.2 are read (leave the %YAML line out)"),
]


#: Found at the end of the file, cured where the text or the key begins.
CURED_AT_START = ("unexpected end of stream", "could not find expected ':'", "unexpected document indicator")


def plain_words(problem: str) -> str:
    """Say a parser's ``problem`` in plain words."""
    return "broken YAML: " + next((plain for piece, plain in PROBLEMS if piece in problem), problem)


def events(path: Path, text: str) -> Iterator[Any]:
    """Yield the events of ``text``; tabs that indent are refused (inside a text they are fine)."""
    tabs = deque(
        (number, tab.end())
        for number, line in enumerate(text.split("\n") if "\t" in text else [], start=1)
        if (tab := _TAB_INDENT.match(line))
    )
    tabbed = dict(tabs)
    parser = _Parser(text)
    found: Iterator[Any] = iter(parser.get_event, None)
    try:
        yield from _after_tabs(path, tabs, found) if tabs else found
    except yaml.MarkedYAMLError as error:
        raise _conflict(path, text) or _broken(path, error, tabbed) from None
    except yaml.YAMLError as error:
        raise InputError(path, 1, 1, plain_words(str(error))) from None
    finally:
        parser.dispose()
    if tabs:
        raise _tab(path, tabs[0])


def _broken(path: Path, error: yaml.MarkedYAMLError, tabbed: dict[int, int]) -> InputError:
    """Say what libyaml found, at the place where it can be cured."""
    problem, began = error.problem or "", error.context_mark
    at_start = began is not None and any(words in problem for words in CURED_AT_START)
    mark: Any = began if at_start else error.problem_mark or began
    line, column = mark.line + 1, mark.column + 1
    if line in tabbed:
        return _tab(path, (line, tabbed[line]))
    opened = f" (opened in line {began.line + 1})" if began and "flow" in (error.context or "") else ""
    return InputError(path, line, column, plain_words(problem) + opened)


def _conflict(path: Path, text: str) -> InputError | None:
    """Say that a merge left its marks in a text that is no YAML."""
    if not (mark := _CONFLICT.search(text)):
        return None
    message = f"broken YAML: a merge conflict is left here (keep one side, and no line with {mark[0][:7]})"
    return InputError(path, *place(text, mark.start()), message)


def _after_tabs(path: Path, tabs: deque[Place], found: Iterator[Any]) -> Iterator[Any]:
    """Yield the events ``found``, and drop the ``tabs`` in their texts."""
    for event in found:
        if tabs and isinstance(event, yaml.ScalarEvent) and event.style:
            _pass_tabs(path, tabs, event)
        yield event


def _pass_tabs(path: Path, tabs: deque[Place], text: Any) -> None:
    """Drop the ``tabs`` that lie in a quoted or block ``text``; those before it indent something."""
    first, last = text.start_mark.line + 1, text.end_mark.line + 1
    while tabs and tabs[0][0] <= last:
        if tabs[0][0] <= first:
            raise _tab(path, tabs[0])
        tabs.popleft()


def _tab(path: Path, place: Place) -> InputError:
    return InputError(path, *place, "a tab in the indentation (YAML indents by spaces)")
