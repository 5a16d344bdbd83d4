"""Downloading a bundle from the model hub by the hub's own client, to lock what it sends."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from generator.errors import FleetError
from generator.git_reason import without_credentials
from weights.models import Model
from weights.source import HUB, Bundle

#: Before the name of a repository that is a space, in the catalogue as in addresses of the hub.
_SPACES = "spaces/"
#: Below the folder of a bundle: files that have another name in it than in their repositories.
_BESIDE = ".models"


def hub() -> str:
    """Give the address of the hub: HF_ENDPOINT, or that of the hub that everybody uses.

    Raises FleetError where it is no address.
    """
    address = os.environ.get("HF_ENDPOINT") or HUB
    if not address.startswith(("http://", "https://")):
        raise FleetError(f"HF_ENDPOINT={address}: is no address (https://... or http://...)")
    return address


def download(bundle: Bundle, endpoint: str, target: Path) -> set[str]:
    """Download ``bundle``, each of its models to its place, from the hub at ``endpoint`` into ``target``.

    What a killed run has left is gone on with; how far it is is shown where there is a terminal. Returns the
    paths of the bundle's files: others in ``target`` are what an earlier catalogue wanted.

    Raises FleetError where the client is not installed, or cannot have it.
    """
    brought: set[str] = set()
    if bundle.files != ():
        brought |= set(_snapshot(bundle.repository, bundle.revision, endpoint, target, bundle.files or ()))
    for model in bundle.models:
        if model.path is None:
            there = _snapshot(model.repository, model.revision, endpoint, target / model.place, model.files)
            brought |= {f"{model.place}/{path}" for path in there}
        else:
            _download_file(model, model.path, endpoint, target)
            brought.add(model.place)
    for path, content in bundle.given.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(content)
    return brought | set(bundle.given)


def _download_file(model: Model, path: str, endpoint: str, target: Path) -> None:
    beside = target / _BESIDE / model.repository.replace("/", "--")
    _snapshot(model.repository, model.revision, endpoint, beside, [path])
    place = target / model.place
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    if (beside / path).exists():
        os.link(beside / path, place)


def _snapshot(
    repository: str, revision: str, endpoint: str, target: Path, files: Sequence[str] = ()
) -> list[str]:
    """Download ``files`` of a repository, or all of them where none are named; list them.

    Raises FleetError where the client is not installed, or cannot have it.
    """
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
        from requests.exceptions import RequestException
    except ImportError:
        raise FleetError("huggingface_hub is not installed (make setup installs it)") from None
    name = repository.removeprefix(_SPACES)
    kind = "space" if repository.startswith(_SPACES) else "model"
    client = HfApi(endpoint)
    try:
        there = client.repo_info(name, revision=revision, repo_type=kind).siblings or []
        client.snapshot_download(
            name, repo_type=kind, revision=revision, local_dir=target, allow_patterns=list(files) or None
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, RequestException) as error:
        why = next(iter(str(error).strip().splitlines()), type(error).__name__)
        said = f"{endpoint}: cannot download {repository} at {revision}: {why}"
        raise FleetError(without_credentials(said)) from None
    return [file.rfilename for file in there if not files or file.rfilename in files]
