"""Puppet's compiler for many nodes in two trees: a process for each core, many nodes in each."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from generator.errors import CommandFailed, FleetError
from generator.inventory import KnownNode
from generator.progress import say

PROGRAM = Path(__file__).with_name("compile.rb")
#: From this many nodes on, each tenth of the work is told.
_MANY = 100


@dataclass(frozen=True)
class Pair:
    """What compile.rb answered about a node in the two trees, for :mod:`generator.diff.catalogue` to read."""

    certname: str
    before: str
    after: str


@dataclass(frozen=True)
class Answer:
    """What compile.rb answered about a node in one tree."""

    tree: Path
    certname: str
    text: str


#: What the processes have answered; one that is over sends why it failed, or None.
_Answers = queue.Queue[Answer | CommandFailed | None]


def compile_pairs(before: Path, after: Path, nodes: Sequence[KnownNode], key: str) -> Iterator[Pair]:
    """Compile ``nodes`` in two trees (:func:`generator.diff.trees.lay_out`) side by side, on all cores.

    A pair comes as soon as both of it are there. ``key`` keys the digests of secrets.

    Raises:
        FleetError: Puppet is not installed.
        CommandFailed: a process ended before its last answer.
    """
    ruby = _ruby()
    workers = min(len(nodes), -(-len(os.sched_getaffinity(0)) // 2))
    answers: _Answers = queue.Queue()
    with ExitStack() as stack:
        # every process gets its nodes in the same order, so that few answers wait for their other half
        for number in range(workers):
            for tree in (before, after):
                stack.enter_context(_process(ruby, tree, nodes[number::workers], key, answers))
        yield from _pair_up(before, len(nodes), 2 * workers, answers)


def compile_each(tree: Path, nodes: Sequence[KnownNode], key: str) -> Iterator[Answer]:
    """Compile ``nodes`` in one tree, on all cores; an answer comes as soon as it is there.

    Raises:
        FleetError: Puppet is not installed.
        CommandFailed: a process ended before its last answer.
    """
    ruby = _ruby()
    # a process takes as long to start as it does for twenty nodes
    running = min(-(-len(nodes) // 20), len(os.sched_getaffinity(0)))
    answers: _Answers = queue.Queue()
    with ExitStack() as stack:
        for number in range(running):
            stack.enter_context(_process(ruby, tree, nodes[number::running], key, answers))
        while running:
            answer = answers.get()
            if isinstance(answer, CommandFailed):
                raise answer
            if answer is None:
                running -= 1
            else:
                yield answer


def _pair_up(before: Path, total: int, running: int, answers: _Answers) -> Iterator[Pair]:
    waiting: dict[str, Answer] = {}
    done = 0
    while running:
        answer = answers.get()
        if isinstance(answer, CommandFailed):
            raise answer
        if answer is None:
            running -= 1
        elif (other := waiting.pop(answer.certname, None)) is None:
            waiting[answer.certname] = answer
        else:
            first, second = (answer, other) if answer.tree == before else (other, answer)
            yield Pair(answer.certname, first.text, second.text)
            done += 1
            if total >= _MANY and done % (total // 10) == 0:
                say(f"  … {done} of {total} nodes")


@contextmanager
def _process(
    ruby: str, tree: Path, nodes: Sequence[KnownNode], key: str, answers: _Answers
) -> Iterator[None]:
    """Compile ``nodes`` in ``tree`` in a process of its own, which does not outlive the block."""
    request = {"root": str(tree), "key": key, "nodes": [asdict(node) for node in nodes]}
    with ExitStack() as stack:
        stdin, stderr = (
            stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace"))
            for _ in "ab"
        )
        json.dump(request, stdin)
        stdin.seek(0)
        # Ruby takes the encoding of what it reads from the locale
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        process = stack.enter_context(
            subprocess.Popen(
                [ruby, str(PROGRAM)], stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=environment
            )
        )
        reader = threading.Thread(target=_read, args=(process, stderr, tree, len(nodes), answers))
        reader.start()
        try:
            yield
        finally:
            process.kill()
            reader.join()


def _read(
    process: subprocess.Popen[bytes], stderr: IO[str], tree: Path, wanted: int, answers: _Answers
) -> None:
    """Pass on what a process answers, and at its end how that was."""
    assert process.stdout is not None
    count = 0
    for line in process.stdout:
        certname, _, text = line.decode(errors="replace").rstrip("\n").partition("\t")
        answers.put(Answer(tree, certname, text))
        count += 1
    code = process.wait()
    stderr.seek(0)
    said = stderr.read().strip().splitlines() or ["no word why"]
    failure = CommandFailed(f"{PROGRAM.name} exited {code}: {said[0]}")
    answers.put(None if code == 0 and count == wanted else failure)


def _ruby() -> str:
    """Find the Ruby that Puppet is installed for: the one beside its program.

    Raises:
        FleetError: Puppet is not installed.
    """
    puppet = shutil.which("puppet")
    if puppet is None:
        raise FleetError("puppet is not installed; fleet diff compiles with it (as root, make setup does)")
    beside = Path(puppet).resolve().with_name("ruby")
    return str(beside) if beside.exists() else "ruby"
