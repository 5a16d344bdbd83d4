"""Fetching files from the sources that have them: what arrives is what was locked, or it does not arrive."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from weights import folder, s3, web
from weights.bundle import File, unlocked
from weights.errors import WeightsError
from weights.files import alone, rename, sync
from weights.measure import difference, measure, missing
from weights.source import Source
from weights.web import WRONG_BYTES

#: Beside a folder that is fetched as a whole: what has arrived of it.
PARTIAL = ".partial"
#: What a copy is named until it is known to be right.
_COPY = ".copy"
#: Seconds until all sources that may yet help are asked again.
PAUSES = (2.0, 10.0, 30.0)
_SAY_EVERY = 10.0
#: Seconds after which a source that does not get on is given up.
PATIENCE = 20


class Fetch:
    """Files of a bundle on their way into the folder ``place`` from ``sources``, tried in order.

    Each is at its path below ``place`` then. ``say`` is told what is wrong with a source; what is in the
    files ``given`` is known, and no source is asked for them; ``pauses`` and ``patience`` are in seconds.
    """

    def __init__(
        self,
        files: Sequence[File],
        sources: Sequence[Source],
        place: str,
        say: Callable[[str], None],
        given: Mapping[str, str] | None = None,
        pauses: Sequence[float] = PAUSES,
        patience: int = PATIENCE,
    ) -> None:
        """Prepare to fetch. Raises WeightsError where nobody could tell whether what comes is right."""
        refuse_unlocked(files)
        self._files, self._sources, self._place = files, list(sources), place
        self._say, self._given, self._pauses, self._patience = say, given or {}, pauses, patience
        self._troubles: dict[str, str] = {}

    def run(self) -> None:
        """Fetch what has not arrived yet, and have all of it survive a power cut.

        Nobody else may fetch into the same place meanwhile. Raises WeightsError where not all of it could be
        fetched; what has arrived stays for the next try.
        """
        self._doubt()
        self._look_for_room()
        self._write_given()
        with self._progress():
            self._rounds()
        left = self._left()
        if left:
            told = "".join(f"\n  {source}: {said}" for source, said in self._troubles.items())
            raise WeightsError(f"{len(left)} of {len(self._files)} files could not be fetched{told}")
        self._tidy()

    def _look_for_room(self) -> None:
        """Raise WeightsError where the disk cannot hold what is to come, before it is full."""
        to_come = sum(file.size or 0 for file in self._files) - _arrived(self._place)
        disk = os.statvfs(self._place)
        if to_come > disk.f_bavail * disk.f_frsize:
            free = disk.f_bavail * disk.f_frsize / 2**20
            said = f"{to_come / 2**20:.0f} MiB are to come, {free:.0f} MiB are free"
            raise WeightsError(f"{self._place}: {os.strerror(errno.ENOSPC)}: {said}")

    def _doubt(self) -> None:
        """Hold what an earlier run brought against its digest: power was cut, or another file is wanted."""
        for file in self._files:
            if not missing(self._place, file) and difference(file, measure(self._place, file.path)):
                os.unlink(os.path.join(self._place, file.path))

    def _left(self) -> list[File]:
        """List what has not arrived; what has its own name was held against its digest."""
        return [file for file in self._files if missing(self._place, file)]

    def _write_given(self) -> None:
        for file in self._left():
            if file.path in self._given:
                beside = os.path.join(self._place, file.path + _COPY)
                os.makedirs(os.path.dirname(beside), exist_ok=True)
                with open(beside, "w") as stream:
                    stream.write(self._given[file.path])
                if difference(file, measure(self._place, file.path + _COPY)):
                    os.unlink(beside)
                    said = f"says another {file.path} than was locked (fleet weights lock)"
                    self._heed({"the catalogue": said})
                else:
                    os.replace(beside, beside[: -len(_COPY)])

    def _rounds(self) -> None:
        for pause in (0.0, *self._pauses):
            if self._left() and self._trusted():
                time.sleep(pause)
                self._round()

    @contextmanager
    def _progress(self) -> Iterator[None]:
        """Say from time to time how much has arrived."""
        over = threading.Event()
        size = sum(file.size or 0 for file in self._files)

        def tell() -> None:
            while not over.wait(_SAY_EVERY):
                self._say(f"{_arrived(self._place) / 2**30:.2f} of {size / 2**30:.2f} GiB")

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            over.set()
            teller.join()

    def _tidy(self) -> None:
        """Have what has arrived survive a power cut, and take away what a source has left half-way."""
        wanted = {os.path.join(self._place, file.path) for file in self._files}
        for here, _, names in os.walk(self._place):
            for path in (os.path.join(here, name) for name in names):
                if path in wanted:
                    sync(path)
                else:
                    os.unlink(path)
            sync(here)

    def _round(self) -> None:
        """Ask every source that has not served wrong bytes for what is left."""
        for group in _groups(self._trusted()):
            left = self._left()
            for file in left:
                os.makedirs(os.path.dirname(os.path.join(self._place, file.path)), exist_ok=True)
            if left:
                self._heed(self._download(group, left) if group[0].is_web else self._copy(group[0], left))

    def _trusted(self) -> list[Source]:
        return [
            source
            for source in self._sources
            if not self._troubles.get(source.base, "").startswith(WRONG_BYTES)
        ]

    def _heed(self, troubles: Mapping[str, str]) -> None:
        for source, said in troubles.items():
            if self._troubles.get(source) != said:
                self._say(f"{source}: {said}")
        self._troubles.update(troubles)

    def _download(self, group: Sequence[Source], files: Sequence[File]) -> dict[str, str]:
        """Ask mirrors at once; those whose signatures expired on the way are asked again, with new ones."""
        troubles: dict[str, str] = {}
        while group and files:
            arrived = _arrived(self._place)
            found = web.download(group, files, self._place, self._patience)
            asked = {source.base for source in group}
            troubles = {base: said for base, said in troubles.items() if base not in asked} | found
            files = [file for file in files if missing(self._place, file)]
            # with a secret that is wrong nothing would have arrived
            gets_on = _arrived(self._place) > arrived
            group = [source for source in group if gets_on and s3.is_refused(source, found.get(source.base))]
        return troubles

    def _copy(self, source: Source, files: Sequence[File]) -> dict[str, str]:
        troubles: dict[str, str] = {}
        for file in files:
            said = self._copy_one(source, file)
            if said:
                troubles[source.base] = said
                if said.startswith((WRONG_BYTES, folder.HANGS)):
                    break
        return troubles

    def _copy_one(self, source: Source, file: File) -> str | None:
        target = os.path.join(self._place, file.path)
        goes_on = os.path.exists(target + _COPY)
        try:
            said = folder.copy(source.at(file.path), target + _COPY, self._patience)
        except OSError as error:
            raise WeightsError(f"{error.filename}: {error.strerror}") from None
        if said:
            return said if said == folder.HANGS else f"{file.path}: {said}"
        if difference(file, measure(self._place, file.path + _COPY)):
            os.unlink(target + _COPY)
            # what an earlier run left may have been wrong, or another source's
            return self._copy_one(source, file) if goes_on else f"{WRONG_BYTES} of {file.path}"
        os.replace(target + _COPY, target)
        return None


def refuse_unlocked(files: Sequence[File]) -> None:
    """Raise WeightsError where nobody has locked one of ``files``."""
    unknown = unlocked(files)
    if unknown:
        raise WeightsError(f"nobody has locked {', '.join(unknown)} (fleet weights lock)")


def fetch_folder(
    files: Sequence[File], sources: Sequence[Source], target: str, say: Callable[[str], None], **limits: Any
) -> None:
    """Fetch a bundle into the folder ``target``, which appears by one rename when all of it is right.

    A second caller waits for the first, and finds it done. Takes and raises what :class:`Fetch` does.
    """
    refuse_unlocked(files)
    partial = target + PARTIAL
    with alone(partial):
        if not os.path.isdir(target):
            Fetch(files, sources, partial, say, **limits).run()
            rename(partial, target)


def _arrived(place: str) -> int:
    """Count the bytes that are on the disk: of a file that arrives in pieces, not those between them."""
    total = 0
    for here, _, names in os.walk(place):
        for name in names:
            with suppress(FileNotFoundError):  # it got its name meanwhile
                total += os.stat(os.path.join(here, name)).st_blocks * 512
    return total


def _groups(sources: Sequence[Source]) -> list[list[Source]]:
    """Put mirrors on the web that follow each other together: they are asked at once."""
    groups: list[list[Source]] = []
    for source in sources:
        if groups and all(one.is_web and not one.is_hub for one in (groups[-1][0], source)):
            groups[-1].append(source)
        else:
            groups.append([source])
    return groups
