"""Which paths of an HTTP API a program answers, and which of them look like jobs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from generator.new_service.arguments import called, constant

#: Words of a path by which people call work that takes long, as the models of these services do it.
_JOB = re.compile(
    r"(?<![a-z])(asr|stt|tts|prompt|speech|speak|audio|txt2img|img2img|completions?|embeddings?|gener\w*|infer\w*"
    r"|predict\w*|recogni\w*|synthe\w*|transcri\w*|translat\w*)",
    re.IGNORECASE | re.ASCII,
)
_RESULT = re.compile(r"(?<![a-z])(histor|results?\b|status|tasks?\b|jobs?\b|queue)", re.ASCII)
#: Decorators and methods that declare a path -> what it is asked by; None is for ``methods`` to say.
_DECLARES = {"post": "POST", "get": "GET", "websocket": "WEBSOCKET", "route": None, "api_route": None}
_ADDS = {"add_post": "POST", "add_get": "GET", "add_api_route": None, "add_url_rule": None}
_PATH = re.compile(r"/[\w./{}<>:-]*", re.ASCII)
#: A path as a definition can hold it.
_PAGE = re.compile(r"/[\w./-]*", re.ASCII)
#: More than people declare.
_MOST = 200
_PREFIXES = ("prefix", "url_prefix")


@dataclass(frozen=True)
class Routes:
    """Paths by what they are asked by; what is open in one (``/jobs/{id}``) is left out with all after it.

    ``mounted`` are prefixes below which routers of other files are put; no path has them.
    """

    posts: tuple[str, ...] = ()
    gets: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()
    mounted: tuple[str, ...] = ()

    @property
    def jobs(self) -> list[str]:
        """The POSTs whose names are those of jobs, without those that are below another."""
        named = [path for path in self.posts if _JOB.search(path) and _PAGE.fullmatch(path)]
        return [path for path in named if not any(path.startswith(other) for other in named if other != path)]

    @property
    def others(self) -> list[str]:
        """The POSTs that are not taken for jobs."""
        return [path for path in self.posts if not any(path.startswith(job) for job in self.jobs)]

    @property
    def results(self) -> list[str]:
        """The GETs that may be asked what became of one job."""
        return [path for path in self.gets if path.endswith("/") and _RESULT.search(path)]


def read_routes(modules: Iterable[ast.Module]) -> Routes:
    r"""Read the paths that programs declare by constants, for FastAPI, Starlette, Flask and aiohttp.

    >>> read_routes([ast.parse("@app.post('/tts/{voice}')\\nasync def say(): ...")]).posts
    ('/tts/',)
    """
    found: dict[str, dict[str, None]] = {"POST": {}, "GET": {}, "WEBSOCKET": {}, "MOUNT": {}}
    for module in modules:
        for how, path in _declared(module):
            if how in found and _PATH.fullmatch(path):
                found[how][re.split(r"[{<]", path)[0]] = None
    return Routes(*(tuple(sorted(paths))[:_MOST] for paths in found.values()))


def _declared(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield what each path of a program is asked by, and the path."""
    prefixes = _prefixes(module)
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
                    yield from _ways(decorator, prefixes, _DECLARES)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from _ways(node, prefixes, _ADDS)
            if node.func.attr in ("include_router", "register_blueprint"):
                yield "MOUNT", _prefix(node)


def _ways(
    call: ast.Call, prefixes: dict[str, str], kinds: dict[str, str | None]
) -> Iterator[tuple[str, str]]:
    """Yield what a call declares, as :func:`_declared` does, where its name is one of ``kinds``."""
    name = called(call.func)
    path = constant(call.args[0]) if call.args else None
    if name not in kinds or not isinstance(path, str):
        return
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    whole = prefixes.get(called(owner), "") + path
    if kind := kinds[name]:
        yield kind, whole
        return
    for word in call.keywords:
        if word.arg == "methods" and isinstance(word.value, ast.List | ast.Tuple | ast.Set):
            yield from ((str(constant(method)).upper(), whole) for method in word.value.elts)


def _prefixes(module: ast.Module) -> dict[str, str]:
    """The routers of a program, and the prefix that each has of its own."""
    return {
        target.id: _prefix(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _prefix(call: ast.Call) -> str:
    return next((str(constant(word.value, "")) for word in call.keywords if word.arg in _PREFIXES), "")
