"""A new definition put in place with its module and the schema of data: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from generator import data_schema
from generator.definition import load_services
from generator.errors import FleetError
from generator.inventory import FACTS
from generator.render import render
from generator.service import Service
from generator.tree import apply, plan
from generator.validate import validate
from generator.validate.finding import Severity

#: What `fleet render`, `fleet schema` and `fleet validate` read of a control repository.
_FOLDERS = ("hieradata", "modules", "manifests", "vendor_modules", str(FACTS))
_FILES = ("hiera.yaml", "inventory.yaml", "environment.conf", "Puppetfile", data_schema.FILE)
_SERVICES = Path("hieradata") / "services"


def put(root: Path, name: str, text: str) -> tuple[Service, list[Path]]:
    """Put the definition ``text`` of ``name`` into the repository at ``root``, rendered.

    All is made and held against the rest in a copy first; then three renames put it in place, the definition
    last, and what is in place is taken back where one of them fails.

    Returns:
        The service, and the files and folders that are new or changed.

    Raises:
        FleetError: the repository would not validate with it, or the system does not let it; nothing changed.
    """
    with _copy(root) as copy:
        definition = copy / _SERVICES / f"{name}.yaml"
        definition.write_text(text)
        try:
            service = next(each for each in load_services(copy / _SERVICES) if each.name == name)
            module = copy / "modules" / name
            apply(plan(module, render(service)), copy / "modules")
            schema_changed = data_schema.write(copy)
            wrong = [found for found in validate(copy).findings if found.severity is not Severity.WARNING]
        except FleetError as error:
            raise FleetError(str(error).replace(f"{copy}/", f"{root}/")) from None
        if wrong:
            lines = "\n".join(found.show(copy) for found in wrong)
            raise FleetError(
                f"{lines}\nnothing is written: this does not hold with {name} in it (mend it first)"
            )
        places = [(module, root / "modules" / name)]
        if schema_changed:
            places.append((copy / data_schema.FILE, root / data_schema.FILE))
        places.append((definition, root / _SERVICES / f"{name}.yaml"))
        _place(places, copy / "before")
    return service, [path for _, path in places]


def _place(places: list[tuple[Path, Path]], before: Path) -> None:
    """Move each of ``places`` to where it belongs; what was there is ``before`` meanwhile."""
    done: list[tuple[Path, Path | None]] = []
    before.mkdir()
    try:
        for number, (made, path) in enumerate(places):
            old = before / str(number)
            if path.is_file() and number < len(places) - 1:
                shutil.copy2(path, old)
            elif os.path.lexists(path):
                raise FleetError(f"{path} has come meanwhile, so nothing is written (run it again)")
            done.append((path, old if old.exists() else None))
            os.replace(made, path)
    except BaseException as error:
        for path, earlier in reversed(done):
            _take_back(path, earlier)
        if isinstance(error, OSError):
            where = error.filename2 or error.filename
            raise FleetError(
                f"{where}: cannot write it: {error.strerror} (check the folder's mode)"
            ) from None
        raise


def _take_back(path: Path, earlier: Path | None) -> None:
    with suppress(OSError):
        if earlier is not None:
            os.replace(earlier, path)
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def _copy(root: Path) -> Iterator[Path]:
    """Copy what counts of the repository to its own disk, so that a rename brings a file of it in place."""
    build = root / "build"
    try:
        build.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="new-", dir=build) as folder:
            copy = Path(folder)
            for name in _FOLDERS:
                if (root / name).is_dir():
                    shutil.copytree(root / name, copy / name, symlinks=True)
            for name in _FILES:
                if (root / name).is_file():
                    shutil.copy2(root / name, copy / name)
            yield copy
    except shutil.Error as error:
        raise FleetError(f"{root}: cannot copy it to {build}: {error.args[0][0][2]}") from None
    except OSError as error:
        raise FleetError(
            f"{error.filename or build}: {error.strerror} (is there room, the mode right?)"
        ) from None
