"""Reading service definitions: YAML in, :class:`Service` out, or errors with their places."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema

from generator import puppet_types
from generator.definition_schema import DEFINITION, RESERVED_MODULES, RESERVED_PARAMETERS
from generator.errors import InputError, InputErrors
from generator.service import Accounts, DataType, Listen, Parameter, RoomPath, Service, Unset, Weights
from generator.yaml_source import Document, load

#: The repository: templates and definitions lie beside the package.
REPOSITORY = Path(__file__).resolve().parent.parent
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


def load_service(path: Path) -> Service:
    """Read the definition at ``path``.

    Raises InputError or InputErrors, with line and column, for whatever is wrong with it.
    """
    document = load(path)
    _check_shape(document)
    data: dict[str, Any] = document.data
    pattern = load_pattern()
    types = tuple(
        DataType(name, entry["summary"], _own(entry["type"], data["name"]))
        for name, entry in sorted(pattern["types"].items())
    )
    aliases = {f"{data['name'].capitalize()}::{entry.name}": entry.type for entry in types}
    errors = [*_check_names(document, pattern), *_check_parameters(document, aliases)]
    if errors:
        raise InputErrors(errors) if len(errors) > 1 else errors[0]
    return _service(data, pattern, types)


def load_services(folder: Path = SERVICES) -> list[Service]:
    """Read every definition in ``folder``, by name.

    Raises InputErrors with the errors of all of them, so that one run shows everything; two services
    that claim the same account or port are an error of the later one.
    """
    services: list[Service] = []
    errors: list[InputError] = []
    claims: dict[tuple[str, str | int], str] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            service = load_service(path)
        except InputErrors as found:
            errors.extend(found.errors)
            continue
        except InputError as found:
            errors.append(found)
            continue
        services.append(service)
        errors.extend(_check_claims(path, service, claims))
    if errors:
        raise InputErrors(errors)
    return services


def _check_claims(path: Path, service: Service, claims: dict[tuple[str, str | int], str]) -> list[InputError]:
    """Errors for what ``service`` claims and another service has in ``claims``; adds its own claims."""
    errors = []
    mine: dict[tuple[str, str | int], tuple[str, ...]] = {
        ("account", service.accounts.run): ("accounts", "run"),
        ("account", service.accounts.build): ("accounts", "build"),
        ("port", service.port): ("port",),
        ("folder", service.root): ("root",),
    }
    for claim, place in mine.items():
        owner = claims.setdefault(claim, service.name)
        if owner != service.name:
            kind, value = claim
            errors.append(load(path).error(place, f"{kind} {value} is {owner}'s already; give {service.name} another"))
    return errors


def _check_shape(document: Document) -> None:
    try:
        _valid_shape()(document.data)
    except fastjsonschema.JsonSchemaValueException as error:
        # error.path starts with the root's name, 'data'
        place = tuple(error.path[1:])
        extra = _unknown_key(error, document.data, place)
        if extra is not None:
            known = sorted(error.definition.get("properties", {})) or sorted(error.definition["patternProperties"])
            message = f"{extra} is no key here (known: {', '.join(known)})"
            raise document.error((*place, extra), message, key=True) from None
        raise document.error(place, _plain(error)) from None
    name = document.data["name"]
    if name in RESERVED_MODULES:
        raise document.error(("name",), f"{name} is taken by Puppet or by a hand-written module; choose another name")
    if name != document.path.stem:
        raise document.error(("name",), f"{name} must be the file's name ({document.path.stem})")


def _unknown_key(error: Any, data: Any, place: tuple[str | int, ...]) -> str | None:
    """The first key that a mapping must not have, where that is what ``error`` is about."""
    if error.rule != "additionalProperties":
        return None
    import re

    for step in place:
        data = data[step]
    for key in data:
        if key in error.definition.get("properties", {}):
            continue
        if not any(re.search(pattern, key) for pattern in error.definition.get("patternProperties", {})):
            return str(key)
    return None


def _plain(error: Any) -> str:
    """The validator's message without its name for the root."""
    name, _, rest = error.message.partition(" ")
    subject = name.removeprefix("data").lstrip(".") or "the definition"
    value = f" (it is {error.value!r})" if isinstance(error.value, str | int | float | bool | None) else ""
    if error.rule == "pattern":
        what = error.rule_definition
        return f"{subject} must match {what}{value}"
    return f"{subject} {rest}{value}"


