"""What can be wrong with the folders of a service definition, each with its place; pure functions."""

from __future__ import annotations

from collections.abc import Iterator

from generator.errors import InputError
from generator.yaml_source import Document


def folder_errors(document: Document) -> Iterator[InputError]:
    """Folders that all instances share and each has its own of."""
    for number, folder in enumerate(document.data.get("scratch", [])):
        if folder in document.data.get("writable", []):
            message = f"{folder} is in writable already, which all instances share; take one of the two out"
            yield document.error(("scratch", number), message)


def filled_errors(document: Document) -> Iterator[InputError]:
    """Folders that are filled, and that what the service writes would hide, or another would sweep away."""
    taken = {
        folder: f"{folder} of {word}, which the service writes"
        for word in ("writable", "scratch")
        for folder in document.data.get(word, [])
    }
    for folder in document.data.get("filled", {}):
        for other, what in taken.items():
            if f"{folder}/".startswith(f"{other}/") or f"{other}/".startswith(f"{folder}/"):
                message = f"{folder} cannot be filled beside {what}; take one of the two out"
                yield document.error(("filled", folder), message, key=True)
        taken[folder] = f"{folder}, which is filled"


def room_errors(document: Document) -> Iterator[InputError]:
    """Variables and folders below the weights of a service that has none; weights that it never finds."""
    below = [
        (word, name)
        for word in ("environment", "filled")
        for name, value in document.data.get(word, {}).items()
        if isinstance(value, dict) and "weights" in value
    ]
    weights = document.data.get("weights")
    if weights is None:
        for word, name in below:
            message = f"{name} is below weights, and the service has none (weights says that it has some)"
            yield document.error((word, name), message)
    elif not weights and not below:
        message = (
            "weights are found by nothing: give them a flag, or name a variable of environment or a folder of"
            " filled below them"
        )
        yield document.error(("weights",), message)
