"""Reading service definitions: YAML in, :class:`Service` out, or errors with their places."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema

from generator import REPOSITORY as REPOSITORY
from generator import definition_checks as checks
from generator import definition_folders as folders
from generator import puppet_types
from generator.definition_schema import DEFINITION
from generator.errors import FleetError, InputError, InputErrors
from generator.names import alike, quoted
from generator.service import (
    Accounts,
    Call,
    DataType,
    Fill,
    Jobs,
    Listen,
    Parameter,
    Queue,
    Requests,
    RoomPath,
    Service,
    SmokeRequest,
    Start,
    Unset,
    Weights,
)
from generator.yaml_source import Document, load

#: The repository: templates and definitions lie beside the package.
PATTERN = REPOSITORY / "templates" / "pattern.yaml"
SERVICES = REPOSITORY / "hieradata" / "services"


@cache
def _valid_shape() -> Any:
    return fastjsonschema.compile(DEFINITION)


@cache
def load_pattern(path: Path = PATTERN) -> dict[str, Any]:
    """Read what every service has: ``systems``, ``types``, ``parameters`` and ``packages``.

    Raises InputError where the file is no YAML.
    """
    pattern = load(path).data
    assert isinstance(pattern, dict)
    return pattern


def find_definition(name: str, folder: Path = SERVICES) -> Path:
    """Return the path of the definition of the service ``name``.

    Raises FleetError where ``folder`` has none, with the names that look alike.
    """
    known = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if name not in known:
        raise FleetError(f"{quoted(name)}: no such service ({alike(name, known)})")
    return known[name]


def load_service(path: Path) -> Service:
    """Read the definition at ``path``.

    Raises InputError or InputErrors, with line and column, for whatever is wrong with it.
    """
    return _read(path)[1]


def load_services(folder: Path = SERVICES) -> list[Service]:
    """Read every definition in ``folder``, by name.

    Raises InputErrors with the errors of all of them, so that one run shows everything; two services
    that claim the same account, port or folder are an error of the later one.
    """
    services: list[Service] = []
    errors: list[InputError] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            document, service = _read(path)
        except InputErrors as found:
            errors.extend(found.errors)
            continue
        except InputError as found:
            errors.append(found)
            continue
        errors.extend(checks.neighbour_errors(document, service, services))
        services.append(service)
    if errors:
        raise InputErrors(errors)
    return services


def _read(path: Path) -> tuple[Document, Service]:
    document = load(path)
    try:
        _valid_shape()(document.data)
    except fastjsonschema.JsonSchemaValueException as error:
        raise checks.shape_error(document, error) from None
    data: dict[str, Any] = document.data
    pattern = load_pattern()
    types = tuple(
        DataType(name, entry["summary"], _own(entry["type"], data["name"]))
        for name, entry in sorted(pattern["types"].items())
    )
    aliases = {f"{data['name'].capitalize()}::{entry.name}": entry.type for entry in types}
    errors = [
        *checks.name_errors(document, pattern),
        *checks.jobs_errors(document),
        *checks.claim_errors(document, pattern),
        *checks.parameter_errors(document, aliases),
        *folders.folder_errors(document),
        *folders.filled_errors(document),
        *folders.room_errors(document),
    ]
    if errors:
        raise InputErrors(errors)
    return document, _service(data, pattern, types)


def _own(text: str, name: str) -> str:
    """Puppet type text in which ``Self::`` stands for the module's own types."""
    return text.replace("Self::", f"{name.capitalize()}::")


