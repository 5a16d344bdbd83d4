"""What a service is: the data that templates, schemas and checks are made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Unset(Enum):
    """The default of a parameter that has none."""

    REQUIRED = "required"


@dataclass(frozen=True)
class Parameter:
    """A parameter of the service's class.

    ``type`` is a Puppet data type and the truth for schemas and documentation; ``signature`` is the
    type that the class declares. A value reaches the service as ``flag`` or ``env``, and installs as
    each of ``build_env``.
    """

    name: str
    type: str
    signature: str
    default: Any
    doc: str
    flag: str | None = None
    env: str | None = None
    build_env: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether a value has to come from Hiera."""
        return self.default is Unset.REQUIRED


@dataclass(frozen=True)
class DataType:
    """A data type of the module's own: ``Module::Name``."""

    name: str
    summary: str
    type: str


@dataclass(frozen=True)
class RoomPath:
    """A path below one of a service's rooms on the node: ``state``, ``cache_hub``, or ``weights``.

    The last is the folder of the release's weights, and nowhere for a release that has none.
    """

    room: str
    path: str


@dataclass(frozen=True)
class Accounts:
    """The accounts of a service: ``run`` runs it, ``build`` builds what it runs."""

    run: str
    build: str


@dataclass(frozen=True)
class Listen:
    """The flags by which the entry point is told where to listen."""

    address_flag: str
    port_flag: str


@dataclass(frozen=True)
class Weights:
    """How a service finds its weights: ``flag`` names their folder, which it only reads.

    Without one it finds them by a variable, or in a folder of its checkout that is filled with them.
    """

    flag: str | None = None


@dataclass(frozen=True)
class Fill:
    """How a folder of the checkout is filled at install, for the service only to read: by one of the two.

    ``python`` is a line that the release's own environment runs in the checkout; ``weights`` is a folder of
    the release's weights (``.`` is all of them), whose files are linked.
    """

    python: str | None = None
    weights: str | None = None


@dataclass(frozen=True)
class Call:
    """A job without a session: a POST below ``path`` is answered with the field ``event``.

    The GET whose last step is that event brings the job's result.
    """

    path: str
    event: str


@dataclass(frozen=True)
class Jobs:
    """How a job looks to the front: ``join`` (POST) asks for it and ``stream`` (GET) brings its result.

    Both carry the field ``session``, join in its JSON body and stream in its query. What begins with one of
    ``idle`` never ends and is no job. ``function`` is Gradio's name of what makes audio.
    """

    join: str
    stream: str
    session: str
    call: Call | None
    function: str | None
    idle: tuple[str, ...]


@dataclass(frozen=True)
class Queue:
    """Jobs that go on after their POST is answered.

    Its answer has the field ``answer``; a request below one of ``results`` whose last step is that asks for
    what became of the job. At the page ``left`` the web UI says in the field ``count`` of its JSON (a.b) how
    many jobs it has.
    """

    answer: str
    results: tuple[str, ...]
    left: str
    count: str


@dataclass(frozen=True)
class SmokeRequest:
    """How a release is asked for a job before it serves: by a POST to ``path`` about an operator's file.

    The file is the body, or the field ``file`` of a form with the fields ``form``. In the JSON that the job
    ends in, ``answer`` (a.b, with * for whatever name) has to say something.
    """

    path: str
    answer: str
    file: str | None
    form: dict[str, str]


@dataclass(frozen=True)
class Requests:
    """Jobs of an HTTP API: each is a POST below one of ``paths``.

    Its answer is its end, unless there is a ``queue``. What begins with one of ``idle`` never ends and is no
    job.
    """

    paths: tuple[str, ...]
    queue: Queue | None
    idle: tuple[str, ...]
    smoke: SmokeRequest | None


@dataclass(frozen=True)
class Start:
    """A module of Python that starts the entry point, and its first arguments."""

    module: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Service:
    """A service, as its definition and the pattern say it."""

    name: str
    title: str
    summary: str
    source: str
    port: int
    root: str
    gpu: bool
    accounts: Accounts
    entry_point: str
    #: the file whose source shows the flags
    flags_from: str
    #: how the entry point is started, where not by itself
    start: Start | None
    listen: Listen
    ready: str
    jobs: Jobs | None
    requests: Requests | None
    extras: tuple[str, ...]
    #: folders of the checkout that it writes
    writable: tuple[str, ...]
    #: the same, but each instance has one of its own
    scratch: tuple[str, ...]
    #: folders of the checkout that it only reads, and how each is filled
    filled: dict[str, Fill]
    weights: Weights | None
    packages: dict[str, tuple[str, ...]]
    environment: dict[str, str | RoomPath]
    parameters: tuple[Parameter, ...]
    types: tuple[DataType, ...]

    @property
    def speaks(self) -> bool:
        """Whether a switch can have it say a text before it serves: a job of it has a ``function``."""
        return self.jobs is not None and self.jobs.function is not None

    @property
    def smoke(self) -> SmokeRequest | None:
        """How a release is asked for a job of its HTTP API before it serves."""
        return self.requests.smoke if self.requests else None

    @property
    def command(self) -> tuple[str, ...]:
        """The first words that the release's Python is started with."""
        if self.start is None:
            return (self.entry_point,)
        return ("-m", self.start.module, *self.start.arguments)

    @property
    def entrance(self) -> str:
        """The backend of the front through which each new job comes."""
        if self.jobs:
            return "joins"
        return "tasks" if self.requests else "pages"

    @property
    def backends(self) -> tuple[str, ...]:
        """The backends of the front whose running requests hold up a drain."""
        if self.jobs:
            return ("joins", "streams", "pages")
        if self.requests:
            return ("tasks", *(["results"] if self.requests.queue else []), "pages")
        return ("pages",)

    @property
    def idle(self) -> tuple[str, ...]:
        """The paths whose requests never end, and hold nothing up."""
        said = self.jobs or self.requests
        return said.idle if said else ()

    @property
    def front(self) -> str:
        """The systemd unit of the front, which listens on ``port``."""
        return f"{self.name}-front.service"

    @property
    def webui(self) -> str:
        """The systemd template whose instances, one for each slot of a card, are the web UIs."""
        return f"{self.name}-webui"

    @property
    def namespace(self) -> str:
        """The module's name as it stands in names of data types: ``Indextts2``."""
        return self.name.capitalize()

    @property
    def room_paths(self) -> list[RoomPath]:
        """The paths below rooms that the environment names, each once and sorted."""
        paths = {value for value in self.environment.values() if isinstance(value, RoomPath)}
        return sorted(paths, key=lambda p: (p.room, p.path))

    @property
    def cache_folders(self) -> list[str]:
        """The folders below ``cache_hub`` that the service itself fills."""
        return sorted(p.path for p in self.room_paths if p.room == "cache_hub")

    @property
    def made_folders(self) -> list[str]:
        """The folders of the checkout whose content is none of its commit's."""
        return sorted({*self.mount_points, *self.filled})

    @property
    def mount_points(self) -> list[str]:
        """The folders of the checkout that a folder in ``state`` is bound over, outer ones first."""
        return sorted({*self.writable, *self.scratch})

    def inside(self, scratch: str) -> list[str]:
        """Return the folders of ``writable`` in the folder ``scratch``, relative to it."""
        return [
            folder.removeprefix(f"{scratch}/") for folder in self.writable if folder.startswith(f"{scratch}/")
        ]

    @property
    def state_folders(self) -> list[str]:
        """The folders below ``state`` that the service writes."""
        return sorted(
            {*self.writable, *self.scratch, *(p.path for p in self.room_paths if p.room == "state")}
        )
