"""``fleet mirror``."""

from __future__ import annotations

from pathlib import Path

import click

from generator.commands.options import examples, root_option
from generator.commands.weights import tell

_BUILD = (
    "fleet mirror build /srv/mirror indextts2 v2.5.0 --python",
    "fleet mirror build /srv/mirror indextts2 v2.0.0 v2.5.0 --source https://git.example.org/index-tts.git",
)
_CHECK = ("fleet mirror check /srv/mirror indextts2", "fleet mirror check /srv/mirror indextts2 v2.5.0")


@click.group(epilog=examples(*_BUILD, *_CHECK))
def mirror() -> None:
    """Keep what nodes without internet install releases from."""


@mirror.command(epilog=examples(*_BUILD))
@click.argument("folder", type=click.Path(file_okay=False, resolve_path=True, path_type=Path), metavar="DIR")
@click.argument("service")
@click.argument("revisions", nargs=-1, required=True, metavar="REVISION...")
@click.option("--source", metavar="URL", help="The git repository.  [the definition's]")
@click.option("--python", is_flag=True, help="Bring the Python along, for systems that have none that fits.")
@root_option
def build(
    folder: Path, service: str, revisions: tuple[str, ...], source: str | None, python: bool, root: Path
) -> None:
    """Bring into DIR what nodes install the releases REVISION of SERVICE from.

    Any web server can hand it out: git/ has the pinned commits, packages/ and simple/ are a package index, of
    what the release's lock names, what builds on nodes ask for, and uv, for nodes on x86_64. Weights are
    brought by `fleet weights mirror DIR/weights`. What is there and right is not fetched again, and what was
    killed is gone on with.
    """
    from generator.mirror.build import build
    from generator.mirror.record import pinned

    if source and Path(source).exists():
        source = str(Path(source).resolve())
    for revision in revisions:
        pinned(root, service, revision)
    for revision in revisions:
        made = build(root, folder, service, revision, source, python)
        size = sum(file.size or 0 for file in made.files)
        click.echo(f"{service} {revision} is in {folder}: {len(made.files)} files, {size / 2**30:.2f} GiB")


@mirror.command(epilog=examples(*_CHECK))
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path), metavar="DIR"
)
@click.argument("service")
@click.argument("revisions", nargs=-1, metavar="[REVISION]...")
@root_option
def check(folder: Path, service: str, revisions: tuple[str, ...], root: Path) -> None:
    """Say what DIR lacks of the releases REVISION of SERVICE, or of all that are pinned.

    Every byte is read, that of the weights in DIR/weights, too. The exit code is 1 where something is missing
    or damaged.
    """
    from generator.mirror.check import check

    tell(check(root, folder, service, revisions))
