"""Whatever lies in hieradata/common.yaml, ``fleet validate`` answers in time, in lines, and writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.mistakes import MISTAKES, digests, lay_base, run_validate

pytestmark = pytest.mark.puppet

#: In seconds of this process, which other tests run beside: far more than an answer takes, far less than what
#: takes the square of a file's length.
LIMIT = 20.0
FUZZ = settings(
    max_examples=100,
    deadline=None,  # the limit is checked here, for `validate` alone
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

FINDING = re.compile(r"\S.*:\d+:\d+: \S.*")
SUM = re.compile(r"\d+ files? .*")

DATA = [path.read_bytes() for path in sorted((MISTAKES / "base" / "hieradata").rglob("*.yaml"))]
KEYS = [
    "lookup_options", "indextts2::revision", "indextts2::releases", "indextts2::weights", "indextts2::port",
    "indextts2::environment", "indextts2::extras", "indextts2::verbose", "whisper::voices", "whisper::revision",
    "profile::tts::api_key", "profile::tts::state_mode", "profile::tts::greeting", "^whisper::.*$", "merge",
    "strategy", "convert_to", "commit", "install", "v1.0.0", "revision", "indextts2", "::", "", ":port", "a.b", "<<",
]  # fmt: skip
WORDS = [
    "%{", "}", "%{trusted.certname}", "%{lookup('indextts2::port')}", "%{alias('indextts2::extras')}", "%{literal('%')}",
    "%{lookup('profile::tts::greeting')}", "%{::fqdn}", "%{facts.os.0.x}", "%{lookup(", "ENC[PKCS7,YQ==]", "ENC[", "DEC(1)::PKCS7[x]!",
    "hash", "deep", "unique", "Sensitive", "v1.0.0", "^(", "^([\\w:]+)+!$", "0640", "yes", "3.10", "22:30", "2024-12-24", "~", "=",
    "0x1F", "1_000", ".inf", "é", "\u2028", "\U0001f600", "--", "\\z",
]  # fmt: skip
MARKS = [
    "- ", "? ", ": ", ":", "\n", "\n  ", "\n    ", "\t", "---\n", "...\n", "&a ", "*a", "<<: ", "|\n", ">-\n", "'", '"', "[", "]", "{", "}",
    ", ", "#", " #", "!!binary ", "!ruby/object:A ", "%YAML 1.1\n", "\r\n", "\r", "\0", "\ufeff", "\u00a0",
]  # fmt: skip

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.sampled_from(WORDS)
    | st.text(max_size=8)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | SCALARS, inner, max_size=4)
    ),
    max_leaves=20,
)
STRUCTURES = st.builds(
    lambda data, flow: yaml.safe_dump(
        data, allow_unicode=True, default_flow_style=flow, sort_keys=False
    ).encode(),
    st.dictionaries(st.sampled_from(KEYS) | SCALARS, VALUES, max_size=6) | VALUES,
    st.sampled_from([True, False, None]),
)
SOUP = st.lists(st.sampled_from([*KEYS, *WORDS, *MARKS, *MARKS, *MARKS]), max_size=40).map(
    lambda pieces: "".join(pieces).encode()
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a file of the repository with something cut out of it and something put in."""
    data = draw(st.sampled_from(DATA))
    start = draw(st.integers(0, len(data)))
    end = min(len(data), start + draw(st.integers(0, 20)))
    piece = draw(st.binary(max_size=4) | st.sampled_from([*WORDS, *MARKS, *KEYS]).map(str.encode))
    return data[:start] + piece + data[end:]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = lay_base(tmp_path_factory.mktemp("fuzz") / "control")
    run_validate(root)  # what is imported only once is not counted
    before = digests(root)
    yield root
    (root / "hieradata" / "common.yaml").write_bytes(
        (MISTAKES / "base" / "hieradata" / "common.yaml").read_bytes()
    )
    assert digests(root) == before


def answers(root: Path, content: bytes) -> None:
    (root / "hieradata" / "common.yaml").write_bytes(content)
    code, said, took = run_validate(root)
    assert took < LIMIT
    assert code in (0, 1, 2)
    lines = said.split("\n")[:-1]
    assert lines and all(FINDING.fullmatch(line) or SUM.fullmatch(line) for line in lines), said
    assert (root / "hieradata" / "common.yaml").read_bytes() == content
    complaints = [line for line in lines if ": warning: " not in line and FINDING.fullmatch(line)]
    assert bool(complaints) == bool(code), said


@FUZZ
@given(st.binary(max_size=200))
def test_bytes(root: Path, content: bytes) -> None:
    answers(root, content)


@FUZZ
@given(STRUCTURES)
def test_structures(root: Path, content: bytes) -> None:
    answers(root, content)


@FUZZ
@given(SOUP)
def test_pieces_of_yaml(root: Path, content: bytes) -> None:
    answers(root, content)


@FUZZ
@given(damaged())
def test_damaged_files(root: Path, content: bytes) -> None:
    answers(root, content)


@pytest.mark.parametrize(
    "content",
    [
        "lookup_options:\n  '^([\\w:]{1,3})+!$': {merge: hash}\n",
        "profile::tts::greeting: \"%{lookup('profile::tts::greeting')}\"\n",
        "profile::tts::greeting: '" + "%{" * 50_000 + "'\n",
        "profile::tts::greeting: '" + "%{a}" * 50_000 + "'\n",
        "indextts2::root: " + "/a" * 50_000 + "!\n",
        "indextts2::uv_version: " + "1" * 100_000 + "\n",
        "indextts2::index_url: http://" + "a." * 50_000 + "\n",
        "indextts2::address: " + "1:" * 50_000 + "\n",
        "profile::tts::api_key: ENC[PKCS7," + "A" * 100_000 + "\n",
        "profile::tts::api_key: 'ENC[PKCS7,YQ==" + " " * 100_000 + "!'\n",
        "".join(f"key{number}: 1\n" for number in range(10_000)),
        "indextts2::environment:\n" + "".join(f"  KEY{number}: 1\n" for number in range(10_000)),
        "indextts2::extra_args: " + "[" * 10_000 + "\n",
        "a: &a\n" + "".join(f"  b{number}: *a\n" for number in range(100)),
        "- " * 50_000 + "\n",
        "? " * 50_000 + "\n",
        "{" * 50_000 + "\n",
        "\t" * 100_000 + "\n",
        "a" * 1_048_576,
    ],
    ids=lambda content: re.sub(r"\W+", "-", content[:40]),
)
def test_nothing_takes_long(root: Path, content: str) -> None:
    answers(root, content.encode())
