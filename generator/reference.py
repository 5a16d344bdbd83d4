"""What REFERENCE.md lists, read from the rendered manifests, so that a summary stands in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SUMMARY = re.compile(r"^# @summary (.+)$", re.MULTILINE)
_DECLARATION = re.compile(r"^(class|function|type) ([\w:]+)", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A class, function or type alias of a module."""

    kind: str
    name: str
    summary: str
    private: bool

    @property
    def anchor(self) -> str:
        """The name of the entry's anchor, as puppet-strings makes it."""
        return self.name.lower().replace("::", "")


def entries(files: dict[str, bytes]) -> list[Entry]:
    """The documented entries of the module that ``files`` are, by name.

    Each manifest holds one declaration with a summary.
    """
    found = []
    for path, content in files.items():
        if not path.endswith(".pp"):
            continue
        text = content.decode()
        summary, declaration = _SUMMARY.search(text), _DECLARATION.search(text)
        assert summary and declaration, path
        found.append(Entry(declaration[1], declaration[2], summary[1], "\n# @api private\n" in text))
    return sorted(found, key=lambda entry: entry.name)