def _service(data: dict[str, Any], pattern: dict[str, Any], types: tuple[DataType, ...]) -> Service:
    data = {"root": f"/opt/{data['name']}", "extras": [], **data}
    aliases = {f"{data['name'].capitalize()}::{entry.name}": entry.type for entry in types}
    common = [
        _common_parameter(name, entry, data)
        for name, entry in pattern["parameters"].items()
        if "needs" not in entry or _has(data, entry["needs"])
    ]
    own = [_own_parameter(name, entry, aliases) for name, entry in data.get("parameters", {}).items()]
    return Service(
        name=data["name"],
        title=data["title"],
        summary=data["summary"],
        source=data["source"],
        port=data["port"],
        root=data["root"],
        gpu=data.get("gpu", False),
        accounts=Accounts(**data["accounts"]),
        entry_point=data["entry_point"],
        flags_from=data.get("flags_from", data["entry_point"]),
        start=_start(**data["start"]) if "start" in data else None,
        listen=Listen(**data["listen"]),
        ready=data["ready"],
        jobs=_jobs(**data["jobs"]) if "jobs" in data else None,
        requests=_requests(**data["requests"]) if "requests" in data else None,
        extras=tuple(data["extras"]),
        writable=tuple(data.get("writable", [])),
        scratch=tuple(data.get("scratch", [])),
        filled={folder: Fill(**how) for folder, how in sorted(data.get("filled", {}).items())},
        weights=Weights(**data["weights"]) if "weights" in data else None,
        packages=_packages(data.get("packages", {}), pattern),
        environment={
            name: RoomPath(*next(iter(value.items()))) if isinstance(value, dict) else value
            for name, value in sorted(data.get("environment", {}).items())
        },
        # what Hiera must give comes first, as puppet-lint wants it
        parameters=tuple(sorted([*common, *own], key=lambda parameter: not parameter.required)),
        types=types,
    )


def _jobs(
    join: str,
    stream: str,
    session: str,
    call: dict[str, str] | None = None,
    function: str | None = None,
    idle: Sequence[str] = (),
) -> Jobs:
    return Jobs(join, stream, session, Call(**call) if call else None, function, tuple(idle))


def _requests(
    paths: Sequence[str],
    queue: dict[str, Any] | None = None,
    idle: Sequence[str] = (),
    smoke: dict[str, Any] | None = None,
) -> Requests:
    return Requests(
        tuple(paths),
        Queue(**{**queue, "results": tuple(queue["results"])}) if queue else None,
        tuple(idle),
        SmokeRequest(**{"file": None, "form": {}, **smoke}) if smoke else None,
    )


def _start(module: str, arguments: Sequence[str] = ()) -> Start:
    return Start(module, tuple(arguments))


def _has(data: dict[str, Any], words: list[str]) -> bool:
    """Whether a definition has one of ``words``, in its jobs or requests where not by itself."""
    inside = data.get("jobs", {}) | data.get("requests", {})
    return any(data.get(word) or word in inside for word in words)


def _common_parameter(name: str, entry: dict[str, Any], data: dict[str, Any]) -> Parameter:
    if "default_from" in entry:
        default = data[entry["default_from"]]
    else:
        default = entry.get("default", Unset.REQUIRED)
    return Parameter(
        name=name,
        type=_own(entry["type"], data["name"]),
        signature=_own(entry.get("signature", entry["type"]), data["name"]),
        default=default,
        doc=entry["doc"],
        flag=entry.get("flag"),
        env=entry.get("env"),
        build_env=tuple(entry.get("build_env", ())),
    )


def _own_parameter(name: str, entry: dict[str, Any], aliases: dict[str, str]) -> Parameter:
    kind = checks.written_as(puppet_types.parse(entry["type"], aliases), aliases)
    return Parameter(
        name=name,
        type=kind,
        signature=kind,
        default=entry.get("default", Unset.REQUIRED),
        doc=" ".join(entry["doc"].split()),
        flag=entry.get("flag"),
        env=entry.get("env"),
    )


def _packages(own: dict[str, list[str]], pattern: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The packages of each supported system: the pattern's and the service's, the most specific list of each.

    A family (Debian, RedHat) stands for its systems; Ubuntu is of the family Debian. `all` is added
    where a service has no list for the family, so that a family can leave a package out.
    """
    packages = {}
    for system in pattern["systems"]:
        distribution, _, _ = system.partition("-")
        family = "Debian" if distribution == "Ubuntu" else distribution
        base = [*pattern["packages"].get("all", []), *pattern["packages"].get(family, [])]
        specific = next((own[key] for key in (system, family, "all") if key in own), [])
        packages[system] = tuple(sorted({*base, *specific}))
    return packages
