"""Every verb's --help: an example of its use that the verb takes."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from generator.cli import VERBS, fleet
from generator.commands.canary import VERBS as CANARY

EXAMPLE = re.compile(r"^ *(?:Example: )?fleet (.+?)(?: \|.*)?$", re.MULTILINE)


def test_the_lab_says_each_exit_code_of_an_agent() -> None:
    context = click.Context(fleet, info_name="fleet")
    lab = fleet.get_command(context, "lab")
    assert isinstance(lab, click.Group)
    shown = lab.commands["agent"].get_help(click.Context(lab.commands["agent"], context, "agent"))
    codes = re.search(r"The exit code is Puppet's: (.*?)\.", shown, re.DOTALL)
    assert codes
    assert set(re.findall(r"\d", codes[1])) == set("01246")


@pytest.mark.parametrize("verb", [*VERBS, *(f"canary {verb}" for verb in CANARY)])
def test_the_examples_of_a_verb_are_calls_of_it(verb: str) -> None:
    context = click.Context(fleet, info_name="fleet", terminal_width=200, max_content_width=200)
    command: click.Command | None = fleet
    for word in verb.split():
        assert isinstance(command, click.Group)
        command = command.get_command(context, word)
    assert command
    shown = command.get_help(click.Context(command, context, verb, terminal_width=200, max_content_width=200))
    calls = EXAMPLE.findall(shown)
    assert calls, shown
    for call in calls:
        assert call.startswith(f"{verb} ") or call == verb
        try:
            command.make_context(verb, shlex.split(call.removeprefix(verb)))
        except click.BadParameter as error:
            assert "does not exist" in str(error), "what is right may be elsewhere"
