"""The dashboards' files in the module profile."""

from __future__ import annotations

from pathlib import Path

from generator.errors import AnswerIsNo

FOLDER = Path("modules/profile/files/dashboards")


def texts() -> dict[str, str]:
    """Return the text of each file, by its name."""
    from grafana_foundation_sdk.cog.encoder import JSONEncoder

    from generator.dashboards.fleet import dashboards

    encoder = JSONEncoder(sort_keys=True, indent=2)
    return {name: encoder.encode(made.build()) + "\n" for name, made in dashboards().items()}


def write(root: Path) -> list[str]:
    """Write what is not there as it should be; the names of what was written or taken away."""
    wanted = texts()
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    differing = _differing(folder, wanted)
    for name in differing:
        if name not in wanted:
            (folder / name).unlink()
            continue
        new = folder / f".{name}.new"
        new.write_text(wanted[name], encoding="utf-8")
        new.replace(folder / name)
    return differing


def check(root: Path) -> None:
    """Hold the files against the code.

    Raises:
        AnswerIsNo: they are not what it makes.
    """
    if differing := _differing(root / FOLDER, texts()):
        lines = (f"{root / FOLDER / name}: is not what generator/dashboards makes" for name in differing)
        raise AnswerIsNo("\n".join([*lines, "fleet dashboards writes them"]))


def _differing(folder: Path, wanted: dict[str, str]) -> list[str]:
    there = {path.name: path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("*.json")}
    return sorted(name for name in {*there, *wanted} if there.get(name) != wanted.get(name))
