"""The control repository that is bumped, and the command."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from generator.commands.bump import bump as command
from generator.errors import FleetError

STAGING = "---\n# Staging first.\nindextts2::revision: 'v2.0.0'  # since May\nindextts2::queue: 1\n"
INVENTORY = """\
nodes:
  tts-01.example.org: {role: tts_node, env: prod}
  tts-02.example.org: {role: tts_node, env: staging}
  tts-03.example.org: {role: tts_node, env: staging}
  tts-04.example.org: {role: other, env: staging}
"""
RELEASE = "  {0}: {{commit: 830f6f8f94a51fea23ab1d639027a86200075a4e, install: project, python: '3.11'}}\n"
RELEASES = ["v1.5.0", "v2.0.0", "v2.5.0"]


def run(*words: str) -> Result:
    return CliRunner().invoke(command, ["--root", ".", *words])


def said(*words: str) -> str:
    """Return the error of a bump that is refused, as ``fleet`` prints it."""
    before = tree(Path.cwd())
    result = run(*words)
    assert isinstance(result.exception, FleetError), result.output
    assert result.exception.exit_code == 2
    assert tree(Path.cwd()) == before, "a refused bump writes nothing"
    return str(result.exception)


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }
