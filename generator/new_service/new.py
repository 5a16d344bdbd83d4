"""``fleet new``: from the address of a repository to a definition in place."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from generator.definition import load_pattern, load_services
from generator.errors import CommandFailed, FleetError
from generator.git_reason import without_credentials
from generator.git_source import LIMIT, GitSource, open_source
from generator.git_tree import Tree
from generator.new_service.decide import Read
from generator.new_service.draft import Draft, Wish, make_draft
from generator.new_service.entry import find_entry
from generator.new_service.files import Files
from generator.new_service.hints import read_hints
from generator.new_service.names import address, check_name, newest
from generator.new_service.project import read_project
from generator.new_service.text import write_text
from generator.new_service.write import put
from generator.pin import check_revision

_HOSTS = Path("setup") / "hosts.txt"


@dataclass(frozen=True)
class New:
    """What came of it: ``paths`` that are new or changed, ``decisions`` left, and the commands ``then``."""

    paths: list[Path]
    decisions: list[str]
    then: list[str]
    commit: str
    tag: str


def new(
    root: Path,
    name: str,
    source: str,
    revision: str | None = None,
    entry: str | None = None,
    limit: float = LIMIT,
) -> New:
    """Write the definition ``name`` of what the repository ``source`` says at the tag ``revision``, rendered.

    Without a tag it is the newest one, or the default branch where there is none. ``entry`` is the file that
    starts. Git may take ``limit`` seconds.

    Raises:
        FleetError: with what is wrong, and what to say instead; nothing is written then.
    """
    check_name(root, name)
    if revision is not None:
        check_revision(revision)
    url = address(source)
    services = load_services(root / "hieradata" / "services")
    wish = Wish(
        name=name,
        url=url,
        ports=[service.port for service in services],
        common=frozenset(load_pattern()["parameters"]),
        hosts=_hosts(root),
    )
    with open_source(url, limit) as repository, _where(repository.url):
        tree = _tree(repository, revision)
        draft, python = _draft(wish, tree, entry)
    release = tree.tag if tree.tag != "HEAD" else "TAG"
    then = [
        f"fleet pin {name} {shlex.quote(release)}{f' --python {python}' if python else ' --python 3.11'}",
        "fleet render && fleet schema && fleet lint      # after each change of this file",
    ]
    head = [
        f"The service definition of {draft.data['title']}: what `fleet render` makes modules/{name}/ of.",
        f"Written by `fleet new` from {without_credentials(url)} at {tree.tag} ({tree.commit}), of which"
        " nothing was run. What a comment calls guessed nobody has confirmed: look, and strike it out.",
    ]
    _, paths = put(root, name, write_text(draft, head, then))
    return New(paths, draft.decisions, then, tree.commit, tree.tag)


def _draft(wish: Wish, tree: Tree, entry: str | None) -> tuple[Draft, str | None]:
    """Read a commit, and make a definition and a version of Python of it."""
    files = Files(tree)
    files.bring(["pyproject.toml", "requirements.txt", ".python-version"])
    hints = read_hints(files)
    project = read_project(files, hints.image)
    found = find_entry(files, entry, hints.starts)
    read = Read(files, tree.tag != "HEAD")
    return make_draft(wish, found, project, hints, read), project.python


def _tree(repository: GitSource, revision: str | None) -> Tree:
    try:
        tags = repository.refs.tags
    except CommandFailed as error:
        cure = "--source is the address of a git repository, or the folder of one"
        raise FleetError(f"{error} ({cure})") from None
    tag = revision or newest(list(tags))
    return repository.tree(tag) if tag else repository.head()


@contextmanager
def _where(url: str) -> Iterator[None]:
    """Say of which repository an error is."""
    try:
        yield
    except FleetError as error:
        if url in str(error):
            raise
        raise FleetError(f"{url}: {error}") from None


def _hosts(root: Path) -> frozenset[str] | None:
    """The hosts that files may name, as ``fleet lint`` reads them."""
    if not (root / _HOSTS).is_file():
        return None
    lines = (root / _HOSTS).read_text().splitlines()
    return frozenset(line.split()[0] for line in lines if line.strip() and not line.startswith("#"))
