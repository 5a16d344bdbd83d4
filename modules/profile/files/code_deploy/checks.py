"""What new code has to stand before it serves: each check is a program, run in the tree itself.

`fleet`, Puppet's types and functions are those of the new tree: this runs code that nobody has looked at yet,
so it is for code_deploy.judge alone, in a sandbox in which nothing is to be had.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from code_deploy.files import differing
from code_deploy.programs import call, step

#: Debian's own, for which profile::fleet has what fleet needs.
PYTHON = "/usr/bin/python3"
#: What Puppet parses, and makes types of; where all of it is as it was, it was parsed before.
CODE = ("environment.conf", "manifests/", "modules/", "vendor_modules/")


def check(tree: Path, live: Path | None, most: int, nodes: str) -> None:
    """Parse and compile what is in ``tree``, and complete it with the types that Puppet generates.

    ``live`` is the version that serves, if any; ``most`` for how many nodes it is compiled, ``nodes`` what
    `fleet sample` said of them (JSON), empty where those of the tree have to do.

    Raises:
        DeployError: the first complaint; it names the file, or the node.
    """
    changed = None if live is None else differing(live, tree)
    same_code = changed is not None and not any(name.startswith(CODE) for name in changed)
    _recall(tree, live, same_code)
    with _puppet() as puppet, tempfile.TemporaryDirectory(prefix="code-deploy-") as home:
        fleet = (tree / "generator" / "cli.py").is_file()
        jobs = [] if same_code else [*_parses(tree, puppet), lambda: _types(tree, puppet)]
        _side_by_side([*jobs, *[lambda: _validate(tree, home)] * fleet])
        # code that does not parse would be compiled twice: what a node was before is asked, too
        if fleet and most:
            _compile(tree, home, live, most, nodes)


def _side_by_side(jobs: list[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        running = [pool.submit(job) for job in jobs]
        failures = [error for job in running if (error := job.exception())]
    if failures:
        raise failures[0]


def _recall(tree: Path, live: Path | None, same_code: bool) -> None:
    """Take over what was made of the same code; what puppet-strings said, fleet knows by a digest."""
    if live is None:
        return
    for name in ["build", *[".resource_types"] * same_code]:
        shutil.rmtree(tree / name, ignore_errors=True)
        if (live / name).is_dir():
            shutil.copytree(live / name, tree / name)


@contextmanager
def _puppet() -> Iterator[list[str]]:
    """Options by which Puppet touches nothing of this machine's but the modules of its packages."""
    with tempfile.TemporaryDirectory(prefix="code-deploy-") as folder:
        yield [f"--{name}={folder}/{name}" for name in ("confdir", "codedir", "vardir", "logdir", "rundir")]


def _parses(tree: Path, puppet: list[str]) -> Iterator[Callable[[], None]]:
    """Yield a job for each language of the tree's own modules."""
    own = [tree / "manifests", *(tree / "modules").glob("*/*")]
    # plans have a language of their own, and no Puppet Server compiles them
    folders = [folder for folder in own if folder.name != "plans"]
    for suffix, face in (("pp", "parser"), ("epp", "epp")):
        files = sorted(
            str(path.relative_to(tree)) for folder in folders for path in folder.rglob(f"*.{suffix}")
        )
        if files:
            yield lambda face=face, files=files: _parse(tree, face, files, puppet)  # type: ignore[misc]


def _parse(tree: Path, face: str, files: list[str], puppet: list[str]) -> None:
    with step(f"puppet {face} validate, {len(files)} files"):
        call(["puppet", face, "validate", *puppet, *files], tree, {})


def _types(tree: Path, puppet: list[str]) -> None:
    """Write .resource_types, by which types of one environment are none of another's."""
    # the environment's name is that of its folder
    with step("puppet generate types"), tempfile.TemporaryDirectory(prefix="code-deploy-") as folder:
        Path(folder, "production").symlink_to(tree)
        place = [f"--environmentpath={folder}", "--environment=production"]
        call(["puppet", "generate", "types", *puppet, *place], tree, {})


def _validate(tree: Path, home: str) -> None:
    with step("fleet validate"):
        _fleet(tree, home, "validate")


def _compile(tree: Path, home: str, live: Path | None, most: int, nodes: str) -> None:
    base = ["--base", str(live)] if live and (live / "manifests").is_dir() else []
    file = Path(home, "nodes.json")
    file.write_text(nodes, encoding="utf-8")
    known = ["--nodes", str(file)] if nodes else ["--offline"]
    with step("fleet compile"):
        _fleet(tree, home, "compile", "--at-most", str(most), *known, *base)


def _fleet(tree: Path, home: str, *words: str) -> None:
    path = f"{tree}:{tree}/modules/weights/files"
    # what Python compiles here is of this tree, and stays with it
    call(
        [PYTHON, "-m", "generator.cli", *words, "--root", "."],
        tree,
        {"HOME": home, "PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": ""},
    )
