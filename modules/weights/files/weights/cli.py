"""The command line. What a verb needs is imported when it is called: Puppet calls `check` on every run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from weights import description
from weights.description import DESCRIPTIONS, Description
from weights.errors import WeightsError
from weights.verified import why_not_whole

if TYPE_CHECKING:
    from weights.store import Store

VERBS = ("list", "check", "fetch", "verify", "prune")

USAGE = """usage: weights SERVICE VERB [FOLDER]

  list [--json]  the bundles of the service: which are here, what needs them, and what old ones would free
  check FOLDER   is the bundle in FOLDER as it was verified? (exit status; sizes and times are looked at)
  fetch FOLDER   bring the bundle in FOLDER to that, from the sources that Puppet was given
  verify         read every file; what is damaged is set aside, and fetched again
  prune          delete what nothing needs: not Puppet, and no release that is kept on this node

example: weights indextts2 fetch IndexTTS-2.5-c39ce5b
exit status: 0 done; 1 the answer is no: the message says why; 2 the input is wrong"""


def main(arguments: Sequence[str], descriptions: str = DESCRIPTIONS) -> int:
    """Run a command line; return the exit status."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0
    service, verb, *rest = [*arguments, ""] if len(arguments) == 1 else arguments
    needs_folder = verb in ("check", "fetch")
    as_json = verb == "list" and rest == ["--json"]
    if verb not in VERBS or (len(rest) != needs_folder and not as_json):
        print(f"weights: {' '.join(arguments)!r} is no command\n{USAGE}", file=sys.stderr)
        return 2
    try:
        return _run(description.load(service, descriptions), verb, *rest)
    except WeightsError as error:
        print(f"weights: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        as_root = isinstance(error, PermissionError) and os.geteuid() != 0
        cure = " (run it as root, or as the account that builds the service)" if as_root else ""
        print(f"weights: {error.filename or 'a file'}: {error.strerror}{cure}", file=sys.stderr)
        return 1


def _run(told: Description, verb: str, *folder: str) -> int:
    if verb == "list":
        _list(told, bool(folder))
    elif verb == "prune":
        _prune(told)
    elif verb == "check":
        said = why_not_whole(f"{told.cache_hub}/{folder[0]}", told.files(folder[0]))
        if said:
            raise WeightsError(said)
    elif verb == "fetch":
        _fetch(told, folder)
    else:
        _verify(told)
    return 0


def _verify(told: Description) -> None:
    """Read all, and fetch again what is damaged; what goes wrong with the one does not hide the other."""
    troubles = []
    for step in (
        _store(told).verify,
        lambda: _fetch(told, _here(told), lambda name: os.path.isdir(f"{told.cache_hub}/{name}")),
    ):
        try:
            step()
        except WeightsError as error:
            troubles.append(str(error))
    if troubles:
        raise WeightsError("\n".join(troubles))


def _list(told: Description, as_json: bool) -> None:
    from weights.listing import as_text, listing

    found = listing(told)
    if as_json:
        import json

        print(json.dumps(found, indent=2, sort_keys=True))
    else:
        print("\n".join(as_text(found)))


def _prune(told: Description) -> None:
    from weights import needs
    from weights.prune import Prune

    Prune(
        told.cache_hub,
        needs=lambda: needs.read(told.cache_hub, told.place),
        known=told.bundles,
        say=_say,
        waits=lambda: print("weights: another weights is at work; waiting for it", file=sys.stderr),
    ).run()


def _fetch(told: Description, folders: Iterable[str], wanted: Callable[[str], bool] = lambda _: True) -> None:
    troubles = []
    for name in folders:
        try:
            store, given = _store(told), told.bundle(name).given
            store.fetch(name, told.files(name), told.sources_of(name), partial(wanted, name), given=given)
        except WeightsError as error:
            troubles.append(f"{name}: {error}")
    if troubles:
        raise WeightsError("\n".join(troubles))


def _store(told: Description) -> Store:
    from weights.store import Store

    return Store(told.cache_hub, _say)


def _say(line: str) -> None:
    print(line, flush=True)


def _here(told: Description) -> Iterator[str]:
    """Name the bundles that are on the node, and whose files are known."""
    for name in sorted(told.bundles):
        if os.path.isdir(f"{told.cache_hub}/{name}") and told.has_list(name):
            yield name
