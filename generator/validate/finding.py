"""What was found in the data, how bad it is, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from generator.errors import InputError
from generator.yaml_source import Document, Step

#: A message is cut after so many letters.
LONGEST = 500


class Severity(IntEnum):
    """How bad a finding is; as a number, the exit code that it asks for."""

    #: Puppet takes it as it stands, and a person might not.
    WARNING = 0
    #: The file can be read, and what it says is wrong.
    WRONG = 1
    #: The file cannot be used.
    BROKEN = 2


@dataclass(frozen=True, order=True)
class Finding:
    """One line of the answer; ``line`` and ``column`` count from 1."""

    path: Path
    line: int
    column: int
    message: str
    severity: Severity = Severity.WRONG

    def show(self, root: Path) -> str:
        """Give the line, with the path as seen from ``root``."""
        kind = "warning: " if self.severity is Severity.WARNING else ""
        return f"{self._below(root)}:{self.line}:{self.column}: {kind}{one_line(self.message)}"

    def entry(self, root: Path) -> dict[str, str | int]:
        """Give the same for a machine to read; the severity is ``warning``, ``wrong`` or ``broken``."""
        return {
            "file": str(self._below(root)),
            "line": self.line,
            "column": self.column,
            "severity": self.severity.name.lower(),
            "message": one_line(self.message),
        }

    def _below(self, root: Path) -> Path:
        return self.path.relative_to(root) if self.path.is_relative_to(root) else self.path


def one_line(text: str) -> str:
    r"""Show what cannot be printed as an escape, and cut what nobody reads to its end.

    >>> one_line("a key\nwith a break")
    'a key\\nwith a break'
    """
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in shown
    )


def of_error(error: InputError, severity: Severity) -> Finding:
    """Make a finding of an error."""
    return Finding(error.path, error.line, error.column, error.message, severity)


def at(
    document: Document,
    path: tuple[Step, ...],
    message: str,
    key: bool = False,
    severity: Severity = Severity.WRONG,
) -> Finding:
    """Make a finding about the value, or the key, at ``path`` in ``document``."""
    return Finding(document.path, *document.position(path, key), message, severity)


def worst(findings: Iterable[Finding]) -> int:
    """Return the exit code that ``findings`` ask for together."""
    return int(max((finding.severity for finding in findings), default=Severity.WARNING))
