"""The command line. Each verb parses its arguments, calls one function and prints."""

from __future__ import annotations

import io
import sys

import click

from generator import __version__
from generator.commands.lazy import LazyGroup
from generator.errors import FleetError

#: verb -> where its click command lives.
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
    "new": "generator.commands.new:new",
    "pin": "generator.commands.pin:pin",
    "bump": "generator.commands.bump:bump",
    "canary": "generator.commands.canary:canary",
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


@click.group(cls=LazyGroup, verbs=VERBS, context_settings={"help_option_names": ["-h", "--help"]})
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
