"""Plain values whose key is encrypted in the other tree: hidden wherever they stand, and no line moves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.diff import unencrypted
from generator.diff.placeholders import without_secrets
from generator.diff.unencrypted import hide_unencrypted
from generator.errors import InputError

HIDDEN = re.compile(r"\(unencrypted secret [0-9a-f]{12}\)")


def hide(tmp_path: Path, before: str, after: str, name: str = "a.yaml") -> tuple[Any, list[str]]:
    """Return what is left of ``after``, and what is said to have lost its encryption."""
    trees = [tmp_path / side for side in ("base", "head")]
    for tree, text in zip(trees, (before, after), strict=True):
        tree.mkdir()
        (tree / ("a.yaml" if tree.name == "base" else name)).write_bytes(text.encode())
        without_secrets(tree)
    said = hide_unencrypted(trees[0], trees[1], "key")
    text = (trees[1] / name).read_bytes().decode()
    assert text.count("\n") == after.count("\n")
    return yaml.safe_load(text), said


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("k: ENC[PKCS7,MIIB]\n", "k: hush\n"),
        ("k: ENC[PKCS7,MIIB]\n", "k: 'hu\n  hush'  # why\nj: 1\n"),
        ("k: ENC[PKCS7,MIIB]\n", "k: |-\n  hush\n  hush\nj: 1\n"),
        ("k: ENC[PKCS7,MIIB]\n", "k: {a: [hush], b: {c: hush}}\n"),
        ("k: {a: {b: ENC[PKCS7,MIIB]}}\n", "k: {a: a=hush}\n"),
        ("k: [ENC[PKCS7,MIIB]]\n", "k:\n  - x\n  - y\n  - hush\n"),
        ("k: {a: ENC[PKCS7,MIIB]}\n", "x: &x {a: hush}\nk: *x\n"),
        ("k: {a: ENC[PKCS7,MIIB]}\n", "x: &x {a: hush}\nk: {<<: *x}\n"),
        ("k: {a: ENC[PKCS7,MIIB]}\n", "x: &x {a: hush}\nk: {<<: [*x]}\n"),
        ("k: ENC[PKCS7,MIIB]\n", "x: &x hush\nk: *x\nj: *x\n"),
        ("k: ENC[PKCS7,MIIB]\n", "k: !!str hush\n"),
        ("k: ENC[PKCS7,MIIB]\n", "k: safe\nk: hush\n"),
        ("k: ENC[PKCS7,MIIB]\n", '"\\x6b": hush\n'),
        ("k: ENC[PKCS7,MIIB]\n", "\ufeffk: hush\n"),
        ("k: {7: ENC[PKCS7,MIIB]}\n", "k: {7: hush}\n"),
        ("k: hush\n", "k: ENC[PKCS7,MIIB]\n"),
    ],
)
@pytest.mark.parametrize("name", ["a.yaml", "moved.eyaml"])
def test_a_plain_value_in_the_place_of_a_secret_is_hidden(
    tmp_path: Path, before: str, after: str, name: str
) -> None:
    data, said = hide(tmp_path, before, after, name)
    assert "hush" not in str(data)
    left = [path.read_text() for path in tmp_path.rglob("*.*yaml")]
    assert not [text for text in left if "hush" in text] and any(HIDDEN.search(text) for text in left)
    assert bool(said) == ("ENC" in before)


def test_what_was_never_encrypted_stays(tmp_path: Path) -> None:
    before = (
        "k: {a: ENC[PKCS7,MIIB], b: x}\nj: y\np: ENC[PKCS7,MIIC]\nq: ENC[PKCS7,MIID]\nr: [ENC[PKCS7,MIIE]]\n"
    )
    after = "k: {a: hush, b: z}\nj: w\np: '%{lookup(\"q\")}'\nq: ~\nr: ['', true]\n"
    data, said = hide(tmp_path, before, after)
    assert HIDDEN.fullmatch(data["k"].pop("a"))
    assert data == {"k": {"b": "z"}, "j": "w", "p": '%{lookup("q")}', "q": None, "r": ["", True]}
    assert said == ["a.yaml: k.a"]


def test_equal_values_read_the_same_and_nobody_can_try_them(tmp_path: Path) -> None:
    data, _ = hide(tmp_path, "k: ENC[PKCS7,MIIB]\n", "k: [hush, hush, other]\n")
    assert data["k"][0] == data["k"][1] != data["k"][2]
    (tmp_path / "head" / "a.yaml").write_text("k: hush\n")
    hide_unencrypted(tmp_path / "base", tmp_path / "head", "another key")
    assert data["k"][0] not in (tmp_path / "head" / "a.yaml").read_text()


def test_what_was_plain_before_has_lost_nothing(tmp_path: Path) -> None:
    for side, text in (("base", "k: hush\n"), ("head", "k: hushhush\n")):
        (tmp_path / side).mkdir()
        (tmp_path / side / "secret.yaml").write_text("k: $secret$0123456789ab\n")
        (tmp_path / side / "plain.yaml").write_text(text)
    assert hide_unencrypted(tmp_path / "base", tmp_path / "head", "key") == []
    assert HIDDEN.search((tmp_path / "head" / "plain.yaml").read_text())


def test_data_in_json_is_data(tmp_path: Path) -> None:
    data, said = hide(tmp_path, "k: ENC[PKCS7,MIIB]\n", '{"k": "hush"}\n', "a.json")
    assert HIDDEN.fullmatch(data["k"]) and said == ["a.json: k"]


def test_what_is_no_data_is_left_alone(tmp_path: Path) -> None:
    for name, text in (("broken", "k: [hush\n"), ("list", "- k\n"), ("cycle", "j: &a [*a]\nk: *a\n")):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "a.yaml"
        path.write_text(text)
        (tmp_path / name / "b.yaml").write_text("k: $secret$0123456789ab\n")
        assert hide_unencrypted(tmp_path / name, tmp_path / name, "key") == []
        assert path.read_text() == text


def test_aliases_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unencrypted, "MAX_VALUES", 100)
    lines = [
        "k: ENC[PKCS7,MIIB]",
        "a: &a [x, x]",
        *(f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdef", "bcdefg", strict=True)),
    ]
    with pytest.raises(InputError, match=r"a\.yaml:1:1: its aliases stand for more than 100 values"):
        hide(tmp_path, "k: ENC[PKCS7,MIIB]\n", "\n".join(lines) + "\n")
