"""Options of the verbs of ``fleet canary``."""

from __future__ import annotations

import click


def percents(context: click.Context, option: click.Parameter, value: str) -> tuple[int, ...]:
    """Read percents that rise, to 100 at most: ``10,25,50,100``; the callback of an option."""
    words = [word.strip().removesuffix("%").strip() for word in value.split(",")]
    if not all(word.isascii() and word.isdigit() and 1 <= int(word[:4]) <= 100 for word in words):
        raise click.BadParameter(
            f"{value!r} are no percents from 1 to 100 (such as 10,25,50,100)", context, option
        )
    steps = [int(word) for word in words]
    if steps != sorted(set(steps)):
        raise click.BadParameter(f"{value!r} do not rise (such as 10,25,50,100)", context, option)
    return tuple(steps)


def interval(context: click.Context, option: click.Parameter, value: str) -> int:
    """Read a time such as ``30m`` or ``2h``, in seconds; the callback of an option."""
    from generator.canary.rollout_file import parse_interval

    seconds = parse_interval(value)
    if seconds is None:
        raise click.BadParameter(f"{value!r} is no time (such as 30m or 2h)", context, option)
    return seconds
