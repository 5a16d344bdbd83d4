"""Puppet's data types drawn by chance: their values, their schemas, and Puppet's own verdicts."""

from __future__ import annotations

import json
import random
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastjsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator import puppet_header
from generator.puppet_types import PuppetTypeError, check, parse, to_json_schema
from generator.puppet_types.stdlib import STDLIB
from tests.unit.puppet_types_cases import FIXED, REFUSED

REPOSITORY = Path(__file__).parents[2]
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 5, 2**70, 0.0, 0.5, 1.0, -2.5, "", "a", "B", "b", "ab", "abc", "a-b",
    "it's", "a\\b", "é", "喜悦", "12", "a\n12",
    [], [1], ["a"], [1, "a"], [1, "a", "b"], [1, 2], [None], [[]], [1.5],
    {}, {"a": 1}, {"a": None}, {"b": "x"}, {"a": 1, "b": "x"}, {"": 1}, {"a": True}, {"a": 1, "b": None,
    "c": 0}, {"a": None, "b": "y"},
]  # fmt: skip
#: The types of the Puppetfile's modules, as they write them.
VENDOR = {
    name: notation
    for path in sorted(REPOSITORY.glob("vendor_modules/*/types/**/*.pp"))
    for name, notation in puppet_header.aliases(path.read_text()).items()
}
TEXTS = (
    "/ //a /a /a/b/ /a//b /a\nb a/b C:/x C:\\x \\\\h\\s x.y tts1.lab.test -a a- a..b . 1.2.3.4 "
    "1.2.3.256 10.0.0.1/24 10.0.0.0/33 01.2.3.4 "
    ":: ::1 fd00::1 1::8 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 1:2:3:4:5:6:7:8:9 1::2::3 "
    "::ffff:1.2.3.4 1:2:3:4:5:6:1.2.3.4 "
    "1:2:3:4:5::1.2.3.4 1::2:3:4:5:1.2.3.4 1:2::3:4:5:1.2.3.4 fd00::/8 ::1/129 ::1/128 12345:: g:: "
    "1:2:3:4:5:6::8 1:2:3:4:5:6:7::8 "
    "http://x HTTPS://x https://ſ httpſ://x ftp://x https:/x 644 0644 00644 u=rw,g=r a+X +x "
    "u+rwx,o= 8 rwx =7 -u 10M 10mb 10Kb 10 x\n10G "
    "yes YES yeſ no maybe YQ== YQ= ====  02:00:00:00:00:01 02-00-00-00-00-01 02:00:00:00:00 present "
    "absent stopped running Running directory "
    "puppet:///a/b puppet://h.x/a puppet:// puppet:///a//b file:///a file://a file:/// me@x.y me@ @x a@b@c "
    "gs://b s3://b s4://b get GET kern local7 local8 present latest 1.2 disabled abcd2345= ABCD aBCD x.y. ."
).split(" ")
#: What makes a text of many equal pieces, and what it may begin with.
UNITS = ("a", "/a", "a.", "a-", "1.", "1:", ":", "u+x", "=7,", "\\", "A=", "https://")
BEGINNINGS = ("", "/", "puppet://", "puppet:///", "file:///", "x@", "C:\\", "s3://")
REGEXPS = r"""
\A\z ^a a$ \Aa\Z .b (?m:.b) \h\H \d\D \w\W \s\S [\w-]+\z [^\h] [\S\n] [\Wa] (?i:aK[s-t]) (?i)a|b x(?i)a|b
(?i:a(?-i:b)) (?i:[^a-c]) a{,2}\z \Aa{2,} a{x (?<n>a)b (?=a)\w (?<!a)b [[:xdigit:]]\z []a] [a\-z] [a-] \/
\A\x41\u0042\t a|\Ab ^\z a*?b \. [\n\t] \e\0 é (?i:[k-l])\z [\^&~] (?i:\x61\z) \A(?:a|(b))+\z [a-c\d]\z \Aa?\z
""".split()
STRINGS = [
    "", "a", "A", "b", "B", "ab", "aB", "AB", "a\n", "\na", "\n", "a\nb", "b\na\n", "aa", "aaa", "aaaa",
    "xA", "xb", "x", "aks", "AKS", "a\u212a\u017f", "\u212a",
    "é", "éa", "1a", "f-", "٣", "\u00a0", " ", "\t", "a-z", "z", "]", "-", "/", "AB\t", "a{x", ".",
    "\x1b\0", "^", "&", "~", "\r", "\u2028b", "a,2", "😀",
]  # fmt: skip


