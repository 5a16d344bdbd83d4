"""What of a commit is looked at: hostile names, links, and files that are too big are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.new_service import files as module
from generator.new_service.files import Broken, Files
from tests.unit.new_service.desk import Written, files

HOSTILE = [
    b"a\nb.py",
    b"-rf.py",
    b"folder/--upload-pack=x",
    b"../out.py",
    b"a/../../out.py",
    b"./a.py",
    b"\x1b[2J.py",
    b"\xff.py",
    b"/etc/passwd",
    b"a\x00",
    "‮yp.txt".encode(),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_never_looked_at_and_shown_as_one_plain_line(name: bytes) -> None:
    found = files({"app.py": ""}, {name: "100644"})
    assert found.paths == {"app.py"}
    [shown] = found.hostile
    assert shown.isprintable()
    assert shown.isascii()


@given(st.dictionaries(st.binary(min_size=1, max_size=30), st.sampled_from(["100644", "120000", "160000"])))
def test_what_is_looked_at_has_a_name_that_nothing_obeys(names: dict[bytes, str]) -> None:
    found = Files(Written({}, names))
    for path in found.paths | found.links | found.submodules:
        assert path.isascii()
        assert path.isprintable()
        assert not path.startswith(("-", "/"))
        assert not {"", ".", ".."} & set(path.split("/"))


@pytest.mark.parametrize("name", ["a.py", "src/a_b/c-1.py", ".python-version", "Docker/Dockerfile.gpu"])
def test_a_plain_name_is(name: str) -> None:
    found = files({name: ""})
    assert (found.paths, found.hostile) == ({name}, [])


def test_a_link_is_not_followed() -> None:
    commit = Written({}, {b"requirements.txt": "120000"})
    commit.files["requirements.txt"] = b"/etc/passwd"
    found = Files(commit)
    assert found.text("requirements.txt") == ""
    assert found.unread == {"requirements.txt": "is a link, and none is followed"}
    assert commit.was_read == []


def test_what_is_too_big_is_not_read() -> None:
    found = files({"README.md": b"x" * (2**20 + 1), "big.py": b"x" * (41 * 2**20)})
    assert found.text("README.md") == ""
    assert found.python("big.py") is None
    assert set(found.unread.values()) == {"has more than 1 MiB"}


def test_no_more_than_so_many_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 3)
    commit = Written({f"{number}.py": "" for number in range(9)})
    found = Files(commit)
    for number in range(9):
        found.read(f"{number}.py")
    assert len(commit.was_read) == 3
    assert found.unread["8.py"] == "is one of more than 3 files"


def test_no_more_than_so_many_bytes_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 5 * 2**20)
    found = files({f"{number}.py": b"#" * 2**20 for number in range(9)})
    assert sum(found.read(f"{number}.py") is not None for number in range(9)) == 5
    assert found.unread["8.py"] == "is beyond 5 MiB in all"


@pytest.mark.parametrize(
    "source",
    [
        "def",
        "\0",
        "print 'x'",
        "'\\N{x'",
        pytest.param("(" * 5000, id="deep brackets"),
        pytest.param("a" + ".b" * 50_000, id="deep tree"),
    ],
)
def test_what_does_not_parse_says_where_in_one_line(source: str) -> None:
    with pytest.raises(Broken, match=r"^app\.py:\d+: ") as raised:
        files({"app.py": source}).python("app.py")
    assert "\n" not in str(raised.value)


def test_nothing_is_run_that_is_parsed(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    assert files({"app.py": f"open({str(ran)!r}, 'w')"}).python("app.py")
    assert not ran.exists()
