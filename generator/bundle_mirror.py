"""Filling a folder with the bundles of weights that the catalogues have."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from generator.bundle_models import unlisted
from generator.bundles import bundles, folder_name, judge, listed, sources_know
from generator.catalogue import CATALOGUE
from generator.errors import FleetError
from generator.git_reason import without_credentials
from generator.hub_download import hub
from generator.names import alike, quoted
from generator.progress import say, step
from generator.verdict import Verdict
from weights.bundle import File
from weights.errors import WeightsError
from weights.fetch import fetch_folder
from weights.source import Bundle, Source, find, is_word

#: What to do about a folder of a mirror that is damaged; nothing there is written over.
_CURE = "move the folder away, and mirror fetches it anew"


def mirror(root: Path, folder: Path, sources: Sequence[str], names: Collection[str]) -> Iterator[Verdict]:
    """Fetch the bundles ``names``, or all, into ``folder``, named as on a node; verify what is there already.

    Each source has the bundles under the same names. Raises FleetError where a name is none of a bundle.
    """
    known = dict(bundles(root))
    for name in names:
        if name not in known:
            raise FleetError(
                f"{root / CATALOGUE}: no weights are called {quoted(name)} ({alike(name, known)})"
            )
    for name in names or known:
        entry = known[name]
        place = folder / folder_name(name, entry)
        files = listed(root, entry)
        if place.is_dir() or not files:
            verdict = judge(root, place, entry)
            yield replace(verdict, faults=tuple(map(_with_cure, verdict.faults)))
            continue
        wanted = sources_know(name, entry)
        yield _fetched(place, files, _sources(wanted, sources), wanted)


def _with_cure(fault: str) -> str:
    return fault if "fleet weights lock" in fault else f"{fault} ({_CURE})"


def _sources(known: Bundle, texts: Sequence[str]) -> list[Source]:
    for text in texts:
        if not is_word(text) and not Path(text).is_dir():
            raise FleetError(f"--from {text}: no folder is there")
    try:
        return [find(text if is_word(text) else os.path.abspath(text), known, hub()) for text in texts]
    except WeightsError as error:
        raise FleetError(without_credentials(f"--from {error}")) from None


def _fetched(place: Path, files: tuple[File, ...], sources: Sequence[Source], known: Bundle) -> Verdict:
    unlocked = unlisted(known.models, files)
    if unlocked:
        return Verdict(place, len(files), unlocked)
    try:
        with step(f"fetch {place}"):
            fetch_folder(files, sources, str(place), _say, given=known.given)
    except WeightsError as error:
        return Verdict(place, len(files), (without_credentials(str(error)),))
    return Verdict(place, len(files), ())


def _say(line: str) -> None:
    say(f"  {without_credentials(line)}")
