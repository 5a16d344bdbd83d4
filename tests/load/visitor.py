"""A browser that comes to a gateway for one job, and knows nothing of the one before.

A gateway knows browsers by the cookie that they get with their first page. So each job begins with that page,
by a jar, a session and connections of its own, and with a voice that nobody else has sent: a job that is served
has been at one node from the voice to the audio.
"""

from __future__ import annotations

import secrets
import ssl
from typing import Self

import httpx

from tests.load.gradio import Heartbeats, Tab
from tests.load.job import Job

#: How the names of a gateway's cookies end that say which node a browser is at.
COOKIE = "_node"


class Visitor:
    """Whoever comes to the page at ``url``, job after job; notes in each which nodes and releases answered."""

    def __init__(
        self, url: str, verify: ssl.SSLContext, heartbeats: Heartbeats, voice: bytes | None = None
    ) -> None:
        """Open nothing yet."""
        self._url, self._verify, self._heartbeats, self._voice = url, verify, heartbeats, voice

    async def __aenter__(self) -> Self:
        """Begin to be there."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """Nothing is open between two jobs."""

    async def ask(self, job: Job) -> bytes:
        """Come with a fresh browser, do one job, and go. Raises Failure."""
        # what follows a WAV's sound is nobody's business, and makes it another file
        voice = self._voice and self._voice + secrets.token_bytes(8)
        async with Tab(self._url, self._verify, self._heartbeats, voice, first_page=True) as tab:
            tab.listen(lambda answer: _note(job, answer))
            return await tab.ask(job)


def _note(job: Job, answer: httpx.Response) -> None:
    """Note who gave an ``answer`` in the job that it belongs to."""
    if release := answer.headers.get("x-release"):
        job.releases.add(release)
    job.nodes.update(value for name, value in answer.cookies.items() if name.endswith(COOKIE))
