"""What Puppet says of a service's weights, in /etc/weights/SERVICE.json, and the lists of files beside it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from weights.bundle import File, ListError, parse
from weights.errors import WeightsError
from weights.models import faults, lacking, read
from weights.source import HUB, Access, Bundle, Source, find

DESCRIPTIONS = "/etc/weights"

_SERVICE = re.compile(r"[a-z][a-z0-9_-]{0,62}")


class Description(NamedTuple):
    """The weights of a service: where they are kept, where they come from, and which ``bundles`` there are.

    A bundle is named by its folder below ``cache_hub``; ``access`` is how buckets are asked; ``lists`` has
    the digest of its list of files, which is below ``place``. What Puppet wants (``wanted``) and what
    ``units``, patterns of files, name is needed.
    """

    place: str
    cache_hub: str
    sources: tuple[str, ...]
    hub: str
    access: Access
    bundles: Mapping[str, Bundle]
    lists: Mapping[str, str]
    wanted: str | None
    units: tuple[str, ...]

    def bundle(self, folder: str) -> Bundle:
        """Find a bundle by its folder. Raises WeightsError where there is none."""
        if folder not in self.bundles:
            known = ", ".join(sorted(self.bundles)) or "none"
            raise WeightsError(f"{folder!r} is no bundle of this service (there is: {known})")
        return self.bundles[folder]

    def sources_of(self, folder: str) -> list[Source]:
        """Say where a bundle may be fetched from, in order. Raises WeightsError."""
        return [find(text, self.bundle(folder), self.hub, self.access) for text in self.sources]

    def has_list(self, folder: str) -> bool:
        """Whether the node has the list of a bundle; Puppet sees to that while a release needs it."""
        try:
            self.files(folder)
        except WeightsError:
            return False
        return True

    def files(self, folder: str) -> tuple[File, ...]:
        """Read the list of a bundle's files. Raises WeightsError where it is not the one that is wanted."""
        self.bundle(folder)
        path = f"{self.place}/lists/{self.lists[folder]}.json"
        try:
            with open(path, "rb") as stream:
                content = stream.read()
        except OSError as error:
            raise WeightsError(f"{path}: {error.strerror} (a Puppet run fetches it)") from None
        found = hashlib.sha256(content).hexdigest()
        if found != self.lists[folder]:
            raise WeightsError(f"{path}: was changed: its sha256 is {found} (a Puppet run puts it back)")
        try:
            files = parse(content.decode())
        except (ListError, UnicodeDecodeError) as error:
            raise WeightsError(f"{path}: {error}") from None
        absent = lacking(self.bundle(folder).models, [file.path for file in files])
        if absent:
            lacks = f"lacks {', '.join(absent)} of the bundle's models"
            raise WeightsError(f"{path}: {lacks} (fleet weights lock)")
        return files


def services(descriptions: str = DESCRIPTIONS) -> list[str]:
    """List the services that Puppet has described on this node."""
    names = os.listdir(descriptions) if os.path.isdir(descriptions) else []
    return sorted(name[:-5] for name in names if name.endswith(".json") and _SERVICE.fullmatch(name[:-5]))


def load(service: str, descriptions: str = DESCRIPTIONS) -> Description:
    """Read a service's description. Raises WeightsError where it is missing or wrong."""
    path = f"{descriptions}/{service}.json"
    if service not in services(descriptions):
        known = ", ".join(services(descriptions)) or "none; Puppet writes them"
        raise WeightsError(f"{service!r} is no service of {descriptions} (there is: {known})")
    try:
        with open(path) as stream:
            return _description(descriptions, json.load(stream))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        cure = "a Puppet run writes it anew; puppet agent --test"
        raise WeightsError(f"{path}: {type(error).__name__}: {error} ({cure})") from None


def _description(place: str, data: dict[str, Any]) -> Description:
    bundles = data["bundles"]
    return Description(
        place=place,
        cache_hub=data["cache_hub"],
        sources=tuple(data["sources"]),
        hub=data["hub"] or HUB,
        access=Access(**data["s3"]),
        bundles={name: _bundle(name, one) for name, one in bundles.items()},
        lists={name: one["files_sha256"] for name, one in bundles.items()},
        wanted=data["wanted"],
        units=tuple(data["units"]),
    )


def _bundle(folder: str, data: dict[str, Any]) -> Bundle:
    models = read(data.get("models", {}))
    for place, said in faults(models):
        raise WeightsError(f"{folder}: {place!r} {said}: correct models in the catalogue")
    return Bundle(folder, data["repository"], data["revision"], models)
