"""Definitions drawn by hypothesis, as odd as a definition may be."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from generator.definition import load_pattern
from generator.definition_schema import INIT_VARIABLES, RESERVED_PARAMETERS
from generator.puppet_text import literal

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "40"))
SEED = os.environ.get("PROPERTY_SEED", "")

PIECES = (
    "' \" \\ $ ${ } ${x} $$ $HOME #{x} # % %% %h %{x} <% %> <%= <%# -%> ` {{ }} {% ; | & && ! * ~ \\n \\u{41} \\x41 @param"
    " true false undef 0 1e3 0x10 -- = == : , // /* */ 喜悦 回声 é 😀 \u200b \u00a0 \ufeff"
).split(" ")
#: Not controls and surrogates, and none of what Unicode keeps for itself: those are refused.
ANY = st.characters(exclude_categories=["Cs", "Cc"]).filter(lambda letter: not is_reserved(letter))
LINES = st.lists(st.sampled_from([*PIECES, " "]) | ANY, max_size=8).map("".join)
TEXTS = st.lists(st.sampled_from([*PIECES, " ", "\n", "\t", "\\\n"]) | ANY, max_size=8).map("".join)
TITLES = LINES.map(lambda text: re.sub(r"[\u2028\u2029]", "", text)[:100].strip(" ").rstrip(" \\")).filter(
    bool
)
SHOWN = TEXTS.filter(lambda text: text.replace("\n", "").replace("\t", "").isprintable())
#: Words that mean something to Puppet, but not as the name of a parameter.
KNOWN = "class default node if undef type hostname osfamily fqdn ipaddress clientcert environmentpath params".split()
TAKEN = RESERVED_PARAMETERS | INIT_VARIABLES | load_pattern()["parameters"].keys()
WORDS = (st.sampled_from(KNOWN) | st.from_regex(r"\A[a-z][a-z0-9_]{0,9}\Z")).filter(
    lambda word: word not in TAKEN
)
FOLDERS = st.from_regex(r"\A[a-z0-9_][A-Za-z0-9_.-]{0,6}(/[a-z0-9_][A-Za-z0-9_.-]{0,6}){0,2}\Z")
PACKAGES = st.lists(
    st.from_regex(r"\A[a-z0-9][a-z0-9.+-]{1,8}\Z") | st.sampled_from(["null", "1e3", "0x10", "12"])
)
WHOLE = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def is_reserved(letter: str) -> bool:
    """Whether ``letter`` is one of Unicode's noncharacters."""
    return 0xFDD0 <= ord(letter) <= 0xFDEF or ord(letter) & 0xFFFE == 0xFFFE


def apart(folders: Iterable[str]) -> bool:
    """Whether none of ``folders`` lies in another."""
    return not any(one != other and one.startswith(f"{other}/") for one in folders for other in folders)


def odd_enums() -> st.SearchStrategy[tuple[str, Any]]:
    choices = st.lists(SHOWN, min_size=1, max_size=3, unique=True)
    return choices.map(lambda texts: (f"Enum [ {' ,'.join(map(literal, texts))} ]", texts[-1]))


#: A type, and a value of it.
TYPED: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    st.tuples(st.sampled_from(["String", "Optional[String]", "Scalar", "NotUndef[String]"]), TEXTS),
    st.tuples(st.just("String[1]"), TEXTS.filter(bool)),
    st.tuples(
        st.sampled_from(["Integer", "Numeric", "Optional[ Integer ]", "Variant[Boolean, Integer]"]), WHOLE
    ),
    st.tuples(st.just("Integer[-3, 10]"), st.integers(-3, 10)),
    st.tuples(st.sampled_from(["Float", "Optional[Float]", "Variant[Float,Boolean]"]), FLOATS),
    st.tuples(st.sampled_from(["Boolean", "Optional[Boolean]", "Variant[Boolean, Enum[a]]"]), st.booleans()),
    st.tuples(st.sampled_from(["Optional[String[1]]", "Optional[Stdlib::Port]", "Undef"]), st.none()),
    st.tuples(st.just("Stdlib::Port"), st.integers(0, 65535)),
    st.tuples(st.just(r"Pattern[/\A[a-z\/$]+\z/, '^x$']"), st.just("a/$")),
    odd_enums(),
)


