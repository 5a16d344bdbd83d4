"""``fleet weights``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from generator.commands.options import examples, root_option

if TYPE_CHECKING:
    from generator.verdict import Verdict

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group(
    epilog=examples(
        "fleet weights lock indextts2 IndexTTS-2.5 --from /mnt/nas/IndexTTS-2.5-c39ce5b",
        "fleet weights mirror /mnt/nas --from https://mirror.example.org/weights",
        "fleet weights verify /mnt/nas",
    )
)
def weights() -> None:
    """Say which files weights consist of, and hold folders against that."""


@weights.command(
    epilog=examples(
        "fleet weights lock indextts2 IndexTTS-2.5 --from /mnt/nas/IndexTTS-2.5-c39ce5b",
        "fleet weights lock indextts2 IndexTTS-2.5 --from hub",
    )
)
@click.argument("service")
@click.argument("bundle")
@click.option("--from", "source", required=True, metavar="DIR|hub|URL", help="What has all of it.")
@click.option("--relock", is_flag=True, help="Accept files that are not those which are locked.")
@root_option
def lock(service: str, bundle: str, source: str, relock: bool, root: Path) -> None:
    """Lock the weights BUNDLE of SERVICE to what a folder holds, or the hub, or the mirror of it at URL.

    From a hub all of it is downloaded first, into build/weights, and stays there: what the hub sends today is
    what nodes take from then on, so look whether it is what you expect. Models of other repositories that the
    catalogue gives the bundle are downloaded to their places in it, and a folder has to have them there.

    The catalogue gets the digest of a list that has each file's path, size and digests; it lies in
    modules/weights/files/lists, from which lists go that no catalogue names any more. The exit code is 1
    where a file is not the one that is known; nothing is written then.
    """
    from generator.bundle_lock import lock

    done = lock(root, service, bundle, source, relock)
    if done.change:
        click.echo(done.change.diff(root), nl=False)
    for name in done.left_out:
        click.echo(f"note: left out: {name}", err=True)
    total = sum(file.size or 0 for file in done.files)
    already = "" if done.change else " already"
    click.echo(f"{service} {bundle} is locked{already}: {len(done.files)} files, {total / 2**30:.2f} GiB")


@weights.command(epilog=examples("fleet weights verify /mnt/nas"))
@click.argument("folder", type=_FOLDER, metavar="DIR")
@root_option
def verify(folder: Path, root: Path) -> None:
    """Read the weights in DIR, and say which files are not those of the catalogue.

    DIR has a folder for each bundle, named as on a node: NAME-REVISION, with 7 digits of the revision. The
    exit code is 1 where a file is missing, damaged, or locked by nobody.
    """
    from generator.bundles import verify

    tell(verify(root, folder))


@weights.command(
    epilog=examples(
        "fleet weights mirror /mnt/nas --from https://mirror.example.org/weights",
        "fleet weights mirror /srv/weights IndexTTS-2.5 --from /mnt/nas --from https://other.example.org/weights",
        "AWS_PROFILE=weights fleet weights mirror /mnt/nas --from s3://weights/mirror",
    )
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.argument("bundles", nargs=-1, metavar="[BUNDLE]...")
@click.option(
    "--from",
    "sources",
    multiple=True,
    required=True,
    metavar="DIR|URL|s3://BUCKET/PREFIX|hub|modelscope",
    help="Where they are; tried in order.",
)
@root_option
def mirror(folder: Path, bundles: tuple[str, ...], sources: tuple[str, ...], root: Path) -> None:
    """Fill DIR with weights of the catalogue, all or the BUNDLEs named, and verify what is there already.

    A source is a folder, or the address of one on a web server or in a bucket of S3, that has a folder for
    each bundle, as DIR gets; hub, which is the model hub or what HF_ENDPOINT says; or modelscope. Mirrors on
    the web that follow each other are asked at once, a hub alone. A bundle appears when all of it is right;
    what was killed is gone on with. For S3, credentials, region and AWS_ENDPOINT_URL are those of Amazon's
    own tools.

    The exit code is 1 where a bundle could not be fetched, or is damaged.
    """
    from generator.bundle_mirror import mirror

    tell(mirror(root, folder, sources, bundles))


def tell(verdicts: Iterator[Verdict]) -> None:
    """Print what is wrong with each folder of weights. Raises AnswerIsNo where something is."""
    from generator.errors import AnswerIsNo

    wrong = []
    for verdict in verdicts:
        for fault in verdict.faults:
            click.echo(f"{verdict.folder}: {fault}")
        if verdict.faults:
            wrong.append(str(verdict.folder))
        else:
            click.echo(f"{verdict.folder}: all {verdict.files} files are as they were locked")
    if wrong:
        raise AnswerIsNo(f"not as they were locked: {', '.join(wrong)}")
