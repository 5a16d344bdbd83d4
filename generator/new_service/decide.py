"""What no reading of a repository tells, and a person has to decide before nodes serve it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from generator.new_service.code import variables
from generator.new_service.entry import ADDRESSES, PORTS, Entry, flag_of
from generator.new_service.files import Files
from generator.new_service.hints import Hints
from generator.new_service.parameters import Parameters
from generator.new_service.project import Project
from generator.new_service.routes import Routes
from generator.new_service.start import SERVER, imports_by_dots
from generator.new_service.words import listed

#: Folders of a checkout in which people look for weights.
_MODELS = re.compile(r"(models?|checkpoints|ckpts?|weights|pretrained_models)/(?!.*\.py$)")
_HOST = re.compile(r"(?:\w+://(?:[^/@]*@)?|[\w.-]+@)([\w.-]+)[:/]")


@dataclass(frozen=True)
class Read:
    """What was read: the ``files`` of a commit, and whether it has a ``tag`` that can be pinned."""

    files: Files
    tagged: bool


def is_remote(source: str) -> bool:
    """Whether nodes may reach a source, too: it is no folder of a desk."""
    return _HOST.match(source) is not None and not source.startswith("file:")


def decisions(
    hosts: Collection[str] | None,
    data: dict[str, Any],
    entry: Entry,
    project: Project,
    hints: Hints,
    parameters: Parameters,
    read: Read,
    routes: Routes,
) -> list[str]:
    """List what is left to decide about the definition ``data``, what keeps it from serving first.

    ``hosts`` are those that files of the repository may name, None where it does not say so.
    """
    return [
        *_start(data, entry),
        *_install(data, project, read),
        *_source(hosts, data, read),
        *_jobs(data, routes),
        *_serve(data, read.files, hints),
        *_flags(parameters),
        *_variables(entry),
        *_unread(entry, read.files),
        f"which nodes have it: include {data['name']} in a profile of a role (docs/NEW_SERVICE.md)",
    ]


def _start(data: dict[str, Any], entry: Entry) -> Iterator[str]:
    module = data.get("start", {}).get("module")
    names = {"address": (ADDRESSES, "address_flag"), "port": (PORTS, "port_flag")}
    for what, (flags, word) in names.items():
        if flag_of(entry.arguments, flags) is None and module != SERVER:
            yield (
                f"how {entry.path} is told its {what}: no flag for it could be read, and listen.{word}, which"
                f" is {data['listen'][word]} now, can say nothing else than a flag"
            )
    for line in entry.arguments.unread:
        yield f"flags that could not be read: {entry.flags_in}, {line} (compare with its --help)"
    if module is None and imports_by_dots(entry.modules[0]):
        yield f"how {entry.path} is started: it imports by dots, so no file that Python starts is it"
    if not entry.arguments:
        yield f"how {entry.path} is set up: neither argparse nor click is seen in it, or in what it imports"


def _variables(entry: Entry) -> Iterator[str]:
    if found := variables(entry.modules):
        yield f"variables that the code reads (environment, or a parameter's env): {listed(found, 12)}"


def _install(data: dict[str, Any], project: Project, read: Read) -> Iterator[str]:
    if project.install is None:
        others = (
            f"; {listed(list(project.others), 4)} would need a word of their own" if project.others else ""
        )
        yield f"how it is installed: no uv.lock, pyproject.toml or requirements.txt is at its top{others}"
    elif project.install == "requirements" and project.loose:
        total = project.loose + project.locked
        pinned = f"requirements.txt pins {project.locked} of {total}"
        yield f"which versions it gets: {pinned}, and each build takes the newest of the others"
    elif project.install == "project":
        yield "which versions it gets: pyproject.toml is no lock, and each build takes the newest that fit"
    if project.install is not None and project.others:
        others = listed(list(project.others), 4)
        yield f"whether {others} are needed, too: only {project.installs} is installed"
    if project.indexes:
        yield "requirements.txt names package indexes: nodes have index_url and torch_index_url for that"
    if project.extras and project.install != "requirements" and "extras" not in data:
        yield f"which extras it is served with, of {listed(list(project.extras), 12)}"
    if project.python is None:
        yield "its Python: nothing says which (fleet pin … --python)"
    if read.files.submodules:
        yield f"submodules, which no checkout has: {listed(sorted(read.files.submodules))}"


def _source(hosts: Collection[str] | None, data: dict[str, Any], read: Read) -> Iterator[str]:
    host = _HOST.match(data["source"])
    if host is None or not is_remote(data["source"]):
        yield "source: nodes fetch from it, and this one is a folder of a desk"
    elif hosts is not None and host[1].lower() not in hosts:
        yield f"whether files may name {host[1]}: fleet lint wants it in setup/hosts.txt"
    if not read.tagged:
        yield "its releases: it has no tag, and a release is a tag (ask for one, or keep a copy with some)"


def _jobs(data: dict[str, Any], routes: Routes) -> Iterator[str]:
    """What of its jobs is not seen: of Gradio's queue little, of an HTTP API how one ends."""
    if "jobs" in data:
        yield "jobs: what the smoke request calls (jobs.function), and whether the page has this queue"
        return
    if "requests" in data:
        one = f"; {listed(routes.results, 4)} … may tell of one" if routes.results else ""
        yield (
            "requests: whether the answer of such a POST is the end of its job, or the job waits in a queue"
            f" of the service's own (requests.queue){one}"
        )
        yield "requests: what a release is asked for before it serves (requests.smoke)"
    else:
        yield "requests: which POSTs are jobs, if jobs take long; none was seen that is called so"
    if routes.others:
        yield f"requests: POSTs that are taken for no jobs: {listed(routes.others, 12)}"
    if mounted := [prefix for prefix in routes.mounted if prefix not in ("", "/")]:
        yield f"requests: what is below {listed(mounted)}, where routers are mounted; no path has that yet"
    if routes.sockets or "/ws" in routes.gets:
        sockets = sorted({*routes.sockets, *({"/ws"} & {*routes.gets})})
        yield f"requests: whether {listed(sockets)} never ends, and so is to hold up no drain (requests.idle)"


