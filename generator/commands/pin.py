"""``fleet pin``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from generator.definition import REPOSITORY, SERVICES, load_service
from generator.errors import FleetError


@click.command(
    epilog="""\b
    Examples:
      fleet pin indextts2 v2.5.0 --weights IndexTTS-2.5
      fleet pin indextts2 v3.0.0 --python 3.12
      fleet pin indextts2 v2.5.0 --repin""",
)
@click.argument("service")
@click.argument("tag")
@click.option("--weights", metavar="NAME", help="The weights of the release, by their name in the catalogue.")
@click.option(
    "--python", metavar="VERSION", help="The Python of the release, such as 3.11.  [newest release's]"
)
@click.option("--repin", is_flag=True, help="Accept a tag that has moved since it was pinned.")
@click.option(
    "--limit", type=click.FloatRange(min=1), default=30, show_default=True, help="Seconds that git may take."
)
@click.option(
    "--services",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=SERVICES,
    help="Folder of the definitions.",
)
@click.option(
    "--catalogue",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=REPOSITORY / "hieradata" / "catalogue",
    help="Folder of the catalogues.",
)
def pin(
    service: str,
    tag: str,
    weights: str | None,
    python: str | None,
    repin: bool,
    limit: float,
    services: Path,
    catalogue: Path,
) -> None:
    """Pin the TAG of SERVICE's git source as a release of its catalogue.

    The commit, the install method, the digest of uv.lock and the flags of the entry point are read from git,
    which is never given a password. The exit code is 1 where the tag has moved since it was pinned, and 2
    where it cannot be pinned; the catalogue stays as it is then.
    """
    from generator.pin import Wishes
    from generator.pin import pin as pin_release

    known = sorted(path.stem for path in services.glob("*.yaml"))
    if service not in known:
        raise FleetError(f"{service!r}: no such service in {services} (there are: {', '.join(known)})")
    path = Path(os.path.relpath(catalogue / f"{service}.yaml"))
    wishes = Wishes(weights, python, repin)
    done = pin_release(load_service(services / f"{service}.yaml"), tag, path, wishes, limit)
    commit = done.entry["commit"]
    if done.change is None:
        click.echo(f"{service} {tag} is pinned at {commit} already")
    else:
        click.echo(done.change.diff(Path.cwd()), nl=False)
        click.echo(f"{service} {tag} is pinned at {commit}")
    for note in done.notes:
        click.echo(f"note: {note}", err=True)
