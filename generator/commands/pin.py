"""``fleet pin``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import examples, root_option


@click.command(
    epilog=examples(
        "fleet pin indextts2 v2.5.0 --weights IndexTTS-2.5",
        "fleet pin indextts2 v3.0.0 --python 3.12",
        "fleet pin indextts2 v2.5.0 --repin",
    )
)
@click.argument("service")
@click.argument("tag")
@click.option("--weights", metavar="NAME", help="The weights of the release, by their name in the catalogue.")
@click.option(
    "--python", metavar="VERSION", help="The Python of the release, such as 3.11.  [newest release's]"
)
@click.option("--repin", is_flag=True, help="Accept a tag that has moved since it was pinned.")
@click.option(
    "--limit", type=click.IntRange(1, 3600), default=30, show_default=True, help="Seconds that git may take."
)
@root_option
def pin(
    service: str,
    tag: str,
    weights: str | None,
    python: str | None,
    repin: bool,
    limit: int,
    root: Path,
) -> None:
    """Pin the TAG of SERVICE's git source as a release of its catalogue.

    The commit, the install method, the digest of uv.lock and the flags of the entry point are read from git,
    which is never given a password. The exit code is 1 where the tag has moved since it was pinned, and 2
    where it cannot be pinned; the catalogue stays as it is then.
    """
    from generator.pin import Wishes, pin_in

    done = pin_in(root, service, tag, Wishes(weights, python, repin), limit)
    commit = done.entry["commit"]
    if done.change is None:
        click.echo(f"{service} {tag} is pinned at {commit} already")
    else:
        click.echo(done.change.diff(root), nl=False)
        click.echo(f"{service} {tag} is pinned at {commit}")
    for note in done.notes:
        click.echo(f"note: {note}", err=True)
