"""How a service is started where its file alone does not: by a module of Python, its own or a server's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from generator.new_service.arguments import called
from generator.new_service.code import files_of, imported, starts
from generator.new_service.entry import PORTS, Entry, flag_of

#: The server whose own flags say where an application listens.
SERVER = "uvicorn"
#: What an application is made by that the server takes.
_MAKES = {"FastAPI", "Starlette"}
_NAME = r"[A-Za-z_]\w*"
_MODULE = re.compile(rf"{_NAME}(?:\.{_NAME})*", re.ASCII)
_APPLICATION = re.compile(rf"{_NAME}(?:\.{_NAME})*:{_NAME}", re.ASCII)


@dataclass(frozen=True)
class Start:
    """A ``module`` that Python starts with ``arguments``; ``why`` says how it was found."""

    module: str
    arguments: tuple[str, ...] = ()
    why: str = ""


def read_command(words: Sequence[str], why: str = "") -> Start | None:
    """Return the module that a command line starts, without what it says of address, port and so on.

    >>> read_command("python -m uvicorn --factory echo.main:make --port 80".split())
    Start(module='uvicorn', arguments=('--factory', 'echo.main:make'), why='')
    >>> read_command(["python", "-m", "echo.serve"]).module
    'echo.serve'
    """
    if SERVER in (word.rpartition("/")[2] for word in words):
        application = next((word for word in words if _APPLICATION.fullmatch(word)), None)
        return _served(application, "--factory" in words, why) if application else None
    after = next((word for before, word in pairwise(words) if before == "-m"), "")
    return Start(after, (), why) if _MODULE.fullmatch(after) else None


def file_of(start: Start, paths: set[str]) -> str | None:
    """Return that of ``paths`` which a start is about; None where the module is another's."""
    name = start.arguments[-1].partition(":")[0] if start.module == SERVER else start.module
    return next(iter(files_of([name, f"{name}.__main__"], paths, "")), None)


def find_start(entry: Entry, said: Start | None, needs: set[str], paths: set[str]) -> Start | None:
    """Find how ``entry`` is started; None where it starts itself, or nothing says what does.

    ``said`` is what an image starts; ``needs`` are the packages and modules that it has.
    """
    if said is not None and file_of(said, paths) == entry.path:
        return said
    module, own = entry.modules[0], dotted(entry.path, paths)
    if own is None:
        return None
    if SERVER in needs and flag_of(entry.arguments, PORTS) is None:
        for name, is_factory in _applications(module):
            aside = "; what it does under __main__ is not done then" if starts(module) else ""
            why = f"it has an application, and no flag for a port{aside}"
            return _served(f"{own}:{name}", is_factory, why)
    if "/" in entry.path and starts(module) and imports_by_dots(module):
        return Start(own, (), "it imports by dots, which a file that Python starts cannot")
    return None


def _served(application: str, is_factory: bool, why: str) -> Start:
    return Start(SERVER, (*(["--factory"] if is_factory else []), application), why)


def dotted(path: str, paths: set[str]) -> str | None:
    """Return the name by which a file is imported; None where it has none.

    >>> dotted("src/echo/main.py", set()), dotted("api/__main__.py", set()), dotted("web-ui/a.py", set())
    ('echo.main', 'api', None)
    """
    steps = path.removesuffix(".py").removesuffix("/__main__").split("/")
    if steps[0] == "src" and len(steps) > 1 and "src/__init__.py" not in paths:
        steps = steps[1:]
    name = ".".join(steps)
    return name if _MODULE.fullmatch(name) else None


def imports_by_dots(module: ast.Module) -> bool:
    """Whether a program imports from where it stands in a package."""
    return any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(module))


def _applications(module: ast.Module) -> Iterator[tuple[str, bool]]:
    """Yield the names of applications at a program's top, then those of functions that make one."""
    if not {"fastapi", "starlette"} & {name.partition(".")[0] for name in imported(module)}:
        return
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and _makes(node.value):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                yield target.id, False
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and any(_makes(each) for each in ast.walk(node)):
            arguments = node.args
            if len(arguments.args) == len(arguments.defaults) and None not in arguments.kw_defaults:
                yield node.name, True


def _makes(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Call) and called(node.func) in _MAKES
