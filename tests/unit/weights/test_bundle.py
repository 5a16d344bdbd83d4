"""The list of a bundle's files: what is written is what is read, and no path leads out of the bundle's folder."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weights.bundle import PIECE, File, ListError, dump, parse, unlocked

DIGEST = "a" * 64
GPT = {"path": "gpt.pth", "size": 3, "sha256": DIGEST}
_LETTERS = string.ascii_letters + string.digits + "_"
_STEP = st.builds(str.__add__, st.sampled_from(_LETTERS), st.text(_LETTERS + ".+-", max_size=8))
_DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)


@st.composite
def _files(draw: st.DrawFn) -> list[File]:
    # in folders of their own, so that no file stands where another needs a folder
    names = draw(st.lists(_STEP, min_size=1, max_size=5, unique=True))
    files = []
    for number, name in enumerate(names):
        size = draw(st.integers(0, 3 * PIECE))
        pieces = draw(st.one_of(st.just(()), st.tuples(*[_DIGESTS] * -(-size // PIECE))))
        known = draw(st.booleans())
        path = f"f{number}/{name}"
        files.append(File(path, size, draw(_DIGESTS), pieces) if known else File(path))
    return files


@given(_files())
def test_what_is_written_is_what_is_read(files: list[File]) -> None:
    assert parse(dump(files)) == tuple(sorted(files))
    assert dump(files[::-1]) == dump(files), "the same files have the same digest"
    assert unlocked(parse(dump(files))) == [file.path for file in sorted(files) if file.sha256 is None]


@pytest.mark.parametrize(
    "path",
    [
        "../gpt.pth",
        "/etc/passwd",
        "a/../../b",
        "",
        ".",
        "a//b",
        "a/",
        ".hidden",
        "a/.b",
        "a\nb",
        "a b",
        "-a",
        "a\\b",
        1,
        None,
    ],
)
def test_a_path_that_could_lead_elsewhere_is_refused(path: object) -> None:
    with pytest.raises(ListError, match="is no path below a bundle's folder"):
        parse(_list([GPT | {"path": path}]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": -1}, "the size -1"),
        ({"size": "3"}, "the size '3'"),
        ({"size": True}, "the size True"),
        ({"sha256": "A" * 64}, "64 hex digits"),
        ({"sha256": "a" * 63}, "64 hex digits"),
        ({"size": None}, "a sha256, but no size"),
        ({"pieces": DIGEST}, "no list of digests"),
        ({"pieces": ["x"]}, "no list of digests"),
        ({"pieces": [DIGEST, DIGEST]}, "has 2 pieces of 16777216 bytes, for 3 bytes"),
        ({"pices": []}, "has 'pices', which this program does not know"),
    ],
)
def test_an_entry_that_says_something_wrong_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ListError, match=r"^'gpt\.pth' ") as caught:
        parse(_list([GPT | change]))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no list of files: JSONDecodeError"),
        ("[]", "no list of files: TypeError"),
        ("{}", "no list of files: KeyError: 'piece_bytes'"),
        ("[" * 100_000, "no list of files: RecursionError"),
        (json.dumps({"piece_bytes": 1, "files": [GPT]}), "its pieces have 1 bytes"),
        (json.dumps({"piece_bytes": PIECE, "files": []}), "it has no files"),
        (json.dumps({"piece_bytes": PIECE, "files": ["gpt.pth"]}), "'gpt.pth' is no file"),
        (json.dumps({"piece_bytes": PIECE, "files": [GPT, GPT]}), "a path is there twice"),
        (
            json.dumps({"piece_bytes": PIECE, "files": [GPT, GPT | {"path": "gpt.pth/x"}]}),
            "'gpt.pth' is a file, and the folder of 'gpt.pth/x'",
        ),
    ],
)
def test_what_is_no_list_is_refused(text: str, said: str) -> None:
    with pytest.raises(ListError) as caught:
        parse(text)
    assert said in str(caught.value)


def _list(entries: list[dict[str, Any]]) -> str:
    return json.dumps({"piece_bytes": PIECE, "files": entries})