def make(rng: random.Random, depth: int) -> tuple[str, Callable[[], Any]]:
    """Return a random type, and what makes values that it must accept."""
    low, high = sorted((rng.randint(-5, 5), rng.randint(-5, 9)))
    few, many = sorted((rng.randint(0, 3), rng.randint(0, 3)))
    word = rng.choice(STRINGS[1:12])
    leaves: list[tuple[str, Callable[[], Any]]] = [
        (f"Integer[{low}, {high}]", lambda: rng.randint(low, high)),
        (f"Float[{low}, {high}]", lambda: float(rng.randint(low, high))),
        (f"String[{few}, {many}]", lambda: "é" * rng.randint(few, many)),
        (f"Enum[{puppet(word)}, 'x']", lambda: rng.choice([word, "x"])),
        ("Boolean", lambda: rng.random() < 0.5),
        ("Stdlib::Port", lambda: rng.choice([0, 22, 65535])),
        ("Undef", lambda: None),
        ("Any", lambda: rng.choice(VALUES)),
    ]
    if depth == 0 or rng.random() < 0.3:
        return rng.choice(leaves)
    (one, value), (two, other) = make(rng, depth - 1), make(rng, depth - 1)
    optional = rng.random() < 0.5
    return rng.choice(
        [
            (f"Optional[{one}]", lambda: rng.choice([None, value()])),
            (f"Variant[{one}, {two}]", lambda: rng.choice([value, other])()),
            (f"Array[{one}, {few}, {many}]", lambda: [value() for _ in range(rng.randint(few, many))]),
            (f"Tuple[{one}, {two}]", lambda: [value(), other()]),
            (
                f"Tuple[{one}, {two}, 1, default]",
                lambda: [value(), *(other() for _ in range(rng.randint(0, 3)))],
            ),
            (f"Hash[String[1], {one}]", lambda: {key: value() for key in "ab"[: rng.randint(0, 2)]}),
            (
                f"Struct[{{'a' => {one}, {'Optional' if optional else 'NotUndef'}['b'] => {two}}}]",
                lambda: {"a": value(), **({} if optional and rng.random() < 0.5 else {"b": other()})},
            ),
        ]
    )