def _check_names(document: Document, pattern: dict[str, Any]) -> list[InputError]:
    data = document.data
    errors = []
    if data["accounts"]["run"] == data["accounts"]["build"]:
        message = "must not be the account that runs the service: what runs must not be able to change its code"
        errors.append(document.error(("accounts", "build"), message))
    for role, account in data["accounts"].items():
        if account == "root":
            errors.append(document.error(("accounts", role), "root runs and builds nothing; name an account of its own"))
    for name in data.get("parameters", {}):
        if name in RESERVED_PARAMETERS or name in pattern["parameters"]:
            owner = "Puppet" if name in RESERVED_PARAMETERS else "every service"
            errors.append(document.error(("parameters", name), f"{name} is {owner}'s already; rename it", key=True))
    for system in data.get("packages", {}):
        known = {"all", *pattern["systems"], *(s.partition("-")[0] for s in pattern["systems"])} - {"Ubuntu"}
        if system not in known:
            message = f"{system} is no supported system (known: {', '.join(sorted(known))})"
            errors.append(document.error(("packages", system), message, key=True))
    return errors


def _check_parameters(document: Document, aliases: dict[str, str]) -> list[InputError]:
    """Types that can be expressed, defaults of their type, and only values that a flag or variable can carry."""
    errors = []
    data = document.data
    seen = {flag: "listen" for flag in data["listen"].values()} | dict.fromkeys(data.get("environment", {}), "environment")
    if "weights" in data:
        seen[data["weights"]["flag"]] = "weights"
    for name, entry in data.get("parameters", {}).items():
        place = ("parameters", name)
        try:
            kind = puppet_types.parse(entry["type"], aliases)
        except puppet_types.PuppetTypeError as error:
            errors.append(document.error((*place, "type"), str(error)))
            continue
        if "default" in entry:
            problem = puppet_types.check(kind, entry["default"])
            if problem:
                errors.append(document.error((*place, "default"), f"the default of {name}: {problem}"))
        for carrier in ("flag", "env"):
            value = entry.get(carrier)
            if value is None:
                continue
            if value in seen:
                errors.append(document.error((*place, carrier), f"{value} is set by {seen[value]} already"))
            seen[value] = name
    return errors


def _own(text: str, name: str) -> str:
    """Puppet type text in which ``Self::`` stands for the module's own types."""
    return text.replace("Self::", f"{name.capitalize()}::")


def _service(data: dict[str, Any], pattern: dict[str, Any], types: tuple[DataType, ...]) -> Service:
    data = {"root": f"/opt/{data['name']}", "extras": [], **data}
    weights = data.get("weights")
    parameters = [
        _parameter(name, entry, data)
        for source in (pattern["parameters"], data.get("parameters", {}))
        for name, entry in source.items()
    ]
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
        listen=Listen(**data["listen"]),
        ready=data["ready"],
        extras=tuple(data["extras"]),
        writable=tuple(data.get("writable", [])),
        weights=Weights(weights["flag"], tuple(weights.get("writable", []))) if weights else None,
        packages=_packages(data.get("packages", {}), pattern),
        environment={
            name: RoomPath(*next(iter(value.items()))) if isinstance(value, dict) else value
            for name, value in sorted(data.get("environment", {}).items())
        },
        # what Hiera must give comes first, as puppet-lint wants it
        parameters=tuple(sorted(parameters, key=lambda parameter: not parameter.required)),
        types=types,
    )


def _parameter(name: str, entry: dict[str, Any], data: dict[str, Any]) -> Parameter:
    if "default_from" in entry:
        default = data[entry["default_from"]]
    else:
        default = entry.get("default", Unset.REQUIRED)
    return Parameter(
        name=name,
        type=_own(entry["type"], data["name"]),
        signature=_own(entry.get("signature", entry["type"]), data["name"]),
        default=default,
        doc=" ".join(entry["doc"].split()),
        flag=entry.get("flag"),
        env=entry.get("env"),
        build_env=tuple(entry.get("build_env", ())),
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
