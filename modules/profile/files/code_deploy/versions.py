"""The versions of an environment: whole folders, of which a link says which one serves."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from code_deploy.files import clear, copy_tree, point, sync_folder, sync_tree
from code_deploy.r10k import INFO
from code_deploy.settings import Settings

#: The version that is being made; it has no name of its own before it is whole.
UNFINISHED = ".new"


class Versions:
    """The versions of the environment ``name``."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self.link = settings.environments / name
        self.folder = settings.versions / name
        self.unfinished = self.folder / UNFINISHED
        self.keep = settings.keep

    def live(self) -> Path | None:
        """The folder whose code serves: a version, or one from before there were any; None without code."""
        return self.link.resolve() if self.link.is_dir() else None

    def tidy(self) -> None:
        """Remove what a killed deploy has left: the half of a version, or one that never served."""
        clear(self.unfinished)
        clear(self.link.with_name(f".{self.name}.new"))
        live = self.live()
        for version in self._all():
            if live is None or (live.parent == self.folder and version.name > live.name):
                clear(version)

    def begin(self, staged: Path) -> Path:
        """Copy what is staged into a folder of its own, to be checked there."""
        copy_tree(staged, self.unfinished)
        return self.unfinished

    def finish(self, commit: str) -> None:
        """Have the version that was begun serve from now on."""
        # in the order of their names; of the same second there is none, as each deploy takes longer
        name = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S.%fZ}-{commit[:12]}"
        sync_tree(self.unfinished)
        self.unfinished.rename(self.folder / name)
        sync_folder(self.folder)
        point(self.link, self.folder / name)

    def prune(self) -> None:
        """Remove all versions but the one that serves and the few before it."""
        live = self.live()
        before = [version for version in self._all() if live and version.name < live.name]
        for version in before[: max(0, len(before) - self.keep)]:
            clear(version)

    def remove(self) -> bool:
        """Remove an environment whose branch is gone; say whether there was one that is r10k's or ours."""
        live = self.live()
        ours = self.link.is_symlink() and self.link.readlink().parent == self.folder
        if not ours and not (live and (live / INFO).is_file()):
            return False
        clear(self.link)
        sync_folder(self.link.parent)
        clear(self.folder)
        return True

    def _all(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("[0-9]*") if path.is_dir())
