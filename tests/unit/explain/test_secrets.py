"""``fleet explain`` shows no secret, whatever part of one is asked for, and says what it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from generator.explain import explain
from tests.unit.explain.control import HIERA, run, said


def test_a_secret_is_not_shown(root: Path) -> None:
    (root / "hieradata/env/prod.yaml").write_text("tts::secret: {user: hush}\n")
    lines = said(root, "n1.example", "tts::secret").splitlines()
    assert lines[0] == "Sensitive [value redacted]"
    assert lines[-4].endswith("hieradata/common.yaml:8          Sensitive [value redacted] (not seen)"), lines
    assert 'convert_to: "Sensitive", applied' in lines
    (root / "hieradata/env/staging.yaml").write_text("tts::alias: ['%{alias(\"tts::secret\")}']\n")
    for node, key in (("n1.example", "tts::secret"), ("n3.example", "tts::alias")):
        for form in ([], ["--json"]):
            whole = said(root, node, key, *form)
            assert "redacted" in whole
            assert "hush" not in whole and "ENC" not in whole
    assert explain(root, "n1.example", "tts::secret").sharing == ["n1.example", "n2.example"]


@pytest.mark.parametrize("to", ["Sensitive", "'Sensitive[Hash]'", "[Sensitive]"])
def test_a_secret_is_not_shown_whatever_part_of_it_is_asked(root: Path, to: str) -> None:
    text = f"lookup_options: {{tts::env: {{convert_to: {to}, merge: hash}}}}\ntts::env: {{TOKEN: hush}}\n"
    (root / "hieradata/common.yaml").write_text(text)
    for key in ("tts::env", "tts::env.TOKEN", "tts::env.NOPE"):
        for form in ([], ["--json"]):
            whole = run(root, "n1.example", key, *form).output
            assert "hush" not in whole and "redacted" in whole


MANIFEST = """\
# @summary One.
# @param env E
# @param inner I
# @param port P
class tts (
  Tts::Env $env,
  Optional[Array[Sensitive[String]]] $inner,
  Tts::Port $port,
) {
}
"""


@pytest.mark.puppet
def test_a_secret_that_only_its_class_says_is_not_shown(root: Path) -> None:
    for name, text in {
        "manifests/init.pp": MANIFEST,
        "types/env.pp": "type Tts::Env = Hash[String, Tts::Secret]\n",
        "types/secret.pp": "type Tts::Secret = Variant[Sensitive[String], Tts::Env]\n",
        "types/port.pp": "type Tts::Port = Variant[Integer, Hash[String, Tts::Port]]\n",
    }.items():
        (root / "modules/tts" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "modules/tts" / name).write_text(text)
    text = "tts::env: {TOKEN: hush}\ntts::inner: [hush]\ntts::port: {http: 80}\n"
    (root / "hieradata/common.yaml").write_text(text)
    for key in ("tts::env", "tts::env.TOKEN", "tts::env.NOPE", "tts::inner", "tts::inner.0", "tts::inner.1"):
        for form in ([], ["--json"]):
            whole = run(root, "n1.example", key, *form).output
            assert "hush" not in whole and "redacted" in whole, key
    assert said(root, "n1.example", "tts::port").startswith("http: 80\n")


def test_what_is_encrypted_is_said_to_be(root: Path) -> None:
    words = "encrypted: data has what eyaml made of it (ENC[…]); nodes get what that stands for\n"
    (root / "hieradata/common.yaml").write_text("tts::token: ENC[PKCS7,MII]\ntts::port: 80\n")
    assert words not in said(root, "n1.example", "tts::token")
    keys = "options: {pkcs7_private_key: /k, pkcs7_public_key: /p}"
    hiera = HIERA.replace("path: common.yaml", f"path: common.yaml, lookup_key: eyaml_lookup_key, {keys}")
    (root / "hiera.yaml").write_text(hiera)
    assert words in said(root, "n1.example", "tts::token")
    assert words not in said(root, "n1.example", "tts::port")
    assert json.loads(said(root, "n1.example", "tts::token", "--json"))["encrypted"] is True


def test_what_is_not_converted_is_said(root: Path) -> None:
    text = "lookup_options: {a: {convert_to: 'Integer[0, 9]'}, c: {convert_to: Integer}}\na: '7'\nb: '%{alias(\"a\")}'\nc: '7'\n"
    (root / "hieradata/common.yaml").write_text(text)
    assert said(root, "n1.example", "c").startswith("7\n")
    assert 'convert_to: "Integer", applied\n' in said(root, "n1.example", "c")
    assert 'convert_to: "Integer[0, 9]", not applied, only Puppet can: the value is as' in said(
        root, "n1.example", "a"
    )
    assert "a value that is looked up in this one is as before its own" in said(root, "n1.example", "b")
    assert [json.loads(said(root, "n1.example", key, "--json"))["converted"] for key in "abc"] == [
        False,
        False,
        True,
    ]
