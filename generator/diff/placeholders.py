"""Compiling without eyaml's keys: a placeholder for each ciphertext, and Hiera told to look for plain text.

Always, also where the keys are: then a desk and CI say the same, and no secret can show. A placeholder is
made from its ciphertext, so that a secret that is encrypted anew shows as a change wherever it goes. It has
the form of a hashed password, the one that classes here ask for. (A type that asks for another form, such as
``Pattern``, may refuse it.)
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import yaml

#: eyaml's own expression for what it encrypts; white space in it is where a long one was folded.
_CIPHERTEXT = re.compile(r"ENC\[(?:\w+,)?[A-Za-z0-9+/=\s]+\]")
#: Marks a line end inside of what is replaced: a half character, which no decoded text has.
FOLD = "\udc00"
#: What stands for a ciphertext.
PLACEHOLDER = re.compile(r"\$secret\$[0-9a-f]{12}")
#: Files that Hiera's data may be in.
DATA = {".yaml", ".yml", ".eyaml"}
_EYAML = "eyaml_lookup_key"


def without_secrets(tree: Path) -> None:
    """Replace every ciphertext in the YAML files of ``tree``, and eyaml in each hiera.yaml of it."""
    for path in tree.rglob("*"):
        if path.suffix not in DATA or path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if b"ENC[" not in content and not (path.name == "hiera.yaml" and _EYAML.encode() in content):
            continue
        try:
            text = content.decode()
        except UnicodeDecodeError:
            continue  # Puppet says what is wrong with it
        path.write_text(plain_hierarchy(text) if path.name == "hiera.yaml" else with_placeholders(text))


def with_placeholders(text: str) -> str:
    """Replace each ``ENC[…]`` in ``text`` by a word of its own, and keep every later line at its number.

    >>> with_placeholders('password: ENC[PKCS7,MIIB]')
    'password: $secret$c5f60820a66e'
    """
    return settle(_CIPHERTEXT.sub(_placeholder, text))


def settle(marked: str) -> str:
    """Put the line ends that what was replaced had, each a ``FOLD`` in ``marked``, behind its line."""
    return "\n".join(line.replace(FOLD, "") + "\n" * line.count(FOLD) for line in marked.split("\n"))


def _placeholder(match: re.Match[str]) -> str:
    ciphertext = "".join(match[0].split())
    return f"$secret${hashlib.sha256(ciphertext.encode()).hexdigest()[:12]}" + FOLD * match[0].count("\n")


def plain_hierarchy(text: str) -> str:
    """Read by ``yaml_data`` what a hiera.yaml reads by eyaml; a broken one stays, for Puppet to refuse."""
    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    if not isinstance(config, dict):
        return text
    defaults, levels = config.get("defaults"), config.get("hierarchy")
    encrypted = isinstance(defaults, dict) and _EYAML in defaults.values()
    for entry in [defaults, *(levels if isinstance(levels, list) else [])]:
        if isinstance(entry, dict):
            _plain_level(entry, encrypted)
    return yaml.safe_dump(config, sort_keys=False, allow_unicode=True)


def _plain_level(entry: dict[str, Any], encrypted: bool) -> None:
    """Change a level in place; ``encrypted``: what names no function of its own is eyaml's."""
    own = [value for key, value in entry.items() if key in ("lookup_key", "data_hash", "data_dig")]
    if own == [_EYAML]:
        del entry["lookup_key"]
        entry["data_hash"] = "yaml_data"
    if own == [_EYAML] or (encrypted and not own):
        # the places of the keys; yaml_data takes none
        entry.pop("options", None)
