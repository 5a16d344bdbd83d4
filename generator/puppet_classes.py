"""The classes of the repository's own modules and their parameters, as puppet-strings reads them.

Puppet takes a second to say it, so what it said is kept, with a digest of all that it depends on.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from generator import puppet_header
from generator.errors import CommandFailed, FleetError, InputError, InputErrors
from generator.progress import step
from generator.puppet_header import Parameter
from generator.yaml_edit import write_beside

__all__ = ["Code", "Parameter", "PuppetClass", "read_code"]

CACHE = Path("build") / "puppet-classes.json"
#: What is read below the root; Puppet finds classes and types nowhere else.
CODE = ("modules/*/manifests/**/*.pp", "modules/*/types/**/*.pp")
#: The data types of the Puppetfile's modules, which classes use; a desk may be without them.
VENDOR_TYPES = "vendor_modules/*/types/**/*.pp"
#: Where Debian, RubyGems and Puppet's own packages note which version of puppet-strings is installed.
GEMS = (
    "usr/share/rubygems-integration/*/specifications",
    "var/lib/gems/*/specifications",
    "opt/puppetlabs/puppet/lib/ruby/gems/*/specifications",
)

_SYNTAX = re.compile(
    r"^\[error\]: Failed to parse (.+?\.pp): (.*?)(?: \(line: (\d+), column: (\d+)\))?$", re.M
)
_UNREADABLE = re.compile(r"^\[warn\]: Cannot parse `(.+?)': (.*)()()$", re.M)


@dataclass(frozen=True)
class PuppetClass:
    """A class; ``private`` where only its own module may declare it (``@api private``).

    ``includes`` are the classes that it always brings to a node.
    """

    name: str
    path: Path
    line: int
    parameters: dict[str, Parameter]
    private: bool
    includes: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """Classes by name, and the data types of all modules by name, each in Puppet's notation."""

    classes: dict[str, PuppetClass]
    aliases: dict[str, str]


def read_code(root: Path, cache: Path | None = None) -> Code:
    """Read the classes and data types of the modules below ``root``.

    Puppet is run only where its code is not that of ``cache`` (build/puppet-classes.json, if not given).

    Raises:
        InputError, InputErrors: a manifest is no Puppet code.
        FleetError: Puppet or puppet-strings is not installed.
    """
    cache = cache or root / CACHE
    files = _files(root)
    key = _key(files)
    found = _recall(cache, key)
    if found is None:
        with step("read the classes with puppet-strings"):
            found = _read(root, files)
        _keep(cache, key, found)
    classes = [_class(root, entry) for entry in found["classes"]]
    return Code({each.name: each for each in classes}, found["aliases"])


def _class(root: Path, entry: Mapping[str, Any]) -> PuppetClass:
    parameters = {each["name"]: Parameter(**each) for each in entry["parameters"]}
    return PuppetClass(
        name=entry["name"],
        path=root / entry["file"],
        line=entry["line"],
        parameters=parameters,
        private=entry["private"],
        includes=tuple(entry["includes"]),
    )


def _files(root: Path) -> dict[str, bytes]:
    """Read the code, by path relative to ``root``."""
    try:
        return {
            path.relative_to(root).as_posix(): path.read_bytes()
            for pattern in (*CODE, VENDOR_TYPES)
            for path in sorted(root.glob(pattern))
        }
    except OSError as error:
        raise InputError(
            str(error.filename), 1, 1, f"cannot read this: {error.strerror} (check name and mode)"
        ) from None


def _key(files: Mapping[str, bytes]) -> str:
    """Digest all that the answer depends on: the code, puppet-strings, and how it is read here."""
    strings = sorted(
        path.name for place in GEMS for path in Path("/").glob(f"{place}/puppet-strings-*.gemspec")
    )
    readers = [Path(module).read_bytes() for module in (__file__, puppet_header.__file__)]
    parts = [*(part for name, text in files.items() for part in (name.encode(), text)), *readers]
    digests = [hashlib.sha256(part).hexdigest() for part in parts]
    return hashlib.sha256(" ".join([*strings, *digests]).encode()).hexdigest()