#: Jobs of HTTP APIs: as few words as there can be, and all.
REQUESTS: list[dict[str, Any]] = [
    {"paths": ["/v1/"]},
    {
        "paths": ["/prompt", "/api/prompt"],
        "queue": {"answer": "id", "results": ["/history/"], "left": "/prompt", "count": "a.b"},
        "idle": ["/ws"],
        "smoke": {"path": "/prompt", "answer": "*.done", "file": "f", "form": {"model": "it's $x 回声"}},
    },
]


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a definition without what has to differ between the services of a node."""
    parameters = {}
    for number, name in enumerate(draw(st.lists(WORDS, max_size=5, unique=True))):
        kind, value = draw(TYPED)
        carrier, shape = draw(st.sampled_from([("flag", "--p-{}"), ("env", "P_{}")]))
        parameters[name] = {
            "type": kind,
            "doc": draw(TITLES.filter(str.strip)),
            carrier: shape.format(number),
            "default": value,
        }
        if value is not None and draw(st.booleans()):
            parameters[name]["required"] = value
    room = st.fixed_dictionaries({"state": FOLDERS}) | st.fixed_dictionaries({"cache_hub": FOLDERS})
    systems = st.sampled_from(["all", "Debian", "RedHat", "Debian-12", "Ubuntu-24.04", "RedHat-9"])
    drawn: dict[str, Any] = {
        "title": draw(TITLES),
        "summary": draw(TITLES),
        "source": draw(TITLES),
        "port": draw(st.integers(1, 65533)),
        "entry_point": draw(FOLDERS),
        "listen": {"address_flag": "--address", "port_flag": "--port"},
        "ready": draw(st.sampled_from(["/", "/config", "/a/b.html"])),
        "environment": draw(
            st.dictionaries(st.from_regex(r"\AE_[A-Z0-9_]{0,9}\Z"), TEXTS | room, max_size=4)
        ),
        "parameters": parameters,
    }
    optional: dict[str, st.SearchStrategy[Any]] = {
        "gpu": st.booleans(),
        "extras": st.lists(st.from_regex(r"\A[a-z0-9][A-Za-z0-9._-]{0,5}\Z"), max_size=3),
        "writable": st.lists(FOLDERS, max_size=3, unique=True),
        "scratch": st.lists(FOLDERS.map(lambda folder: f"s-{folder}"), max_size=2, unique=True),
        "filled": st.dictionaries(
            FOLDERS.map(lambda folder: f"f-{folder}"), st.fixed_dictionaries({"python": TITLES}), max_size=2
        ).filter(apart),
        "weights": st.just({"flag": "--weights"}),
        "start": st.sampled_from(
            [{"module": "uvicorn"}, {"module": "a.b", "arguments": ["--factory", "a.b:make_app"]}]
        ),
        "requests": st.sampled_from(REQUESTS),
        "packages": st.dictionaries(systems, PACKAGES, max_size=3),
    }
    drawn |= draw(st.fixed_dictionaries({}, optional=optional))
    if "weights" in drawn and draw(st.booleans()):
        drawn["environment"] |= {"W_PATH": {"weights": draw(FOLDERS)}}
        drawn["filled"] = drawn.get("filled", {}) | {"w-filled": {"weights": draw(FOLDERS)}}
    return drawn


def draw_definitions() -> list[dict[str, Any]]:
    """Draw definitions: the same ones every time, unless a seed is given."""
    drawn: list[dict[str, Any]] = []

    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=not SEED,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(definitions())
    def collect(definition: dict[str, Any]) -> None:
        drawn.append(definition)

    (seed(SEED)(collect) if SEED else collect)()
    return drawn


def as_yaml(value: Any) -> str:
    """``value`` in YAML that leaves nothing to a dumper's choice: like JSON, with what YAML does not take escaped."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_yaml(key)}: {as_yaml(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_yaml, value)) + "]"
    if isinstance(value, float):
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))
    return "".join(
        character if character.isprintable() and character != "\ufeff" else f"\\U{ord(character):08x}"
        for character in json.dumps(value, ensure_ascii=False)
    )
