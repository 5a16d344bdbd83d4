"""``python -m tests.load URL``: keep asking for a time, and print what came of it as JSON."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path

import click

from tests.load import Load, kinds

KINDS = {"browser": kinds.browser, "official": kinds.official, "visitor": kinds.visitor}


@click.command()
@click.argument("url")
@click.option("--clients", type=click.IntRange(1), default=20, show_default=True)
@click.option(
    "--seconds", type=click.FloatRange(0), default=30.0, show_default=True, help="How long to send."
)
@click.option("--kind", type=click.Choice(list(KINDS)), default="browser", show_default=True)
@click.option(
    "--voice", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A WAV to upload."
)
@click.option("--pause", type=click.FloatRange(0), default=0.0, help="Seconds between a client's jobs.")
@click.option(
    "--patience", type=click.FloatRange(0), default=900.0, show_default=True, help="Seconds for a job."
)
@click.option("--timeline", type=click.Path(dir_okay=False, path_type=Path), help="Where to write every job.")
def main(
    url: str,
    clients: int,
    seconds: float,
    kind: str,
    voice: Path | None,
    pause: float,
    patience: float,
    timeline: Path | None,
) -> None:
    """Keep asking the page at URL (http://10.77.0.11:7860) for audio, and check that each is of its own text.

    Ctrl-C and SIGTERM end it early; jobs that were sent are waited for. Exit code 1: a job failed.
    """
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    with Load(KINDS[kind](url, voice.read_bytes() if voice else None), pause, patience) as load:
        load.start(clients)
        told.wait(seconds)
        result = load.stop()
    if timeline:
        timeline.write_text("".join(f"{json.dumps(job, ensure_ascii=False)}\n" for job in result.timeline()))
    print(json.dumps(result.data(), indent=2, ensure_ascii=False))
    sys.exit(1 if result.failed else 0)


if __name__ == "__main__":
    main()
