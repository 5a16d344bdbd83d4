"""``fleet pin`` as a command: what it prints, and its options."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from generator.commands.pin import pin as command
from generator.definition import SERVICES
from generator.errors import FleetError
from tests.unit.pin.desk import LOCKED, SERVICE, Desk


def run(desk: Desk, *arguments: str) -> Result:
    """Call the command with a definition whose source is the desk's."""
    services = desk.root / "hieradata" / "services"
    services.mkdir(exist_ok=True)
    definition = (SERVICES / "indextts2.yaml").read_text()
    (services / "indextts2.yaml").write_text(definition.replace(SERVICE.source, desk.source))
    return CliRunner().invoke(command, ["--root", str(desk.root), *arguments])


def test_the_command_prints_the_change_then_that_there_is_none(desk: Desk) -> None:
    commit = desk.origin.tag("v3", LOCKED)
    done = run(desk, "indextts2", "v3", "--weights", "IndexTTS-2")
    assert done.exit_code == 0, done.output
    assert f"+    commit: {commit}" in done.output
    assert done.output.endswith(f"indextts2 v3 is pinned at {commit}\n")
    assert run(desk, "indextts2", "v3").output == f"indextts2 v3 is pinned at {commit} already\n"


def test_the_command_names_the_services_that_there_are(desk: Desk) -> None:
    for name, near in {
        "indextts": "did you mean indextts2?",
        "../services/indextts2": "did you mean indextts2?",
        "": "there are: indextts2",
    }.items():
        error = run(desk, name, "v3").exception
        assert isinstance(error, FleetError)
        assert str(error) == f"{name!r}: no such service ({near})"


@pytest.mark.parametrize("limit", ["nan", "inf", "0", "-1", "1e9"])
def test_a_limit_is_a_number_of_seconds(desk: Desk, limit: str) -> None:
    desk.source = "file:///nowhere"
    assert run(desk, "indextts2", "v3", f"--limit={limit}").exit_code == 2


def test_the_help_says_what_the_exit_codes_mean() -> None:
    said = CliRunner().invoke(command, ["--help"]).output
    assert "exit code is 1" in " ".join(said.split())
