"""The one tree of errors; :mod:`generator.cli` turns it into messages and exit codes."""

from __future__ import annotations

from pathlib import Path


class FleetError(Exception):
    """Something an operator has to know. ``exit_code`` is what ``fleet`` exits with."""

    exit_code = 2


class AnswerIsNo(FleetError):
    """The work was done and its answer is "no": drift found, a check failed."""

    exit_code = 1


class InputError(FleetError):
    """An input file is wrong at a place.

    ``line`` and ``column`` count from 1, as editors do.
    """

    def __init__(self, path: Path | str, line: int, column: int, message: str) -> None:
        """Say that ``message`` (what is wrong, and what would be right) holds at a place."""
        self.path = Path(path)
        self.line = line
        self.column = column
        self.message = message
        super().__init__(f"{path}:{line}:{column}: {message}")


class InputErrors(FleetError):
    """Several places of the input are wrong; one line each."""

    def __init__(self, errors: list[InputError]) -> None:
        """Collect ``errors``, at least one, in the order of the file."""
        self.errors = errors
        super().__init__("\n".join(str(error) for error in errors))


def reason(error: BaseException) -> str:
    """Find what came first: the libraries of the network wrap the system's word in several of their own."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return getattr(error, "verify_message", "") or getattr(error, "strerror", None) or str(error)


class CommandFailed(FleetError):
    """A program that ``fleet`` called failed; the message holds the end of what it printed."""
