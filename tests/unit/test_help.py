"""Every verb's --help: an example of its use that the verb takes."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from generator.cli import VERBS, fleet

EXAMPLE = re.compile(r"^ *(?:Example: )?fleet (.+?)(?: \|.*)?$", re.MULTILINE)


@pytest.mark.parametrize("verb", VERBS)
def test_the_examples_of_a_verb_are_calls_of_it(verb: str) -> None:
    context = click.Context(fleet, info_name="fleet", terminal_width=200, max_content_width=200)
    command = fleet.get_command(context, verb)
    assert command
    shown = command.get_help(click.Context(command, context, verb, terminal_width=200, max_content_width=200))
    calls = [shlex.split(call) for call in EXAMPLE.findall(shown)]
    assert calls, shown
    for name, *words in calls:
        assert name == verb
        try:
            command.make_context(verb, words)
        except click.BadParameter as error:
            assert "does not exist" in str(error), "what is right may be elsewhere"
