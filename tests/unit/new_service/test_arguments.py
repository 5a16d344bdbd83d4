"""Flags read from a syntax tree, and what is said of those that cannot be."""

from __future__ import annotations

import ast
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.new_service.arguments import Argument, read_arguments


def only(source: str) -> Argument:
    found = read_arguments(ast.parse(source))
    assert not found.unread
    [argument] = found.found
    return argument


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        ("'--port', type=int, default=80", Argument("--port", "int", 80)),
        ("'--x', type=float, default=-0.5", Argument("--x", "float", -0.5)),
        ("'-p', '--port', '--listen-port'", Argument("--port", "str")),
        ("'--on', action='store_true', help='on'", Argument("--on", "switch", help="on")),
        ("'--on', action=argparse.BooleanOptionalAction", Argument("--on", "switch")),
        ("'--on', action=argparse.BooleanOptionalAction, default=True", Argument("--no-on", "off", True)),
        ("'--d', choices=['a', 'b']", Argument("--d", "str", choices=("a", "b"))),
        ("'--d', choices=['a', B]", Argument("--d", "str")),
        ("'--d', choices=[1, 2], type=int", Argument("--d", "int")),
        ("'--d', type=str2bool, required=True", Argument("--d", "other", required=True)),
        ("'--d', nargs='+'", Argument("--d", "str", many=True)),
        ("'--d', nargs='?', const='x'", Argument("--d", "str")),
        ("'--d', action='append'", Argument("--d", "str", many=True)),
        ("'--d', default=HERE, help=TEXT", Argument("--d", "str")),
    ],
)
def test_an_argument_is_what_argparse_makes_of_it(call: str, argument: Argument) -> None:
    assert only(f"p.add_argument({call})") == argument


def test_help_version_and_positions_are_no_flags() -> None:
    source = "p.add_argument('file'); p.add_argument('-v'); p.add_argument('--version', action='version')"
    assert not read_arguments(ast.parse(source))


def test_options_of_click_are_read() -> None:
    source = """
@click.command()
@click.option("-p", "--port", default=9000, help="Port")
@click.option("--fast/--slow")
@click.option("--on", is_flag=True)
@option.other("--not")
def start(): pass
"""
    assert read_arguments(ast.parse(source)).found == (
        Argument("--port", "int", 9000, help="Port"),
        Argument("--fast", "switch"),
        Argument("--on", "switch"),
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("for f in FLAGS:\n  p.add_argument(f)", "line 2: flags are made in a loop, and could not be read"),
        ("[p.add_argument('--' + f) for f in F]", "line 1: flags are made in a loop, and could not be read"),
        ("p.add_argument(f'--{x}')", "line 1: flags are made while it runs, and could not be read"),
        ("p.add_argument(*words)", "line 1: flags are made while it runs, and could not be read"),
        ("p.add_argument('--a', **words)", "line 1: flags are made while it runs, and could not be read"),
        ("ArgumentParser(parents=[q])", "line 1: it takes the flags of another parser"),
        ("p.add_subparsers()", "line 1: it has subcommands, with flags of their own"),
        ("p.parse_known_args()", "line 1: it takes flags beyond those that it names"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line(source: str, said: str) -> None:
    read = read_arguments(ast.parse(f"{source}\np.add_argument('--seen')"))
    assert read.unread == (said,)
    assert "--seen" in [argument.flag for argument in read.found]


def test_loops_in_loops_take_no_longer_than_their_text() -> None:
    deep = "".join(f"{' ' * depth}for x in y:\n" for depth in range(90))
    source = deep + "".join(f"{' ' * 90}p.add_argument(x)\n" for _ in range(20_000))
    started = time.process_time()
    assert len(read_arguments(ast.parse(source)).unread) == 20_000
    assert time.process_time() - started < 5


@given(st.text(alphabet="pad_rgument('\"-=[]),:* \nfor in\\x", max_size=200))
def test_no_program_breaks_it(source: str) -> None:
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    read_arguments(module)
