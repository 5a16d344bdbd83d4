"""A run of a node's Puppet agent."""

from __future__ import annotations

from dataclasses import dataclass

from generator.lab.control import BRANCH


@dataclass(frozen=True)
class AgentRun:
    """What a run came to: Puppet's detailed exit code and what it printed."""

    code: int
    output: str


def agent_command(noop: bool = False, environment: str = BRANCH) -> list[str]:
    """Make the command of one run: 0 nothing to change, 2 changed, 4 and 6 failures, 1 no catalogue."""
    # A run that a killed test left behind ends by itself; this one waits for it.
    lock = ["--waitforlock=2", "--maxwaitforlock=600"]
    command = ["puppet", "agent", "--test", "--color=false", "--waitforcert=0", *lock]
    return [*command, f"--environment={environment}", *["--noop"] * noop]


def errors(output: str) -> str:
    r"""Choose from an agent's output what went wrong; all of its end where it names no error.

    >>> errors("Info: a\nError: b\nWarning: Skipping because of failed dependencies\n")
    'Error: b'
    """
    lines = output.splitlines()
    return "\n".join([line for line in lines if line.startswith("Error: ")] or lines[-20:])


def reached_nobody(output: str) -> bool:
    r"""Tell whether an agent's run ended because no server answered it in time.

    >>> reached_nobody("Error: Connection to https://puppet:8140/x failed\nError: No more routes to ca\n")
    True
    >>> reached_nobody("Error: Could not retrieve catalog from remote server: Error 500 on SERVER\n")
    False
    """
    return "Error: No more routes to " in output