def puppet(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def spoil(rng: random.Random, value: Any) -> Any:
    """Change something somewhere in ``value``."""
    if isinstance(value, list) and value and rng.random() < 0.8:
        spot = rng.randrange(len(value))
        return [*value[:spot], spoil(rng, value[spot]), *value[spot + 1 :]]
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        return {**value, key: spoil(rng, value[key])}
    return rng.choice([*VALUES, value, [value], {"a": value}, {"c": value}])


@settings(max_examples=400, deadline=2000)
@given(rng=st.randoms(use_true_random=True), depth=st.integers(0, 4))
def test_values_made_for_a_type_are_accepted_by_type_and_schema(rng: random.Random, depth: int) -> None:
    text, make_value = make(rng, depth)
    wanted = parse(text)
    validate = fastjsonschema.compile(to_json_schema(wanted))
    for _ in range(3):
        value = make_value()
        assert check(wanted, value) is None, (text, value)
        validate(value)
        found = check(wanted, spoil(rng, value))
        assert found is None or str(found)


@settings(max_examples=300, deadline=2000)
@given(
    pieces=st.lists(
        st.sampled_from(
            "Integer String Array Hash Struct Optional Enum Pattern Stdlib::Port "
            "[ ] { } , => 'a' \"b\" /a/ /( 1 -2 1.5 default true a".split()
        )
        | st.text(max_size=2),
        max_size=25,
    )
)
def test_any_text_is_a_type_or_a_refusal(pieces: list[str]) -> None:
    text = " ".join(pieces)
    try:
        to_json_schema(parse(text))
    except PuppetTypeError as error:
        assert 0 <= error.offset <= len(text)
        assert str(error)


@pytest.mark.parametrize("name", sorted({*STDLIB, *VENDOR}))
def test_no_text_makes_a_type_of_a_module_slow(name: str) -> None:
    wanted = parse(name, VENDOR)

    def late(*_: object) -> None:
        raise TimeoutError(f"{name} is slow: write its expression anew in puppet_types/stdlib.py")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(5)
    try:
        for unit in UNITS:
            for before in BEGINNINGS:
                check(wanted, before + unit * 20_000 + "\n\0")
    finally:
        signal.alarm(0)


#: Both verdicts of a type about a value, in the order of the input; nil where Puppet refuses the type.
ASK = """
require 'puppet'
Puppet.initialize_settings(%w[--confdir --codedir --vardir].flat_map { |option| [option, '/nonexistent'] })
environment = Puppet::Node::Environment.create(:desk, ['vendor_modules'])
loaders = Puppet::Pops::Loaders.new(environment)
output = Puppet.override(current_environment: environment, loaders: loaders) do
  loader = loaders.private_environment_loader
  input.map do |text, values|
    type = Puppet::Pops::Types::TypeParser.singleton.parse(text, loader) rescue nil
    type = nil if type.is_a?(Puppet::Pops::Types::PTypeReferenceType)
    type && values.map { |value| type.instance?(value) }
  end
end
"""


def other_capitals(text: str) -> str:
    """Write the names of types in ``text`` with other capitals than they have."""
    literals = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|/(?:[^/\\]|\\.)*/"""
    return re.sub(rf"{literals}|(?<=[A-Z])\w+", lambda found: keep_literal(found[0]), text)


def keep_literal(piece: str) -> str:
    return piece if piece[0] in "'\"/" else piece.swapcase()


@pytest.mark.puppet
def test_puppet_gives_the_same_verdicts(ruby: Callable[[str, Any], Any]) -> None:
    if not VENDOR:
        pytest.skip("vendor_modules is not here (`make setup` fetches it)")
    rng = random.Random(20)
    batch: list[tuple[str, list[Any]]] = [(text, VALUES) for text in FIXED]
    others = [*TEXTS, *STRINGS, *VALUES, 80, 99, 100, 599, 600, 1023, 1024, 49151, 49152, 65535, 65536]
    batch += [(name, others) for name in {**STDLIB, **VENDOR}]
    batch += [(other_capitals(name), others[::5]) for name in {**STDLIB, **VENDOR}]
    batch += [(other_capitals(text), VALUES[::3]) for text in FIXED]
    batch += [(f"Pattern[/{source}/]", STRINGS) for source in REGEXPS]
    for _ in range(600):
        text, make_value = make(rng, rng.randint(1, 4))
        good = make_value()
        batch.append((text, [good, *(spoil(rng, good) for _ in range(4))]))
    ours = []
    for text, values in batch:
        wanted = parse(text, VENDOR)
        ours.append([check(wanted, value) is None for value in values])
    theirs = ruby(ASK, batch)
    wrong = [
        (text, value, "Puppet accepts" if verdict else "Puppet refuses")
        for (text, values), mine, verdicts in zip(batch, ours, theirs, strict=True)
        for value, own, verdict in zip(values, mine, verdicts or [None] * len(values), strict=True)
        if own is not verdict
    ]
    assert not wrong
    accepted = sum(sum(verdicts) for verdicts in ours)
    assert 1000 < accepted < sum(map(len, ours)) - 1000, "both verdicts must occur often"


@pytest.mark.puppet
def test_puppet_refuses_what_is_no_type(ruby: Callable[[str, Any], Any]) -> None:
    """What is refused here is refused there, but for traps and for what cannot be checked in YAML."""
    stricter = {"Array[0, 5]", "Array[1]", "Array[Strin]", "Array[Timestamp]", "Enum", "Enum['a', true]"}
    stricter |= {"Hash[0, 5]", "Integer[0777]", "Pattern[/(?>a)/]", "Regexp", "String[-1]", "Variant"}
    stricter |= {"Struct[{a => 1}]", "Struct[{a => String, 'a' => String}]"}
    texts = [text for text, _, _ in REFUSED if len(text) < 200]
    theirs = ruby(ASK, [(text, []) for text in texts])
    assert {text for text, verdicts in zip(texts, theirs, strict=True) if verdicts == []} == stricter


@settings(max_examples=200, deadline=2000)
@given(rng=st.randoms(use_true_random=True), depth=st.integers(0, 3))
def test_the_schema_is_never_stricter_than_the_type(rng: random.Random, depth: int) -> None:
    text, make_value = make(rng, depth)
    wanted = parse(text)
    validate = fastjsonschema.compile(to_json_schema(wanted))
    for value in (spoil(rng, make_value()), *rng.sample(VALUES, 5)):
        assert wanted.accepts(value) is (check(wanted, value) is None)
        if check(wanted, value) is None:
            validate(value)
        elif "Float" not in text and not re.search(r"\d\.0", json.dumps(value)):
            with pytest.raises(fastjsonschema.JsonSchemaValueException):
                validate(value)
