"""The files of bundles on a node: each once, named by its digest, and linked to where releases look for it.

Below ``cache_hub`` is ``store/blobs/SHA256``, and a folder for each bundle; its files are hard links to
blobs, so bundles that share files share their bytes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from typing import Any

from weights.bundle import File
from weights.errors import WeightsError
from weights.fetch import Fetch, refuse_unlocked
from weights.files import alone, rename, sync
from weights.measure import difference, measure
from weights.source import Source
from weights.verified import DAMAGED, VERIFIED, is_verified


class Store:
    """The bundles below ``cache_hub``. ``say`` is told of files that were damaged."""

    def __init__(self, cache_hub: str, say: Callable[[str], None]) -> None:
        """Keep files below ``cache_hub``, which exists."""
        self._root, self._say = cache_hub, say
        self._blobs = f"{cache_hub}/store/blobs"
        self._incoming = f"{cache_hub}/store/incoming"
        self._damaged = f"{cache_hub}/store/damaged"

    def fetch(
        self,
        folder: str,
        files: Sequence[File],
        sources: Sequence[Source],
        wanted: Callable[[], bool] = lambda: True,
        **limits: Any,
    ) -> None:
        """Bring the bundle of ``files`` into ``folder``; what any bundle has already is not fetched.

        A second caller waits for the first, and does nothing if it is not ``wanted`` by then. Takes what
        :class:`Fetch` does. Raises WeightsError where not all of it could be fetched; nothing has changed
        then, but that damaged files were set aside, and what has arrived stays for the next try.
        """
        refuse_unlocked(files)
        with alone(self._incoming):
            if not wanted():
                return
            os.makedirs(self._blobs, exist_ok=True)
            left = [file for file in _each_once(files) if not self._has(folder, file)]
            if left:
                place = f"{self._incoming}/{folder}"
                os.makedirs(place, exist_ok=True)
                Fetch(left, sources, place, self._say, **limits).run()
                for file in left:
                    self._take_in(f"{place}/{file.path}", file)
            shutil.rmtree(f"{self._incoming}/{folder}", ignore_errors=True)
            self._lay_out(folder, files)

    def verify(self) -> None:
        """Read every blob, and set aside each that is not what its name says, or that cannot be read.

        Raises WeightsError where something could not be set aside; all others were read.
        """
        troubles = []
        for digest in sorted(os.listdir(self._blobs)) if os.path.isdir(self._blobs) else ():
            # between two of them whoever needs weights may fetch
            with alone(self._incoming):
                try:
                    self._read(digest)
                except OSError as error:
                    troubles.append(f"{self._blobs}/{digest}: is damaged, and stays: {error.strerror}")
        if troubles:
            raise WeightsError("\n".join(troubles))

    def _read(self, digest: str) -> None:
        path = f"{self._blobs}/{digest}"
        if os.path.lexists(path) and (said := self._fault(path, File(digest, sha256=digest))):
            self._set_aside(path, digest, said)
            if os.path.lexists(path):
                os.unlink(path)

    def _has(self, folder: str, file: File) -> bool:
        """Say whether there is a blob of ``file``; what is not known to be right is read, or set aside."""
        blob, place = self._blob(file), f"{self._root}/{folder}/{file.path}"
        if is_verified(blob, file.size) or self._turns_out_right(blob, file):
            return True
        if os.path.lexists(blob):
            os.unlink(blob)
        # its time may be from before it was damaged: why else is the blob gone
        if self._turns_out_right(place, file):
            os.link(place, blob)
            return True
        return False  # what is in the place of the file stays there until there is something better

    def _turns_out_right(self, path: str, file: File) -> bool:
        if not os.path.lexists(path):
            return False
        said = self._fault(path, file)
        if said:
            self._set_aside(path, str(file.sha256), said)
        else:
            _seal(path)
        return not said

    def _fault(self, path: str, file: File) -> str | None:
        """Read a file to its end, and say in what it is not ``file``."""
        if os.path.islink(path) or not os.path.isfile(path):
            return "is no file"
        try:
            return difference(file, measure(*os.path.split(path)))
        except OSError as error:
            return f"cannot be read: {error.strerror}"

    def _set_aside(self, path: str, digest: str, said: str) -> None:
        """Keep what is damaged, which tells what happened; no link to it passes for verified any more."""
        os.makedirs(self._damaged, exist_ok=True)
        aside = f"{self._damaged}/{digest}.{os.lstat(path).st_ino}"
        if os.path.isdir(path) and not os.path.islink(path):
            rename(path, aside)
        else:
            os.utime(path, (DAMAGED, DAMAGED), follow_symlinks=False)
            if os.path.lexists(aside):
                return
            os.link(path, aside, follow_symlinks=False)
        self._say(f"{path} {said}; kept as {aside}")

    def _take_in(self, path: str, file: File) -> None:
        _seal(path)
        sync(path)
        rename(path, self._blob(file))

    def _lay_out(self, folder: str, files: Sequence[File]) -> None:
        """Link the blobs to the paths of ``files`` below ``folder``, which appears by one rename."""
        target, beside = f"{self._root}/{folder}", f"{self._root}/store/{folder}"
        place = target if os.path.isdir(target) else beside
        for path in (beside, target) if place == beside else ():
            self._make_way(path)
        for file in files:
            self._link(place, file)
        if place != target:
            rename(place, target)

    def _make_way(self, path: str) -> None:
        """Take away what is in the way of a folder of links: one of a run that was killed, or a file."""
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            self._set_aside(path, os.path.basename(path), "is no folder")
            os.unlink(path)

    def _link(self, place: str, file: File) -> None:
        blob, path = self._blob(file), f"{place}/{file.path}"
        if os.path.lexists(path) and os.path.samestat(os.lstat(path), os.stat(blob)):
            return
        above = os.path.dirname(path)
        os.makedirs(above, exist_ok=True)
        if os.path.commonpath([os.path.realpath(above), os.path.realpath(place)]) != os.path.realpath(place):
            raise WeightsError(f"{above}: is a link that leads out of {place} (take it away)")
        if os.path.isdir(path) and not os.path.islink(path):
            self._set_aside(path, str(file.sha256), "is no file")
        beside = f"{path}.new"
        if os.path.lexists(beside):
            os.unlink(beside)  # of a run that was killed
        os.link(blob, beside)
        rename(beside, path)

    def _blob(self, file: File) -> str:
        return f"{self._blobs}/{file.sha256}"


def _seal(path: str) -> None:
    """Say of a file that it was found right."""
    os.chmod(path, 0o444)
    os.utime(path, (VERIFIED, VERIFIED))


def _each_once(files: Sequence[File]) -> list[File]:
    """List one of the files of each digest."""
    return list({file.sha256: file for file in files}.values())
