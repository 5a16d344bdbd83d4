"""Options that several verbs have."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from generator import REPOSITORY

Command = Callable[..., Any]


def examples(*commands: str) -> str:
    r"""Return the epilog of a verb's help, a line for each command.

    >>> examples("fleet lint")
    '\x08\nExamples:\n  fleet lint'
    """
    return "\n".join(["\b", "Examples:", *(f"  {command}" for command in commands)])


def offline_option(command: Command) -> Command:
    """Add ``--offline``: which nodes there are is the repository's word, whatever PuppetDB knows."""
    return click.option(
        "--offline",
        is_flag=True,
        help="Ask no PuppetDB; take nodes and facts from inventory.yaml and tests/facts.",
    )(command)


def root_option(command: Command) -> Command:
    """Add ``--root``, the control repository, as seen from where the user stands: messages name files so."""
    return click.option(
        "--root",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        default=REPOSITORY,
        callback=lambda _context, _option, root: Path(os.path.relpath(root)),
        help="The control repository.",
    )(command)
