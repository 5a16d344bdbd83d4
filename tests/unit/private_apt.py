"""An apt of its own, with repositories that are folders: what apt makes of sources and pins, on no machine's account."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

COMPONENTS = ("main", "contrib", "non-free", "non-free-firmware")


def a_repository(
    folder: Path, origin: str, suite: str, packages: Mapping[str, Sequence[str]], component: str = "main"
) -> None:
    """Make a suite in the repository ``folder``: packages, each with its versions, in one component of it."""
    for each in COMPONENTS:
        index = folder / "dists" / suite / each / "binary-amd64" / "Packages"
        index.parent.mkdir(parents=True)
        entries = [
            f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nFilename: {name}-{version}\nSize: 1\n"
            for name, versions in packages.items()
            for version in versions
        ]
        index.write_text("\n".join(entries) if each == component else "")
    (folder / "dists" / suite / "Release").write_text(
        f"Origin: {origin}\nSuite: {suite}\nCodename: {suite}\nArchitectures: amd64\n"
        f"Components: {' '.join(COMPONENTS)}\n"
    )


def an_apt(folder: Path, sources: Path) -> dict[str, str]:
    """Make an apt in ``folder`` whose one file of sources is ``sources``; return the environment of its commands.

    What is installed, it reads from ``folder``/status, and pins from ``folder``/preferences.
    """
    for each in ("state/lists/partial", "cache/archives/partial"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    listed = sources.suffix == ".list"
    (folder / "apt.conf").write_text(f"""
        APT::Architecture "amd64"; APT::Architectures {{ "amd64"; }}; APT::Sandbox::User "";
        Acquire::Languages "none";
        Dir::State "{folder}/state"; Dir::State::status "{folder}/status"; Dir::Cache "{folder}/cache";
        Dir::Etc "{folder}"; Dir::Etc::main "none"; Dir::Etc::parts "none";
        Dir::Etc::preferences "{folder}/preferences"; Dir::Etc::preferencesparts "none";
        Dir::Etc::sourcelist "{sources if listed else "none"}";
        Dir::Etc::sourceparts "{"none" if listed else sources.parent}";
        """)
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "APT_CONFIG": str(folder / "apt.conf")}
