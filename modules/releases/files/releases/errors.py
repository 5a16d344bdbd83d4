"""What ends a command; :mod:`releases.cli` turns it into one message and an exit code."""

from __future__ import annotations


class ReleasesError(Exception):
    """Something an operator has to know."""

    exit_code = 2


class AnswerIsNo(ReleasesError):
    """The command was understood, and the release that was asked for does not serve."""

    exit_code = 1


class CommandFailed(AnswerIsNo):
    """A program that this one relies on failed."""
