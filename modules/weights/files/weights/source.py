"""Where a bundle is: a folder, a web server, a bucket of S3, or the model hub."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from weights.errors import WeightsError
from weights.models import Model, given

#: The model hub, where no mirror of it is named.
HUB = "https://huggingface.co"
#: The other hub: the same repositories, at revisions of its own. Bytes are held against their digests anyway.
MODELSCOPE = "https://modelscope.cn/models"
_NEWEST = "master"

_BUCKET = re.compile(r"s3://[A-Za-z0-9][\w.-]{2,62}(/[^\s\"'@]*)?", re.ASCII)


class Access(NamedTuple):
    """How buckets of S3 are asked: at an ``endpoint``, or Amazon's, with a file of ``credentials``.

    Without one, by what the machine itself may, or as anybody.
    """

    endpoint: str | None = None
    region: str | None = None
    credentials: str | None = None


#: As whoever runs the program has it said to Amazon's own tools.
OWN = Access()


class Source(NamedTuple):
    """A place that has a bundle: each of its files is at its path below ``base``, a folder or an address.

    Some may have ``addresses`` of their own. A hub (``is_hub``) is everybody's: it is not asked while a
    mirror can help; it has the bundle's ``models`` in other repositories, each below an address of its own. A
    bucket has ``access``: its files have addresses once they are signed.
    """

    base: str
    is_hub: bool = False
    addresses: Mapping[str, str] = {}
    access: Access | None = None
    models: tuple[tuple[Model, str], ...] = ()

    @property
    def is_web(self) -> bool:
        """Whether it is asked by HTTP."""
        return self.base.startswith(("http://", "https://", "s3://"))

    def at(self, path: str) -> str:
        """Say where the bundle's file at ``path`` is."""
        for model, base in self.models:
            found = model.in_repository(path)
            if found is not None:
                return f"{base}/{found}"
        return self.addresses.get(path) or f"{self.base}/{path}"


class Bundle(NamedTuple):
    """A bundle as its sources know it: the ``folder`` that mirrors keep it in, and where it is on the hub.

    Of its repository it has the ``files``, or all where that is None; its ``models`` are in repositories of
    their own there.
    """

    folder: str
    repository: str
    revision: str
    models: tuple[Model, ...] = ()
    files: tuple[str, ...] | None = None

    @property
    def given(self) -> dict[str, str]:
        """The files that the catalogue itself gives, with their content; no hub has them."""
        return given(self.models)


def is_word(text: str) -> bool:
    """Say whether a source is no folder."""
    return text in ("hub", "modelscope") or "://" in text


def find(text: str, bundle: Bundle, hub: str = HUB, access: Access = OWN) -> Source:
    """Say where ``bundle`` is, from an operator's word for a source.

    That is a folder, or the address of one on a web server or in a bucket of S3, in which bundles lie as on a
    node; ``hub``, or ``modelscope``. Raises WeightsError for anything else.
    """
    if text == "hub":
        return _hub(hub.rstrip("/"), bundle.repository, bundle.revision, bundle.models)
    if text == "modelscope":
        models = [model._replace(repository=model.modelscope or model.repository) for model in bundle.models]
        there = tuple(model._replace(revision=_NEWEST) for model in models)
        return _hub(MODELSCOPE, bundle.repository, _NEWEST, there)
    if text.startswith(("/", "http://", "https://")):
        return Source(f"{text.rstrip('/')}/{bundle.folder}")
    if _BUCKET.fullmatch(text):
        return Source(f"{text.rstrip('/')}/{bundle.folder}", access=access)
    known = "a folder's absolute path, http(s)://..., s3://BUCKET/PREFIX, hub or modelscope"
    raise WeightsError(f"{text!r} is no source ({known})")


def _hub(address: str, repository: str, revision: str, models: Sequence[Model]) -> Source:
    """Say where a hub has a bundle and its models: each file at a path below its repository's revision."""
    bases = tuple((model, f"{address}/{model.repository}/resolve/{model.revision}") for model in models)
    return Source(f"{address}/{repository}/resolve/{revision}", True, models=bases)
