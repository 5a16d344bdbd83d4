"""Which flags a program takes, and what each is for: read from its syntax tree, for argparse and click."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_LONG = re.compile(r"--[A-Za-z0-9][\w-]*", re.ASCII)
_TYPES = {"int": "int", "float": "float", "str": "str", "bool": "other", "Path": "str"}
_SWITCHES = {"store_true", "store_false", "store_const"}
_LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
#: What makes a parser take flags that are not seen -> what to say of it.
_MORE = {
    "add_subparsers": "it has subcommands, with flags of their own",
    "parse_known_args": "it takes flags beyond those that it names",
    "parse_known_intermixed_args": "it takes flags beyond those that it names",
}


@dataclass(frozen=True)
class Argument:
    """A long flag. ``kind``: switch, off (a switch that turns something off), int, float, str or other.

    ``default`` and ``choices`` are there where they are constants; ``many``: it takes several words.
    """

    flag: str
    kind: str
    default: object = None
    choices: tuple[str, ...] = ()
    help: str = ""
    required: bool = False
    many: bool = False


@dataclass(frozen=True)
class Arguments:
    """The flags that could be read, in their order, and a line for each reason why others may be missing."""

    found: tuple[Argument, ...] = ()
    unread: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether the program takes flags at all."""
        return bool(self.found or self.unread)


def read_arguments(module: ast.Module) -> Arguments:
    """Read the flags of the program ``module``.

    >>> read_arguments(ast.parse("p.add_argument('--port', type=int, default=80)")).found
    (Argument(flag='--port', kind='int', default=80, choices=(), help='', required=False, many=False),)
    """
    in_loop = _in_loops(module)
    found: dict[str, Argument] = {}
    unread: dict[str, None] = {}
    for call, is_click in _calls(module):
        name = called(call.func)
        if name in _MORE:
            unread[f"line {call.lineno}: {_MORE[name]}"] = None
        elif any(word.arg == "parents" for word in call.keywords):
            unread[f"line {call.lineno}: it takes the flags of another parser"] = None
        elif is_click or name == "add_argument":
            words = [word.value for word in call.args if isinstance(word, ast.Constant)]
            if len(words) < len(call.args) or any(word.arg is None for word in call.keywords):
                where = "in a loop" if id(call) in in_loop else "while it runs"
                unread[f"line {call.lineno}: flags are made {where}, and could not be read"] = None
            argument = _argument(call, words, is_click)
            if argument:
                found.setdefault(argument.flag, argument)
    return Arguments(tuple(found.values()), tuple(unread))


def _in_loops(module: ast.Module) -> set[int]:
    """The ids of all that is inside a loop, each looked at once, however deep loops are in loops."""
    inside: set[int] = set()
    left: list[tuple[ast.AST, bool]] = [(module, False)]
    while left:
        node, looped = left.pop()
        if looped:
            inside.add(id(node))
        looped = looped or isinstance(node, _LOOPS)
        left += [(child, looped) for child in ast.iter_child_nodes(node)]
    return inside


def _calls(module: ast.Module) -> Iterator[tuple[ast.Call, bool]]:
    """Yield the calls of a program in their order, and whether each declares an option of click."""
    options = {
        id(decorator)
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and called(decorator.func) == "option"
    }
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))
    for call in calls:
        yield call, id(call) in options


def _argument(call: ast.Call, words: list[Any], is_click: bool) -> Argument | None:
    """Make an argument of a call that names ``words``; None where it is no long flag, or one of help."""
    flags = [word.partition("/")[0] for word in words if isinstance(word, str)]
    flag = next((word for word in flags if _LONG.fullmatch(word)), None)
    said = {word.arg: word.value for word in call.keywords if word.arg}
    action = constant(said.get("action")) or called(said.get("action"))
    if flag is None or action in ("help", "version"):
        return None
    default = constant(said.get("default"))
    kind = _kind(said, action, default, is_click)
    if is_click and any("/" in word for word in words if isinstance(word, str)):
        kind = "switch"
    if action == "BooleanOptionalAction":
        kind, flag = ("off", f"--no-{flag[2:]}") if default is True else ("switch", flag)
    choices = said.get("choices")
    return Argument(
        flag=flag,
        kind=kind,
        default=default,
        choices=tuple(_texts(choices)) if kind == "str" else (),
        help=str(constant(said.get("help")) or ""),
        required=constant(said.get("required")) is True,
        many=constant(said.get("nargs"), "?") != "?" or action in ("append", "extend", "count"),
    )


def _kind(said: dict[str, ast.expr], action: object, default: object, is_click: bool) -> str:
    if action in _SWITCHES or constant(said.get("is_flag")) is True:
        return "switch"
    if "type" in said:
        return _TYPES.get(called(said["type"]), "other")
    if is_click and type(default) in (int, float, bool):
        return "switch" if default in (True, False) and isinstance(default, bool) else type(default).__name__
    return "str"


def _texts(choices: ast.expr | None) -> list[str]:
    """The texts in a list of choices; none of them where one is no constant text."""
    items = choices.elts if isinstance(choices, ast.List | ast.Tuple | ast.Set) else []
    texts = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return texts if len(texts) == len(items) else []


def called(node: ast.expr | None) -> str:
    """The last name in what is called: ``add_argument`` of ``parser.add_argument``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def constant(node: ast.expr | None, otherwise: object = None) -> object:
    """The value of a constant, a number below zero, too; ``otherwise`` where it is none."""
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
    ):
        value = node.operand.value
        return -value if isinstance(value, int | float) else otherwise
    return node.value if isinstance(node, ast.Constant) else otherwise
