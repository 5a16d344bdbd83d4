"""Deleting what nothing needs: killed at any point, it leaves no half bundle under a bundle's name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Collection
from contextlib import suppress

from weights.errors import WeightsError
from weights.files import alone, rename, sync
from weights.needs import Needs
from weights.old import ASIDE, BLOBS, Old, files_of, find, loose, room, why_it_stays


class Prune:
    """What nothing needs below ``cache_hub``; ``needs`` is asked again before anything is deleted.

    ``known`` are the bundles of the catalogue. ``say`` is told of each thing that goes, and
    ``waits`` is called where somebody else is at work.
    """

    def __init__(
        self,
        cache_hub: str,
        needs: Callable[[], Needs],
        known: Collection[str],
        say: Callable[[str], None],
        waits: Callable[[], None],
    ) -> None:
        """Prepare to delete; ``cache_hub`` exists."""
        self._root, self._needs, self._known = cache_hub, needs, known
        self._say, self._waits = say, waits

    def run(self) -> None:
        """Delete all of it while nobody fetches. Raises WeightsError where something could not be deleted."""
        self._make_rooms()
        troubles = []
        with alone(f"{self._root}/store/incoming", self._waits):
            for old in find(self._root, self._needs(), self._known):
                try:
                    self._go(old)
                except OSError as error:
                    troubles.append(f"{self._root}/{old.path}: is not deleted: {error.strerror}")
            with suppress(OSError):  # what could not be deleted is in it
                os.rmdir(f"{self._root}/{ASIDE}")
        if troubles:
            raise WeightsError("\n".join(troubles))

    def _make_rooms(self) -> None:
        """Make the store's folders that are missing, for whoever owns the weights: root runs this, too."""
        owner = os.stat(self._root)
        for folder in ("store", "store/incoming", ASIDE):
            with suppress(FileExistsError):
                os.mkdir(f"{self._root}/{folder}")
                os.chown(f"{self._root}/{folder}", owner.st_uid, owner.st_gid)

    def _go(self, old: Old) -> None:
        stays = old.stays
        path = f"{self._root}/{old.path}"
        if not stays and not old.path.startswith("store/"):
            path = f"{self._root}/{ASIDE}/{old.path}"
            stays = self._put_aside(old.path, path)
        if stays:
            self._say(f"{old.path} stays: {stays}")
            return
        freed = self._delete(path) if old.path != BLOBS else 0
        freed += self._delete_loose()
        self._say(f"deleted {old.path}, which frees {freed / 2**20:.1f} MiB")

    def _put_aside(self, folder: str, aside: str) -> str | None:
        """Take a bundle's name away, and only then be sure that it may go; say why not, and give it back.

        A run of the agent that wants it from now on has said so before it looks whether it is there.
        """
        place = f"{self._root}/{folder}"
        rename(place, aside)
        sync(self._root)
        try:
            by = self._needs().by.get(folder)
            stays = f"{by[0]} needs it by now" if by else why_it_stays(self._root, aside)
        except (OSError, WeightsError):
            rename(aside, place)
            raise
        if stays:
            rename(aside, place)
        return stays

    def _delete(self, path: str) -> int:
        freed = room(files_of(path))
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
        return freed

    def _delete_loose(self) -> int:
        """Delete blobs that nothing links any more."""
        freed = 0
        for path, found in loose(self._root, self._needs()):
            os.unlink(path)
            freed += found.st_blocks * 512
        return freed
