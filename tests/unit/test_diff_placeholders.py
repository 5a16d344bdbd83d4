"""Data without its secrets: what stands for them tells them apart, and nothing else in a file moves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator.definition import REPOSITORY
from generator.diff.placeholders import plain_hierarchy, with_placeholders, without_secrets

FOLDED = """\
a::token: >
    ENC[PKCS7,MIIBeQYJKoZI
    hvcNAQcDoIIBajCC+/==]
a::port: 7860  # after it
"""
PLACEHOLDER = re.compile(r"\$secret\$[0-9a-f]{12}")


def test_a_placeholder_is_told_by_its_ciphertext_alone() -> None:
    one = with_placeholders("k: ENC[PKCS7,MIIB]\n")
    assert PLACEHOLDER.fullmatch(yaml.safe_load(one)["k"])
    assert one == with_placeholders("k: ENC[PKCS7,MIIB]\n") != with_placeholders("k: ENC[PKCS7,MIIC]\n")
    # folding is no change
    assert with_placeholders("k: 'ENC[PKCS7,MI\n  IB]'\n").split()[1].strip("'") == one.split()[1]


def test_a_placeholder_has_the_form_of_a_hashed_password() -> None:
    types = yaml.safe_load((REPOSITORY / "templates" / "pattern.yaml").read_text())["types"]
    form = re.fullmatch(r"Pattern\[/\\A(.*)\\z/\]", types["PasswordHash"]["type"])
    assert form and re.fullmatch(form[1], yaml.safe_load(with_placeholders("k: ENC[PKCS7,MIIB]\n"))["k"])


def test_what_follows_a_folded_ciphertext_stays_at_its_line() -> None:
    replaced = with_placeholders(FOLDED)
    assert "MIIB" not in replaced and "hvcN" not in replaced
    assert replaced.splitlines().index("a::port: 7860  # after it") == 3
    data = yaml.safe_load(replaced)
    assert PLACEHOLDER.fullmatch(data["a::token"].strip()) and data["a::port"] == 7860


@pytest.mark.parametrize(
    "text",
    [
        "k: [ENC[PKCS7,MIIB], 'x ENC[GPG,aGk=] y ENC[aGk=]']\n",
        "{k: ENC[PKCS7,MIIB]}\n",
        'k: "pw=ENC[PKCS7,MI\n  IB] z"\n',
        "? ENC[PKCS7,MIIB]\n: v\n",
        "k: |\n  a\n  ENC[PKCS7,MI\n  IB]\n  b\nj: 1\n",
    ],
)
def test_wherever_it_stands_the_file_stays_yaml(text: str) -> None:
    replaced = with_placeholders(text)
    assert "ENC[" not in replaced
    assert str(yaml.safe_load(replaced)).count("$secret$") == text.count("ENC[")


@given(st.text(alphabet="ENC[]PKS7,MI+/= \n\r\0ab:-'\"#", max_size=80))
def test_what_is_no_ciphertext_stays(text: str) -> None:
    if not re.search(r"ENC\[(\w+,)?[A-Za-z0-9+/=\s]+\]", text):
        assert with_placeholders(text) == text


def test_a_hierarchy_with_eyaml_is_read_as_plain_yaml() -> None:
    keys = {"pkcs7_private_key": "/etc/k", "pkcs7_public_key": "/etc/p"}
    level = {"name": "a", "lookup_key": "eyaml_lookup_key", "path": "a.yaml", "options": keys}
    other = {"name": "b", "lookup_key": "my::lookup", "path": "b.yaml", "options": {"x": 1}}
    made = yaml.safe_load(plain_hierarchy(yaml.safe_dump({"version": 5, "hierarchy": [level, other]})))
    assert made == {
        "version": 5,
        "hierarchy": [{"name": "a", "path": "a.yaml", "data_hash": "yaml_data"}, other],
    }


def test_levels_inherit_eyaml_from_the_defaults() -> None:
    level = {"name": "a", "path": "a.yaml", "options": {"pkcs7_private_key": "/etc/k"}}
    text = yaml.safe_dump({"defaults": {"lookup_key": "eyaml_lookup_key"}, "hierarchy": [level]})
    made = yaml.safe_load(plain_hierarchy(text))
    assert made == {"defaults": {"data_hash": "yaml_data"}, "hierarchy": [{"name": "a", "path": "a.yaml"}]}


@pytest.mark.parametrize("text", ["[", "- eyaml_lookup_key", "hierarchy: eyaml_lookup_key", "hierarchy: [a]"])
def test_a_broken_hierarchy_is_left_for_puppet_to_refuse(text: str) -> None:
    assert yaml.safe_load(plain_hierarchy(text)) == yaml.safe_load(text) if text != "[" else True


def test_only_files_with_secrets_are_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("k: ENC[PKCS7,MIIB]\n")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "link.yaml").symlink_to(outside)
    (tree / "latin.yaml").write_bytes(b"k: ENC[PKCS7,MIIB] \xe9\n")
    (tree / "site.pp").write_text("# ENC[PKCS7,MIIB]\n")
    (tree / "a.eyaml").write_text("k: ENC[PKCS7,MIIB]\n")
    (tree / "plain.yaml").write_bytes(b"k: v\r\n")
    without_secrets(tree)
    assert outside.read_text() == "k: ENC[PKCS7,MIIB]\n"
    assert (tree / "latin.yaml").read_bytes() == b"k: ENC[PKCS7,MIIB] \xe9\n"
    assert (tree / "site.pp").read_text() == "# ENC[PKCS7,MIIB]\n"
    assert PLACEHOLDER.search((tree / "a.eyaml").read_text())
    assert (tree / "plain.yaml").read_bytes() == b"k: v\r\n"
