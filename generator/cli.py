"""The command line. Each verb parses its arguments, calls one function and prints."""

from __future__ import annotations

import importlib
import io
import sys

import click

from generator import __version__
from generator.errors import FleetError

#: verb -> where its click command lives; imported only when it is called, because a render
#: must not pay for the lab's imports.
VERBS = {
    "render": "generator.commands.render:render",
    "lint": "generator.commands.lint:lint",
    "verify": "generator.commands.verify:verify",
    "lab": "generator.commands.lab:lab",
    "join": "generator.commands.join:join",
    "leave": "generator.commands.leave:leave",
    "backup": "generator.commands.backup:backup",
    "restore": "generator.commands.restore:restore",
    "validate": "generator.commands.validate:validate",
    "schema": "generator.commands.schema:schema",
    "explain": "generator.commands.explain:explain",
    "pin": "generator.commands.pin:pin",
    "bump": "generator.commands.bump:bump",
    "diff": "generator.commands.diff:diff",
    "compile": "generator.commands.compile:compile_",
    "sample": "generator.commands.sample:sample",
    "deploy": "generator.commands.deploy:deploy",
    "capacity": "generator.commands.capacity:capacity",
    "weights": "generator.commands.weights:weights",
    "mirror": "generator.commands.mirror:mirror",
    "status": "generator.commands.status:status",
    "drift": "generator.commands.drift:drift",
    "audit": "generator.commands.audit:audit",
    "exporter": "generator.commands.exporter:exporter",
    "dashboards": "generator.commands.dashboards:dashboards",
}


class LazyGroup(click.Group):
    """A group that imports a verb when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb ``cmd_name``; None where there is no such verb."""
        if cmd_name not in VERBS:
            import difflib

            if near := difflib.get_close_matches(cmd_name, VERBS, n=1):
                raise click.UsageError(f"No such command {cmd_name!r}. Did you mean {near[0]!r}?", ctx)
            return None
        module, _, attribute = VERBS[cmd_name].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def fleet() -> None:
    """Turn bare machines into GPU service nodes, and keep them so.

    Exit codes: 0, done; 1, the answer is no (a difference, a failed check); 2, the input is wrong.
    """


def main() -> None:
    """Run ``fleet``; every expected error becomes lines on standard error and an exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a terminal that has no letter for what a diff shows is no reason to fail
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.exit(fleet.main(prog_name="fleet", standalone_mode=False) or 0)
    except FleetError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except OSError as error:
        # such as a folder that may not be written to
        print(f"{error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        print("stopped", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
