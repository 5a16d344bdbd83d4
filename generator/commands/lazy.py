"""A group of verbs, each imported only when it is called: a render must not pay for the lab's imports."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """A group that imports a verb when it is used."""

    def __init__(self, *args: Any, verbs: Mapping[str, str], **kwargs: Any) -> None:
        """Know ``verbs``: the name of each, and where its click command lives (``module:attribute``)."""
        super().__init__(*args, **kwargs)
        self.verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs, in the order of the table."""
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb ``cmd_name``; None where there is no such verb."""
        if cmd_name not in self.verbs:
            if near := difflib.get_close_matches(cmd_name, self.verbs, n=1):
                raise click.UsageError(f"No such command {cmd_name!r}. Did you mean {near[0]!r}?", ctx)
            return None
        module, _, attribute = self.verbs[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command