def _seal(key: str, code: object) -> str:
    return hashlib.sha256(f"{key}{json.dumps(code)}".encode()).hexdigest()


def _recall(cache: Path, key: str) -> dict[str, Any] | None:
    """Return what ``cache`` holds for ``key``; None where that is something else, or damaged."""
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        kept = json.loads(cache.read_bytes())
        if kept["seal"] == _seal(key, kept["code"]):
            code: dict[str, Any] = kept["code"]
            return code
    return None


def _keep(cache: Path, key: str, code: dict[str, Any]) -> None:
    """Write ``cache`` by one rename. Where that is not allowed, Puppet is asked again the next time."""
    with suppress(FleetError):
        write_beside(cache, json.dumps({"seal": _seal(key, code), "code": code}, indent=1) + "\n")


def _read(root: Path, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Let puppet-strings read this repository's ``files``, and complete what it says from their text."""
    own = {name: text for name, text in files.items() if not name.startswith("vendor_modules/")}
    said = _strings(root, own) if own else {"puppet_classes": [], "data_type_aliases": []}
    aliases: dict[str, str] = {}
    for name in sorted(files.keys() - own.keys()):
        aliases |= puppet_header.aliases(files[name].decode(errors="replace"))
    for each in said["data_type_aliases"]:
        written = puppet_header.aliases(files[each["file"]].decode())
        aliases[each["name"]] = written.get(each["name"]) or each["alias_of"]
    return {"classes": [_described(root, each) for each in said["puppet_classes"]], "aliases": aliases}


def _described(root: Path, said: Mapping[str, Any]) -> dict[str, Any]:
    parameters = puppet_header.parameters(said["source"], said["line"])
    tags = said["docstring"].get("tags", [])
    documented = {tag["name"] for tag in tags if tag["tag_name"] == "param"}
    defaults = {each.name for each in parameters if each.default is not None}
    if defaults != set(said.get("defaults", {})) or not {each.name for each in parameters} <= documented:
        raise InputError(
            root / said["file"], said["line"], 1,
            f"the parameters of {said['name']} cannot be told apart (write their defaults plainer)",
        )  # fmt: skip
    private = any(tag["tag_name"] == "api" and tag["text"] == "private" for tag in tags)
    return {
        "name": said["name"],
        "file": said["file"],
        "line": said["line"],
        "parameters": [asdict(each) for each in parameters],
        "private": private,
        "includes": puppet_header.includes(said["source"]),
    }


def _strings(root: Path, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Run puppet-strings over a copy of ``files``: it leaves a database where it runs."""
    if not (puppet := shutil.which("puppet")):
        raise _not_installed("Puppet")
    with tempfile.TemporaryDirectory(prefix="fleet-strings-") as scratch:
        for name, text in files.items():
            copy = Path(scratch, name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(text)
        done = subprocess.run(
            [
                puppet,
                "strings",
                "generate",
                "--color",
                "false",
                "--format",
                "json",
                "--out",
                "said.json",
                *files,
            ],
            cwd=scratch,
            # Puppet wants a home that it can write to, and its complaints are known in English
            env={**os.environ, "HOME": scratch, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        if wrong := sorted(_wrong(root, done.stdout), key=str):
            raise wrong[0] if len(wrong) == 1 else InputErrors(wrong)
        if "Unknown Puppet subcommand" in done.stdout or "must be installed" in done.stdout:
            raise _not_installed("puppet-strings")
        if done.returncode:
            raise CommandFailed(f"puppet strings generate: {done.stdout.strip()[-1000:]}")
        said: dict[str, Any] = json.loads(Path(scratch, "said.json").read_bytes())
    return said


def _not_installed(what: str) -> FleetError:
    return FleetError(f"{what} is not installed, and only it can read the classes (run `make setup` as root)")


def _wrong(root: Path, output: str) -> Iterator[InputError]:
    """Find what puppet-strings could not read: it says so, and exits 0."""
    for pattern in (_SYNTAX, _UNREADABLE):
        for file, message, line, column in pattern.findall(output):
            yield InputError(root / file, int(line or 1), int(column or 1), message)
