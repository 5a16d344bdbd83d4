"""What a checkout's Dockerfile and README let guess: the system's packages, the port, what starts."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from generator.new_service.files import Files
from generator.new_service.start import Start, file_of, read_command

_DOCKERFILE = re.compile(r"(?:[\w.-]+/){0,2}(?:Dockerfile[\w.-]*|[\w-]+\.Dockerfile)", re.ASCII)
#: Images for cards that no node has, or none, and those that only developers use.
_OTHER_CARDS = re.compile(r"rocm|amd|intel|xpu|jetson|cpu|dev|test", re.IGNORECASE)
_README = re.compile(r"readme(\.md|\.rst|\.txt)?", re.IGNORECASE)
_INSTALL = re.compile(r"\bapt(?:-get)?\s+(?:-\S{1,60}\s{1,9}){0,9}install\s([^&;|#\n]*)")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9.+-]+", re.ASCII)
#: What every node has, what only an image needs, and Python, which the release's own environment brings.
_NOT_NEEDED = re.compile(
    r"ca-certificates|curl|git|git-lfs|wget|sudo|nano|vim|locales|tzdata|gnupg2?|openssh-server|apt-transport-https"
    r"|software-properties-common|bash|pip|python3?[\d.]*(-\w+)*|unzip|zip|aria2|supervisor|tini|dumb-init|htop|tmux"
)
_EXPOSED = re.compile(r"^\s*EXPOSE\s+(\d{2,5})\b", re.IGNORECASE | re.MULTILINE)
_STARTED = re.compile(r"^\s*(?:CMD|ENTRYPOINT)\s+(.*)$", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0):(\d{2,5})\b")


@dataclass(frozen=True)
class Hints:
    """What is guessed; ``packages`` has where each was read, ``starts`` is the file that an image starts.

    ``start`` is how it does so, where it is by a module. ``port`` is a port with where it was read. ``image``
    is the text of the Dockerfile.
    """

    packages: dict[str, str]
    port: tuple[int, str] | None
    starts: str | None
    start: Start | None
    cuda: bool
    image: str


def read_hints(files: Files) -> Hints:
    """Read the Dockerfiles and the README of ``files``, as far as they are there."""
    found = sorted((path for path in files.paths if _DOCKERFILE.fullmatch(path)), key=_near)
    images = [path for path in found if not _OTHER_CARDS.search(path)][:2] or found[:1]
    readmes = sorted(path for path in files.paths if _README.fullmatch(path))[:1]
    files.bring([*images, *readmes])
    texts = {path: re.sub(r"\\\r?\n", " ", files.text(path)) for path in images}
    readme = files.text(readmes[0]) if readmes else ""
    packages = {
        name: path
        for path, text in [*((path, readme) for path in readmes), *reversed(texts.items())]
        for name in _packages(text)
    }
    starts, start = next(
        (each for path, text in texts.items() if (each := _started(text, files.paths, path))), (None, None)
    )
    return Hints(
        packages=dict(sorted(packages.items())),
        port=_port(texts, readmes, readme),
        starts=starts,
        start=start,
        cuda=any(re.search(r"^FROM\s.*(cuda|nvidia)", text, re.I | re.M) for text in texts.values()),
        image="\n".join(texts.values()),
    )


def _near(path: str) -> tuple[int, bool, int, str]:
    """The nearest Dockerfile is the one that most use: one for NVIDIA's cards, or of the shortest name."""
    return path.count("/"), not re.search(r"cuda|gpu|nvidia", path, re.IGNORECASE), len(path), path


def _packages(text: str) -> Iterator[str]:
    for words in _INSTALL.findall(text):
        for word in words.split():
            name = word.partition("=")[0].strip("`'\"")
            if _PACKAGE.fullmatch(name) and not _NOT_NEEDED.fullmatch(name):
                yield name


def _port(texts: dict[str, str], readmes: list[str], readme: str) -> tuple[int, str] | None:
    for path, text in texts.items():
        if found := _EXPOSED.search(text):
            return int(found[1]), f"EXPOSE of {path}"
    counted = Counter(_ADDRESS.findall(readme)).most_common(1)
    return (int(counted[0][0]), f"an address in {readmes[0]}") if counted else None


def _started(text: str, paths: set[str], image: str) -> tuple[str, Start | None] | None:
    """The file of Python that the last CMD or ENTRYPOINT of an image names, or that of the module.

    >>> _started('CMD ["python", "app.py", "--port", "80"]', set(), "Dockerfile")
    ('app.py', None)
    """
    for command in reversed(_STARTED.findall(text)):
        try:
            words = " ".join(str(word) for word in json.loads(command)).split()
        except (ValueError, TypeError, RecursionError):
            words = command.split()
        if named := next((word for word in words if word.endswith(".py")), None):
            return named.removeprefix("./"), None
        start = read_command(words, f"{image} starts it so")
        if start and (path := file_of(start, paths)):
            return path, start
    return None
