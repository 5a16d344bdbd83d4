"""The kinds of client; what one gives makes the clients of a load."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.load.gradio import Heartbeats, Tab
from tests.load.job import Client
from tests.load.visitor import Visitor


@dataclass(frozen=True)
class Kind:
    """Makes clients of one kind; ``heartbeats`` counts those of all that it made."""

    make: Callable[[Heartbeats], Client]
    heartbeats: Heartbeats = field(default_factory=Heartbeats)

    def client(self) -> Client:
        """Make another client."""
        return self.make(self.heartbeats)


def browser(url: str, voice: bytes | None = None, trust: str | None = None) -> Kind:
    """Tabs of a browser on the page at ``url``; ``voice`` is a WAV that each job uploads first.

    ``trust`` holds certificates (PEM) that are trusted in place of the system's.
    """
    verify = ssl.create_default_context(
        cadata=trust
    )  # one for all: reading the authorities takes longer than a job
    return Kind(lambda heartbeats: Tab(url, verify, heartbeats, voice))


def visitor(url: str, voice: bytes | None = None) -> Kind:
    """Browsers that come to a gateway at ``url`` afresh for each job, and note which nodes and releases answered."""
    verify = ssl.create_default_context()
    return Kind(lambda heartbeats: Visitor(url, verify, heartbeats, voice))


def official(url: str, voice: bytes | None = None) -> Kind:
    """Programs that use Gradio's own client, which keeps its heartbeats to itself."""
    from tests.load.official import Official

    return Kind(lambda heartbeats: Official(url, voice))
