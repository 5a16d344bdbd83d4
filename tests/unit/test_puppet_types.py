"""Puppet's data types: what a mistake is called, and what is no type."""

from __future__ import annotations

from typing import Any

import pytest

from generator.puppet_types import Mismatch, PuppetTypeError, check, parse, to_json_schema
from generator.puppet_types.regexp import RegexpError, to_ecma, to_python
from generator.puppet_types.stdlib import STDLIB
from tests.unit.puppet_types_cases import FIXED, REFUSED

MESSAGES = [
    ("Stdlib::Port", 99999, "99999 is no Stdlib::Port (a port: a whole number from 0 to 65535)"),
    ("Integer[1]", 0, "0 is no Integer[1] (a whole number of at least 1)"),
    ("Integer", "5", '"5" is no Integer (a whole number: write it without quotes)'),
    ("Integer", True, "true is no Integer (a whole number)"),
    ("Float", 1, "1 is no Float (a number with a point: write 1.0)"),
    ("Boolean", "true", '"true" is no Boolean (true or false: write it without quotes)'),
    ("String", 3, "3 is no String (text: quote it)"),
    ("String[1]", "", '"" is no String[1] (text that is not empty)'),
    ("Stdlib::Filemode", 644, "644 is no Stdlib::Filemode (a file mode, such as '0644', in quotes: quote it)"),
    ("Enum[hold, overlap]", "hodl", '"hodl" is not one of hold, overlap (did you mean hold?)'),
    ("Array[Integer]", [1, "x"], '[1]: "x" is no Integer (a whole number)'),
    ("Array[Integer, 1]", [], "a list of 0 items is not a list with at least 1 items"),
    ("Hash[String[1], Array[Integer]]", {"x": [1, None]}, "x[1]: nothing (~) is no Integer (a whole number)"),
    ("Hash[Pattern[/\\A[a-z]+\\z/], Any]", {"B": 1}, 'B: the key "B" is no text that matches /\\A[a-z]+\\z/'),
    ("Struct[{commit => String}]", {"comit": ""}, 'comit: the key "comit" is unknown (did you mean commit?)'),
    ("Struct[{commit => String}]", {}, "the key commit is missing (text)"),
    ("Variant[Integer, Struct[{a => Boolean}]]", {"a": 1}, "a: 1 is no Boolean (true or false)"),
    ("Optional[String[1]]", "", '"" is no String[1] (text that is not empty)'),
    ("Variant[Integer, Boolean]", "x",
     '"x" is no Variant[Integer, Boolean] (a whole number, or true or false)'),
    ("Sensitive[String[9]]", "hunter2",
     "this secret is no Sensitive[String[9]] (a secret: text with at least 9 characters)"),
    ("Variant[Sensitive[Integer], Float]", "hunter2",
     "this secret is no Variant[Sensitive[Integer], Float] "
     "(a secret: a whole number, or a number with a point)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value", "message"), MESSAGES)
def test_messages_name_place_value_and_cure(text: str, value: Any, message: str) -> None:
    assert str(check(parse(text), value)) == message


def test_a_mismatch_leads_to_its_place() -> None:
    wanted = parse("Hash[String, Struct[{list => Array[Integer]}]]")
    assert check(wanted, {"a": {"list": [1]}}) is None
    found = check(wanted, {"a": {"list": [1, "x"]}})
    assert isinstance(found, Mismatch)
    assert (found.path, found.key) == (("a", "list", 1), False)
    found = check(wanted, {"a": {"lists": [1]}})
    assert isinstance(found, Mismatch)
    assert (found.path, found.key) == (("a", "lists"), True)


@pytest.mark.parametrize(("text", "offset", "words"), REFUSED)
def test_refuses_with_offset_and_cure(text: str, offset: int, words: str) -> None:
    with pytest.raises(PuppetTypeError) as caught:
        parse(text)
    assert words in str(caught.value)
    assert caught.value.offset == offset


def test_a_modules_own_types() -> None:
    aliases = {
        "Indextts2::Release": "Struct[{commit => Indextts2::Commit}]",
        "Indextts2::Commit": "Pattern[/\\A\\h{40}\\z/]",
    }
    wanted = parse("Hash[String[1], Indextts2::Release]", aliases)
    assert check(wanted, {"v23": {"commit": "0a" * 20}}) is None
    assert str(check(wanted, {"v23": {"commit": "main"}})) == (
        'v23.commit: "main" is no Indextts2::Commit (text that matches /\\A\\h{40}\\z/)'
    )
    assert to_json_schema(wanted)["additionalProperties"]["title"] == "Indextts2::Release"


def test_capitals_after_the_first_do_not_count() -> None:
    known = {"M::FooBar": "INTEGER[1]"}
    for text, meant in (
        ("Stdlib::AbsolutePath", "Stdlib::Absolutepath"),
        ("STRING[1]", "String[1]"),
        ("Array[M::Foobar]", "Array[M::FooBar]"),
        ("::M::FOOBAR", "M::FooBar"),
    ):
        assert str(parse(text, known)) == meant
    assert check(parse("M::FoobaR", known), 0)
    for text in ("REGEXP", "TimeSTAMP"):
        with pytest.raises(PuppetTypeError, match="in YAML"):
            parse(text)
    with pytest.raises(PuppetTypeError, match="M::FooBar is made of itself"):
        parse("M::Foobar", {"M::FooBar": "Array[M::FOOBAR]"})


def test_types_that_contain_themselves_are_refused() -> None:
    for aliases in ({"A": "Array[A]"}, {"A": "Array[B]", "B": "Optional[A]"}):
        with pytest.raises(PuppetTypeError, match="made of itself"):
            parse("A", aliases)
    with pytest.raises(PuppetTypeError, match="more than 32 deep"):
        parse("A0", {f"A{n}": f"A{n + 1}" for n in range(1000)})


def test_the_notation_is_kept() -> None:
    for text in (*FIXED, *STDLIB):
        first = parse(text)
        again = parse(str(first))
        assert str(again) == str(first)
        assert again == first


RUBY_ONLY = r"""
\p{Alpha} (a)\1 a++ a{2}? [[:alpha:]] [a&&b] \bword (?i:é) (?i:ſ|a) (?x:a) (?>a) a) [a * \G [b-a] [ (?<=a*)b a{9,1} (a
""".split()


@pytest.mark.parametrize("source", RUBY_ONLY)
def test_what_ruby_alone_can_say_is_refused(source: str) -> None:
    with pytest.raises(RegexpError):
        to_python(source)


def test_the_schemas_expressions_need_no_python() -> None:
    assert to_ecma(r"\A(?i:k)\h.{,2}\z") == "^(?:[kK\u212a])[0-9A-Fa-f][^\\n]{0,2}$"
