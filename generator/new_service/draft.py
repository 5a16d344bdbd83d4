"""A definition of what was read: its data, a comment on each guess, and what a person must decide."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from generator.definition_schema import DEFINITION
from generator.git_reason import without_credentials
from generator.new_service.arguments import Arguments
from generator.new_service.code import folders, health, imported, launches
from generator.new_service.decide import Read, decisions, is_remote
from generator.new_service.entry import ADDRESSES, PORTS, Entry, flag_of
from generator.new_service.hints import Hints
from generator.new_service.parameters import Parameters, make_parameters
from generator.new_service.project import Project
from generator.new_service.routes import Routes, read_routes
from generator.new_service.start import SERVER, find_start
from generator.new_service.words import line, listed, sentence

#: A definition's port and the two after it are the service's.
_PORTS_EACH = 3
_WEIGHTS = (
    "model-dir models-dir model-path ckpt-dir checkpoint-dir checkpoints-dir weights-dir model-root".split()
)
_GPU = re.compile(
    r"torch(audio|vision)?|tensorflow|onnxruntime-gpu|vllm|ctranslate2|faster-whisper|xformers|nvidia-.*"
)
_WEB_EXTRAS = re.compile(r"web-?ui|web|ui|server|api|gradio|service|cuda|gpu|cu1\d\d")
#: What pages are made with; where the entry point has none of them, so many of the files next to it count.
_WEB = {"gradio", "fastapi", "aiohttp", "flask", "starlette"}
_NEAR = 20
#: More paths of jobs than people can go through.
_MOST_PATHS = 20
#: A package -> the variables by which what it writes goes where the service may write.
_ROOMS: dict[str, dict[str, Any]] = {
    "gradio": {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_TEMP_DIR": {"state": "gradio"}},
    "transformers|huggingface-hub|diffusers|faster-whisper": {
        "HF_HOME": {"cache_hub": "huggingface"},
        "HF_HUB_DISABLE_TELEMETRY": "1",
    },
    "modelscope|funasr": {"MODELSCOPE_CACHE": {"cache_hub": "modelscope"}},
    "torch|torchaudio|torchvision": {"TORCH_HOME": {"cache_hub": "torch"}},
    "matplotlib": {"MPLCONFIGDIR": {"state": "matplotlib"}},
    "numba|librosa|openai-whisper": {"NUMBA_CACHE_DIR": {"state": "numba"}},
}


@dataclass
class Draft:
    """The ``data`` of a definition, ``guesses``, a comment for each place, and the ``decisions`` left."""

    data: dict[str, Any]
    guesses: dict[tuple[str, ...], str] = field(default_factory=dict)
    decisions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Wish:
    """What an operator said, ``name`` and ``url``, and what the control repository has already.

    ``ports`` are those of its services, ``common`` the names of parameters that every service has, and
    ``hosts`` those that its files may name, None where it does not say.
    """

    name: str
    url: str
    ports: Collection[int]
    common: Collection[str]
    hosts: Collection[str] | None


def make_draft(wish: Wish, entry: Entry, project: Project, hints: Hints, read: Read) -> Draft:
    """Put a definition together of what was read."""
    draft = Draft({})
    data, guesses = draft.data, draft.guesses
    own = re.sub(r"(\.git)?/*$", "", wish.url).rpartition("/")[2].rpartition(":")[2]
    title = (line(own, 100) if is_remote(wish.url) else "") or line(project.title, 100)
    title = title or wish.name
    summary = sentence(project.summary, 144).rstrip(".")
    data |= {"name": wish.name, "title": title, "summary": summary or f"{title}, served to the network"}
    if not summary:
        guesses["summary",] = "guessed: pyproject.toml has no description"
    data["source"] = without_credentials(wish.url)
    entry = _start(draft, entry, project, hints, read)
    _port(draft, wish, entry.arguments, hints)
    if used := sorted(name for name in {*project.needs, *modules_of(entry.modules)} if _GPU.fullmatch(name)):
        data["gpu"], guesses["gpu",] = True, f"guessed: it needs {listed(used, 3)}"
    elif hints.cuda:
        data["gpu"], guesses["gpu",] = True, "guessed: its image is one of CUDA"
    account = wish.name.replace("_", "-")
    data["accounts"] = {"run": f"{account}-user", "build": f"{account}-build"}
    _listen(draft, entry)
    routes = read_routes(entry.modules)
    _page(draft, entry, project, routes)
    _extras(draft, project)
    _folders(draft, entry, read)
    _environment(draft, entry, project)
    parameters = _flags(draft, wish, entry)
    if hints.packages:
        data["packages"] = {"Debian": list(hints.packages), "RedHat": []}
        where = listed(sorted(set(hints.packages.values())))
        guesses["packages",] = (
            f"guessed: what {where} installs; names of Debian and Ubuntu, which another may lack"
        )
    draft.data = {key: data[key] for key in DEFINITION["properties"] if key in data}
    draft.decisions = decisions(wish.hosts, draft.data, entry, project, hints, parameters, read, routes)
    return draft


def _start(draft: Draft, entry: Entry, project: Project, hints: Hints, read: Read) -> Entry:
    """Say what starts, and return ``entry`` with the flags that it takes when it is started so."""
    data, guesses = draft.data, draft.guesses
    data["entry_point"] = entry.path
    if entry.why:
        guesses["entry_point",] = f"guessed: {entry.why}"
    needs = {*project.needs, *modules_of(entry.modules[:1])}
    if start := find_start(entry, hints.start, needs, read.files.paths):
        data["start"] = {"module": start.module}
        if start.arguments:
            data["start"]["arguments"] = list(start.arguments)
        guesses["start",] = f"guessed: {start.why}"
        if start.module == SERVER:
            return replace(entry, arguments=Arguments(), flags_in=entry.path)
    if entry.flags_in != entry.path and entry.arguments:
        data["flags_from"] = entry.flags_in
        guesses["flags_from",] = f"guessed: {entry.path} imports it, by other files or itself"
    return entry


def _port(draft: Draft, wish: Wish, arguments: Arguments, hints: Hints) -> None:
    """The port that people know the service by, or the next that no other service has."""
    flag = flag_of(arguments, PORTS)
    own = int(str(flag.default)) if flag and re.fullmatch(r"\d{1,5}", str(flag.default)) else 0
    if own:
        where = f"the default of {flag.flag}" if flag else ""
    elif hints.port:
        own, where = hints.port[0], f"guessed: {hints.port[1]}"
    else:
        own, where = 8000, "guessed: nothing says one"
    if not 1 <= own <= 65533:
        own, where = 8000, f"guessed: {own}, its own, is none that three ports begin with"
    free = own
    taken = {port + after for port in wish.ports for after in range(_PORTS_EACH)}
    while taken & set(range(free, free + _PORTS_EACH)):
        free = free + 1 if free < 65533 else 1025
    draft.data["port"] = free
    taken_by = f"guessed: {own}, {where.removeprefix('guessed: ')}, is another service's already"
    draft.guesses["port",] = where if free == own else taken_by


def _listen(draft: Draft, entry: Entry) -> None:
    if draft.data.get("start", {}).get("module") == SERVER:
        draft.data["listen"] = {"address_flag": "--host", "port_flag": "--port"}
        draft.guesses["listen",] = f"flags of {SERVER}"
        return
    address, port = flag_of(entry.arguments, ADDRESSES), flag_of(entry.arguments, PORTS)
    draft.data["listen"] = {
        "address_flag": address.flag if address else "--host",
        "port_flag": port.flag if port else "--port",
    }
    missing = [what for what, flag in (("address", address), ("port", port)) if flag is None]
    if missing:
        draft.guesses["listen",] = f"guessed: no flag for the {' and the '.join(missing)} could be read"


def _page(draft: Draft, entry: Entry, project: Project, routes: Routes) -> None:
    """The page that says that the service is ready, and how jobs are given."""
    near = modules_of(entry.modules[:1])
    if not near & _WEB:
        near = modules_of(entry.modules[:_NEAR])
    if "gradio" in near and ("fastapi" not in near or launches(entry.modules[0])):
        draft.data["ready"] = "/config"
        draft.guesses["ready",] = (
            "guessed: it is Gradio's, which opens its port when all is loaded, or before"
        )
        version = gradio_major(project.needs.get("gradio", ""))
        if version is None or version >= 4:
            prefix = "/gradio_api" if version is None or version >= 5 else ""
            draft.data["jobs"] = {
                "join": f"{prefix}/queue/join",
                "stream": f"{prefix}/queue/data",
                "session": "session_hash",
                "call": {"path": f"{prefix}/call/", "event": "event_id"},
                "idle": [f"{prefix}/heartbeat/"],
            }
            draft.guesses["jobs",] = f"guessed: the queue of Gradio {version or 5}"
    elif page := health(entry.modules):
        draft.data["ready"] = page.rstrip("/") or "/"
        draft.guesses["ready",] = "guessed: a page of this name is in the code"
    else:
        page = "/openapi.json" if "fastapi" in near else "/"
        draft.data["ready"] = page
        draft.guesses["ready",] = "guessed: nothing in the code is called health or ready"
    if draft.data["ready"] != "/config" and routes.jobs:
        draft.data["requests"] = {"paths": routes.jobs[:_MOST_PATHS]}
        draft.guesses["requests",] = "guessed by their names: POSTs that are jobs, with what is below each"


def modules_of(programs: Iterable[ast.Module]) -> set[str]:
    """The top names of what ``programs`` import."""
    return {name.partition(".")[0] for program in programs for name in imported(program)}


def gradio_major(bounds: str) -> int | None:
    """The major version of Gradio that ``bounds`` of a requirement come to; None where they leave it open.

    >>> gradio_major("==5.45.0"), gradio_major(">=4,<5"), gradio_major("<5"), gradio_major("")
    (5, 4, 4, None)
    """
    if exact := re.search(r"[=~]=\s*(\d+)", bounds):
        return int(exact[1])
    if below := re.search(r"<\s*(\d+)(?![\d.]*[1-9])", bounds):
        return int(below[1]) - 1
    return int(least[1]) if (least := re.search(r">=?\s*(\d+)", bounds)) and int(least[1]) >= 5 else None


def _extras(draft: Draft, project: Project) -> None:
    wanted = [name for name in project.extras if _WEB_EXTRAS.fullmatch(name.lower())]
    if wanted and project.install != "requirements":
        draft.data["extras"] = wanted
        draft.guesses["extras",] = f"guessed by their names, of {listed(list(project.extras), 12)}"


def _folders(draft: Draft, entry: Entry, read: Read) -> None:
    made = {name for module in entry.modules for name in folders(module)}
    named = sorted(made - read.files.paths - read.files.links)
    found = [name for name in named if not any(name.startswith(f"{other}/") for other in named)]
    if found:
        draft.data["writable"] = found[:20]
        draft.guesses["writable",] = "guessed: the code makes folders of these names"


def _environment(draft: Draft, entry: Entry, project: Project) -> None:
    """Send what libraries write to where the service may."""
    modules = {name.replace("_", "-") for name in modules_of(entry.modules)}
    environment: dict[str, Any] = {"HOME": {"state": "home"}}
    for names, variables in _ROOMS.items():
        if any(re.fullmatch(names, need) for need in modules | project.needs.keys()):
            environment |= variables
    draft.data["environment"] = dict(sorted(environment.items()))
    draft.guesses["environment",] = "guessed: so that what libraries write is below the service's rooms"


def _flags(draft: Draft, wish: Wish, entry: Entry) -> Parameters:
    weights = flag_of(entry.arguments, _WEIGHTS)
    if weights:
        draft.data["weights"] = {"flag": weights.flag}
        draft.guesses["weights",] = "guessed by the flag's name: the folder of a bundle is given to it"
    listen = set(draft.data["listen"].values())
    taken = {*listen, *([weights.flag] if weights else [])}
    parameters = make_parameters(entry.arguments, taken, wish.common)
    if parameters.entries:
        draft.data["parameters"] = parameters.entries
        draft.guesses |= {("parameters", name): comment for name, comment in parameters.guesses.items()}
    return parameters