def _serve(data: dict[str, Any], files: Files, hints: Hints) -> Iterator[str]:
    yield f"whether {data['ready']} answers 200 only when it is ready to work, and not before (ready)"
    if "weights" in data:
        yield f"weights: which repository has them (fleet weights lock {data['name']} NAME --from hub)"
    else:
        folders = sorted({path.split("/")[0] for path in files.paths if _MODELS.match(path)})
        beside = f", as {listed(folders)} of its checkout may be" if folders else ""
        yield (
            "weights: where they come from, since no flag takes a folder of them (weights.flag);"
            f" empty `weights` with a folder that is filled with them (filled{beside}), or with a variable"
            " that names a folder of them (HF_HUB_CACHE of environment), keep it from downloading them"
        )
    if "writable" not in data:
        yield "writable: which folders of its checkout it writes; none was seen, and all else is read-only"
    if hints.packages:
        yield "packages: what Red Hat's systems call them, and which only the image's build wanted"
    else:
        yield "packages: whether it calls programs of the system, such as ffmpeg; no Dockerfile said"
    yield "memory of a card that it needs (vram_mib, least_vram_mib and compute_capability of its pin)"


def _flags(parameters: Parameters) -> Iterator[str]:
    if parameters.entries:
        yield "parameters: strike out those that no operator sets (extra_args gives any flag)"
    if parameters.secret:
        yield f"secrets, which no command line may hold, so left out: {listed(list(parameters.secret), 12)}"
    if parameters.many:
        some = listed(list(parameters.many), 12)
        yield f"flags of several words, which no parameter can hold, so left out: {some}"
    if parameters.other:
        yield f"flags whose names are no parameter's, so left out: {listed(list(parameters.other), 12)}"


def _unread(entry: Entry, files: Files) -> Iterator[str]:
    for why in sorted(set(files.unread.values())):
        paths = sorted(path for path, each in files.unread.items() if each == why)
        yield f"what was not read, since it {why}: {listed(paths)}"
    if files.hostile:
        some = listed(files.hostile, 3)
        yield f"names of files that a terminal or a shell would obey ({len(files.hostile)}): {some}"
