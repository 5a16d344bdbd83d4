"""A package index of plain files (PEP 503): pages that any web server hands out."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename

from generator.mirror import PACKAGES, PAGES
from generator.yaml_edit import write_beside
from weights.bundle import File


def write_index(mirror: Path, files: Iterable[File]) -> None:
    """Write the pages for those of ``files``, by their paths below the mirror, that are wheels and sdists."""
    pages: dict[str, list[File]] = {}
    for file in filter(is_package, files):
        pages.setdefault(project(file.path), []).append(file)
    for name, named in pages.items():
        _write(mirror / PAGES / name, [_link(file) for file in sorted(named)])
    _write(mirror / PAGES, [f'<a href="{name}/">{name}</a>' for name in sorted(pages)])


def is_listed(mirror: Path, file: File) -> bool:
    """Say whether an installer finds ``file`` on the page of its project."""
    try:
        page = (mirror / PAGES / project(file.path) / "index.html").read_text()
    except (OSError, UnicodeDecodeError):
        return False
    return _link(file) in page


def is_package(file: File) -> bool:
    """Say whether a file of a mirror belongs to its index."""
    return file.path.startswith(f"{PACKAGES}/")


def project(path: str) -> str:
    """Name the project that a wheel or an sdist is of.

    >>> project("packages/Distance-0.1.3.tar.gz"), project("typing_extensions-4.15.0-py3-none-any.whl")
    ('distance', 'typing-extensions')
    """
    filename = path.rsplit("/", 1)[-1]
    parse = parse_wheel_filename if filename.endswith(".whl") else parse_sdist_filename
    return canonicalize_name(parse(filename)[0])


def _link(file: File) -> str:
    name = html.escape(file.path.removeprefix(f"{PACKAGES}/"))
    return f'<a href="../../{quote(file.path)}#sha256={file.sha256}">{name}</a>'


def _write(folder: Path, lines: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    body = "<br>\n".join(lines)
    write_beside(folder / "index.html", f"<!DOCTYPE html>\n<title>Packages</title>\n{body}\n")
