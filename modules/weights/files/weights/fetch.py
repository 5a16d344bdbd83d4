"""Fetching a bundle from its sources, into a folder that appears by one rename when all of it is right."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from weights import folder, web
from weights.bundle import File, unlocked
from weights.errors import WeightsError
from weights.measure import difference, measure, missing
from weights.web import WRONG_BYTES

#: Beside the folder of a bundle: what has arrived of it.
PARTIAL = ".partial"
#: What a copy is named until it is known to be right.
_COPY = ".copy"
#: Seconds until all sources that may yet help are asked again.
PAUSES = (2.0, 10.0, 30.0)
_SAY_EVERY = 10.0
#: Seconds after which a source that does not get on is given up.
PATIENCE = 20


class Fetch:
    """One bundle on its way into the folder ``target`` from ``sources``, tried in order.

    A source is a folder, or the address of one on a web server, and has the bundle's files at their paths
    below it. ``say`` is told what is wrong with a source; ``pauses`` and ``patience`` are in seconds.
    """

    def __init__(
        self,
        files: Sequence[File],
        sources: Sequence[str],
        target: str,
        say: Callable[[str], None],
        pauses: Sequence[float] = PAUSES,
        patience: int = PATIENCE,
    ) -> None:
        """Prepare to fetch. Raises WeightsError where nobody could tell whether what comes is right."""
        unknown = unlocked(files)
        if unknown:
            raise WeightsError(f"{target}: nobody has locked {', '.join(unknown)} (fleet weights lock)")
        self._files, self._sources, self._target = files, list(sources), target
        self._partial = target + PARTIAL
        self._say, self._pauses, self._patience = say, pauses, patience
        self._troubles: dict[str, str] = {}

    def run(self) -> None:
        """Fetch what is not there yet; a second caller waits for the first, and finds it done.

        Raises WeightsError where not all of it could be fetched; what has arrived stays for the next try.
        """
        os.makedirs(self._partial, exist_ok=True)
        with _alone(self._partial):
            if os.path.isdir(self._target):
                return
            with self._progress():
                self._rounds()
            left = self._left()
            if left:
                told = "".join(f"\n  {source}: {said}" for source, said in self._troubles.items())
                raise WeightsError(f"{self._target}: {len(left)} files could not be fetched{told}")
            self._tidy()
            os.rename(self._partial, self._target)
            _sync(os.path.dirname(os.path.abspath(self._target)))

    def _left(self) -> list[File]:
        """List what has not arrived; what has its own name was held against its digest before it got it."""
        return [file for file in self._files if missing(self._partial, file)]

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
                self._say(f"{_arrived(self._partial) / 2**30:.2f} of {size / 2**30:.2f} GiB")

        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            over.set()
            teller.join()

    def _tidy(self) -> None:
        """Have what has arrived survive a power cut, and take away what a source has left half-way."""
        wanted = {os.path.join(self._partial, file.path) for file in self._files}
        for here, _, names in os.walk(self._partial):
            for path in (os.path.join(here, name) for name in names):
                if path in wanted:
                    _sync(path)
                else:
                    os.unlink(path)
            _sync(here)

    def _round(self) -> None:
        """Ask every source that has not served wrong bytes for what is left."""
        for group in _groups(self._trusted()):
            left = self._left()
            for file in left:
                os.makedirs(os.path.dirname(os.path.join(self._partial, file.path)), exist_ok=True)
            if left:
                self._heed(self._download(group, left) if _is_web(group[0]) else self._copy(group[0], left))

    def _trusted(self) -> list[str]:
        return [source for source in self._sources if self._troubles.get(source) != WRONG_BYTES]

    def _heed(self, troubles: Mapping[str, str]) -> None:
        for source, said in troubles.items():
            if self._troubles.get(source) != said:
                self._say(f"{source}: {said}")
        self._troubles.update(troubles)

    def _download(self, bases: Sequence[str], files: Sequence[File]) -> dict[str, str]:
        return web.download(bases, files, self._partial, self._patience)

    def _copy(self, source: str, files: Sequence[File]) -> dict[str, str]:
        troubles: dict[str, str] = {}
        for file in files:
            said = self._copy_one(source, file)
            if said:
                troubles[source] = said
                if said in (WRONG_BYTES, folder.HANGS):
                    break
        return troubles

    def _copy_one(self, source: str, file: File) -> str | None:
        target = os.path.join(self._partial, file.path)
        try:
            said = folder.copy(os.path.join(source, file.path), target + _COPY, self._patience)
        except OSError as error:
            raise WeightsError(f"{error.filename}: {error.strerror}") from None
        if said:
            return said if said == folder.HANGS else f"{file.path}: {said}"
        if difference(file, measure(self._partial, file.path + _COPY)):
            os.unlink(target + _COPY)
            return WRONG_BYTES
        os.replace(target + _COPY, target)
        return None


def _arrived(place: str) -> int:
    """Count the bytes that are on the disk: of a file that arrives in pieces, not those between them."""
    total = 0
    for here, _, names in os.walk(place):
        for name in names:
            with suppress(FileNotFoundError):  # it got its name meanwhile
                total += os.stat(os.path.join(here, name)).st_blocks * 512
    return total


def _is_web(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def _groups(sources: Sequence[str]) -> list[list[str]]:
    """Put web servers that follow each other together: they are asked at once."""
    groups: list[list[str]] = []
    for source in sources:
        if groups and _is_web(source) and _is_web(groups[-1][0]):
            groups[-1].append(source)
        else:
            groups.append([source])
    return groups


@contextmanager
def _alone(place: str) -> Iterator[None]:
    """Wait until nobody else fetches into ``place``; the lock ends with whoever holds it."""
    handle = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
