"""What a program of Python shows of itself: its imports, its pages, where it writes, whether it serves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from generator.new_service.arguments import called, constant

#: What starts a server when it is called, and the module that it has to be of for that.
_SERVES = {
    "launch": "gradio",
    "run": "uvicorn",
    "run_app": "aiohttp",
    "serve_forever": "",
    "run_simple": "werkzeug",
}
_MAKES_FOLDERS = {"makedirs", "mkdir"}
_HEALTH = re.compile(
    r"/(?:[\w/-]*/)?(?:health|healthz|healthcheck|ready|readyz|ping|system_stats)/?", re.ASCII
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_FOLDER = re.compile(r"(?:(?!\.\.?(?:/|$))[\w.][\w.-]*(?:/|$))+", re.ASCII)


def imported(module: ast.Module, package: tuple[str, ...] = ()) -> set[str]:
    """The dotted names that a program imports; ``package`` is where it stands, for relative ones.

    >>> sorted(imported(ast.parse("import a.b; from .c import d"), ("p",)))
    ['a.b', 'p.c', 'p.c.d']
    """
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)} if base else set()
    return names


def files_of(names: Iterable[str], paths: set[str], folder: str) -> list[str]:
    """Those of ``paths`` that modules ``names`` are in, for a program in ``folder`` (src, or nothing).

    >>> files_of(["a.b", "os"], {"src/a/b.py", "a/b.py"}, "src")
    ['src/a/b.py', 'a/b.py']
    """
    roots = dict.fromkeys([f"{folder}/" if folder else "", "", "src/"])
    found: dict[str, None] = {}
    for name in sorted(names):
        stem = name.replace(".", "/")
        for root in roots:
            both = (f"{root}{stem}.py", f"{root}{stem}/__init__.py")
            found |= dict.fromkeys(path for path in both if path in paths)
    return list(found)


def starts(module: ast.Module) -> bool:
    """Whether a program does something when it is started: ``if __name__ == "__main__"``."""
    return any(
        isinstance(node, ast.If)
        and any(isinstance(word, ast.Name) and word.id == "__name__" for word in ast.walk(node.test))
        for node in module.body
    )


def serves(module: ast.Module) -> bool:
    """Whether a program calls something that starts a server."""
    modules = {name.partition(".")[0] for name in imported(module)}
    return any(
        _SERVES.get(called(node.func), "-") in {"", *modules}
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )


def launches(module: ast.Module) -> bool:
    """Whether a program has Gradio serve its page, and not a server that the page is only a part of."""
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call))
    return any(isinstance(call.func, ast.Attribute) and call.func.attr == "launch" for call in calls)


def health(modules: Iterable[ast.Module]) -> str | None:
    """The page by which a program says whether it is well; None where it has none that is called so."""
    pages = [
        str(constant(call.args[0]))
        for module in modules
        for call in ast.walk(module)
        if isinstance(call, ast.Call) and called(call.func) in ("get", "route", "add_get") and call.args
    ]
    return min((page for page in pages if _HEALTH.fullmatch(page)), key=len, default=None)


def variables(modules: Iterable[ast.Module]) -> list[str]:
    """The environment variables that programs read by a name that is a constant.

    >>> variables([ast.parse("os.getenv('A'); os.environ.get('B'); os.environ['C']; x.get('D')")])
    ['A', 'B', 'C']
    """
    named = [word for module in modules for node in ast.walk(module) if (word := _variable(node))]
    texts = {str(constant(word, "")) for word in named}
    return sorted(name for name in texts if _VARIABLE.fullmatch(name))


def _variable(node: ast.AST) -> ast.expr | None:
    """What names the environment variable that ``node`` reads; None where it reads none."""
    if isinstance(node, ast.Subscript) and called(node.value) == "environ":
        return node.slice
    if not isinstance(node, ast.Call) or not node.args:
        return None
    of_environ = isinstance(node.func, ast.Attribute) and called(node.func.value) == "environ"
    return node.args[0] if called(node.func) == "getenv" or of_environ else None


def folders(module: ast.Module) -> list[str]:
    """The folders below the checkout that a program makes, as far as their names are constants.

    >>> folders(ast.parse("os.makedirs(os.path.join(here, 'outputs', 'tasks'), exist_ok=True)"))
    ['outputs/tasks']
    """
    named = [
        "/".join(_steps(call))
        for call in ast.walk(module)
        if isinstance(call, ast.Call) and called(call.func) in _MAKES_FOLDERS
    ]
    plain = (name.removeprefix("./").rstrip("/") for name in named)
    return sorted(
        {name for name in plain if _FOLDER.fullmatch(name) and not re.match(r"\.(git|venv)\b", name)}
    )


def _steps(call: ast.Call) -> Iterator[str]:
    """Yield the constant steps of the folder that a call makes: those after the last that is none."""
    what = call.args[0] if call.args else None
    if isinstance(call.func, ast.Attribute) and called(call.func.value) not in ("os", "path"):
        what = call.func.value  # Path("outputs").mkdir()
    words: list[ast.expr] = [what] if what else []
    if isinstance(what, ast.Call) and called(what.func) in ("join", "Path", "abspath"):
        words = what.args
    texts = [word.value if isinstance(word, ast.Constant) else None for word in words]
    first = max((number + 1 for number, text in enumerate(texts) if not isinstance(text, str)), default=0)
    if isinstance(what, ast.BinOp):
        return
    yield from (text for text in texts[first:] if isinstance(text, str))
