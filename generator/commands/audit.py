"""``fleet audit``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from generator.commands.options import examples, root_option
from generator.errors import AnswerIsNo
from generator.record import deploys
from generator.record.ask import recorder
from generator.record.audit import Asked, chain, events, reports
from generator.record.audit_text import data, text
from generator.record.commits import commits
from generator.record.first_error import first_errors
from generator.record.since import read_since
from generator.tokens import CERTNAME

#: Runs that are told in words, and as JSON.
RUNS, JSON_RUNS = 10, 1000

_Check = Callable[[click.Context, click.Parameter, str | None], str | None]


def _like(pattern: str, what: str) -> _Check:
    """Make the check of an option: PuppetDB would look for anything, and find nothing."""

    def check(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(pattern, value):
            raise click.BadParameter(f"{value!r} is not {what}", context, option)
        return value

    return check


@click.command(
    epilog=examples(
        "fleet audit --node tts-01.example.org --since 2d",
        "fleet audit --commit 4550ec8",
        "fleet audit --transaction 10f5a22e-4a16-4b5c-9a6c-0e5b3f1d7c11 --json",
        "fleet audit --since 1h",
    )
)
@click.option("--node", callback=_like(CERTNAME.pattern, "the certname of a node"), help="Runs of this node.")
@click.option(
    "--commit",
    callback=_like("[0-9a-f]{7,40}", "a commit (7 to 40 of its hex digits)"),
    help="Runs with this commit of the code.",
)
@click.option(
    "--transaction",
    callback=_like("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "a UUID, as reports have it"),
    help="The run with this transaction_uuid.",
)
@click.option("--since", callback=read_since, help="Runs since then: 12h, 7d, 2026-11-20, or a moment.")
@click.option(
    "--json", "as_json", is_flag=True, help=f"For machines: up to {JSON_RUNS} runs, and all they did."
)
@root_option
def audit(
    node: str | None,
    commit: str | None,
    transaction: str | None,
    since: datetime | None,
    as_json: bool,
    root: Path,
) -> None:
    """Say how changes came to nodes: commit, deploy, catalogue, report, and what it did to which resource.

    All that is given has to hold; the newest run comes first. Who wrote a commit is known where the
    repository has it, which deploy brought it where this is the server. The exit code is 1 where there is no
    such run.
    """
    asked = Asked(node, commit, transaction, since)
    if asked == Asked():
        raise click.UsageError("say what to look for: --node, --commit, --transaction or --since")
    puppetdb = recorder()
    total, rows = reports(puppetdb, asked, JSON_RUNS if as_json else RUNS)
    done = deploys.read(deploys.FILE)
    failed = [deploy for deploy in done if commit and not deploy.ok and deploy.commit.startswith(commit)]
    try:
        known = commits(
            [root, *sorted(deploys.STAGING.glob("*/"))],
            [row["configuration_version"] for row in rows if row["configuration_version"]],
        )
        did = events(puppetdb, [row["hash"] for row in rows])
        errors = first_errors(puppetdb, [row["hash"] for row in rows if row["status"] == "failed"])
        links = chain(rows, did, errors, known, done)
    except (KeyError, TypeError, ValueError):
        raise puppetdb.stranger() from None
    if as_json:
        click.echo(json.dumps(data(links, total, failed), indent=2, ensure_ascii=False))
    elif links or failed:
        click.echo(text(links, total, failed))
    if not links:
        raise AnswerIsNo("no such run is on record")
