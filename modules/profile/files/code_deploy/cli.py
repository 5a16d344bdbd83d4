"""The command line of the unit: ``code-deploy [check:][ENVIRONMENT]``, one word, as a unit's instance."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from code_deploy import settings
from code_deploy.errors import DeployError
from code_deploy.run import deploy, give_up


def main(arguments: Sequence[str], file: Path = settings.FILE) -> int:
    """Deploy; 0: every environment is at its branch, 1: one is not, 2: the call or a setting is wrong."""
    asked = re.fullmatch(r"(check:)?(\w*)", arguments[0] if arguments else "")
    if not asked or len(arguments) > 1:
        print("usage: code-deploy [check:][ENVIRONMENT]", file=sys.stderr)
        return 2
    try:
        wishes = settings.load(file, os.environ.get("CREDENTIALS_DIRECTORY"))
    except DeployError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        done = deploy(wishes, asked[2] or None, bool(asked[1]))
    except DeployError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        why = f"{error.filename or wishes.state}: {error.strerror}"
        print(why, file=sys.stderr)
        if not asked[1]:
            # where not even this can be written, DeployOld tells of it
            with suppress(OSError):
                give_up(wishes, asked[2] or None, why)
        return 1
    failed = [each for each in done if not each.ok]
    for each in failed:
        print(f"{each.environment}: not deployed: {each.error}", file=sys.stderr)
    return 1 if failed else 0
