"""Which file starts a service, and which files have its flags."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass

from generator.errors import FleetError
from generator.names import alike, quoted
from generator.new_service.arguments import Argument, Arguments, called, read_arguments
from generator.new_service.code import files_of, imported, serves, starts
from generator.new_service.files import Broken, Files

#: Folders whose programs are about a service, and start none.
_ASIDE = re.compile(
    r"(^|/)(\.|_|tests?|examples?|docs?|scripts?|tools?|bench\w*|clients?|third_party|training|archive"
    r"|notebooks?|utils?|script_examples|tests?[-_]\w+|extras?|demo_data|web-pages|integrations)[^/]*/"
)
_NOT_STARTED = re.compile(r"(^|/)(test_|setup\.py|conftest\.py|download|train)|client|_test\.py$")
_TELLING = re.compile(
    r"(^|/)(app|main|server|webui|web_ui|web|launch|api|api_server|gradio_app|serve|run)\.py$"
)
PORTS = "port server-port listen-port http-port gradio-port webui-port web-port".split()
ADDRESSES = "host listen-host server-name bind-addr bind-address bind address ip listen server-host".split()
#: The Python that reads: what a newer one added to the language it does not know.
PYTHON = "{}.{}".format(*sys.version_info)
#: How far from the entry point flags are looked for, by imports.
_DEPTH = 3
#: An entry point as a definition can hold it.
_ENTRY = re.compile(r"(?!\.(git|venv)(/|$))(?:(?!\.\.?(?:/|$))[\w.][\w.-]*(?:/|$))+(?<!/)", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """The ``path`` that starts, its syntax tree and those of what it imports, and the ``flags_in`` a file.

    ``why`` says how it was found, where nobody said it.
    """

    path: str
    why: str
    modules: tuple[ast.Module, ...]
    arguments: Arguments
    flags_in: str


def find_entry(files: Files, wish: str | None = None, named: str | None = None) -> Entry:
    """Find what starts the service: the file ``wish``, or what a Dockerfile has ``named``, or the only one.

    Raises:
        FleetError: there is none, or more than one, or it does not parse; with what to say.
    """
    if wish is not None:
        return _wished(files, wish)
    broken: list[str] = []
    if named in files.paths and named.endswith(".py"):
        return _entry(files, named, "the Dockerfile starts it")
    for depth in range(1, 5):
        level = sorted(path for path in files.paths if _may_start(path) and path.count("/") == depth - 1)
        files.bring(level)
        ranks = {path: rank for path in level if (rank := _rank(files, path, broken))}
        best = [path for path, rank in ranks.items() if rank == max(ranks.values())]
        if len(best) > 1:
            raise FleetError(
                f"{_or(best)} could start it at {files.commit.tag} (say which: --entry {best[0]})"
            )
        if best:
            return _entry(files, best[0], "the only one that looks like it")
    tag = files.commit.tag
    if broken:
        raise FleetError(
            f"{broken[0]} at {tag} (Python {PYTHON} reads it; no other file starts a server: --entry)"
        )
    raise FleetError(f"no file at {tag} is seen to start a server (say which does: --entry FILE)")


def _wished(files: Files, wish: str) -> Entry:
    if not _ENTRY.fullmatch(wish):
        raise FleetError(
            f"--entry {quoted(wish)} is no path below the checkout (letters, digits and . _ - /)"
        )
    if wish in files.links:
        raise FleetError(f"--entry {wish} is a link at {files.commit.tag} (name the file itself)")
    if wish not in files.paths:
        near = alike(wish, sorted(path for path in files.paths if path.endswith(".py")))
        raise FleetError(f"--entry {wish} is no file at {files.commit.tag} ({near})")
    return _entry(files, wish, "")


def _entry(files: Files, path: str, why: str) -> Entry:
    """Read the entry point and what it imports. Raises FleetError where it does not parse."""
    try:
        module = files.python(path)
    except Broken as error:
        cure = f"Python {PYTHON} reads it; take another by --entry, or another release by --revision"
        raise FleetError(f"{error} at {files.commit.tag} ({cure})") from None
    if module is None:
        raise FleetError(f"{path} {files.unread.get(path, 'is not there')} (say another: --entry FILE)")
    folder = path.rpartition("/")[0]
    modules, level = {path: module}, {path: module}
    own = read_arguments(module)
    chosen, where = own, path
    for _ in range(_DEPTH):
        names = {name for each, tree in level.items() for name in imported(tree, _package(each))}
        near = [each for each in files_of(names, files.paths, folder) if each not in modules]
        files.bring(near)
        level = {each: tree for each in near if (tree := _parsed(files, each))}
        modules |= level
        if not flag_of(chosen, PORTS):
            read = {each: read_arguments(tree) for each, tree in level.items()}
            better = [each for each in read if flag_of(read[each], PORTS)]
            if better or not chosen:
                where = next(iter([*better, *(each for each in read if read[each].found)]), where)
                chosen = read.get(where, chosen)
    return Entry(path, why, tuple(modules.values()), chosen, where)


def flag_of(arguments: Arguments, names: list[str]) -> Argument | None:
    """The first flag of ``names`` that takes a value; they are written with hyphens."""
    known = {each.flag[2:].replace("_", "-").lower(): each for each in reversed(arguments.found)}
    return next(
        (known[name] for name in names if name in known and known[name].kind not in ("switch", "off")), None
    )


def _package(path: str) -> tuple[str, ...]:
    return tuple(path.split("/")[:-1])


def _parsed(files: Files, path: str) -> ast.Module | None:
    """A module that is imported; None where it does not parse, which its own page would say."""
    try:
        return files.python(path)
    except Broken:
        files.unread[path] = f"is none that Python {PYTHON} parses"
        return None


def _may_start(path: str) -> bool:
    return path.endswith(".py") and not _ASIDE.search(path) and not _NOT_STARTED.search(path)


def _rank(files: Files, path: str, broken: list[str]) -> int:
    """How much a file looks like the one that starts: 0 (not at all) to 2."""
    try:
        module = files.python(path)
    except Broken as error:
        if _TELLING.search(path):
            broken.append(str(error))
        return 0
    if module is None:
        return 0
    if flag_of(read_arguments(module), PORTS) and (starts(module) or serves(module)):
        return 2
    return int(serves(module) or bool(_TELLING.search(path) and (starts(module) or _runs(module))))


def _runs(module: ast.Module) -> bool:
    """Whether the last thing that a program does is to call something, or to be another program."""
    last = module.body[-1] if module.body else None
    if isinstance(last, ast.ImportFrom):
        return any(alias.name == "*" for alias in last.names)
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) and called(last.value.func) != ""


def _or(paths: list[str]) -> str:
    return f"{', '.join(paths[:-1])} or {paths[-1]}"
