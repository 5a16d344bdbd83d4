"""The file of a definition: its data as YAML, with a comment on each guess, under what is to decide."""

from __future__ import annotations

import textwrap
from typing import Any

from generator.new_service.draft import Draft
from generator.new_service.words import line
from generator.yaml_style import block, scalar

_WIDTH = 110


def write_text(draft: Draft, head: list[str], then: list[str]) -> str:
    """Write ``draft`` under the lines of ``head``; ``then`` are the commands that come next."""
    lines = [row for text in head for row in _comment(text)]
    lines += ["#", "# What a person must decide, and strike out here:"]
    for number, decision in enumerate(draft.decisions, 1):
        lines += _comment(f"{number}. {decision}", "#   ")
    lines += ["#", "# Then:", *(f"#   {command}" for command in then)]
    for key, value in draft.data.items():
        if guess := draft.guesses.get((key,)):
            lines += _comment(guess)
        if key == "parameters":
            lines.append("parameters:")
            for name, entry in value.items():
                if guess := draft.guesses.get((key, name)):
                    lines += _comment(guess, "  # ")
                lines += [f"  {scalar(name)}:", *_parameter(entry)]
        else:
            lines += block({key: value}, 0)
    return "\n".join(lines) + "\n"


def _comment(text: str, prefix: str = "# ") -> list[str]:
    words = line(text, 2000)
    return textwrap.wrap(
        words,
        _WIDTH,
        initial_indent=prefix,
        subsequent_indent=prefix + ("   " if prefix == "#   " else ""),
        break_on_hyphens=False,
    )


def _parameter(entry: dict[str, Any]) -> list[str]:
    """A parameter's lines; a long text is folded, and so has none that begins with a space or is empty."""
    lines = []
    for key, value in entry.items():
        if key == "doc" and len(value) > _WIDTH - 12:
            folded = textwrap.wrap(value, _WIDTH - 6, break_on_hyphens=False)
            lines += ["    doc: >-", *(f"      {row}" for row in folded)]
        else:
            lines += block({key: value}, 4)
    return lines
