"""Gradio's own Python client, as its manual says to use it, with its own time limits."""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import gradio_client

from tests.load.job import Failure, Job


class Official:
    """A program on the page at ``url``; its calls block, so each client has a thread."""

    def __init__(self, url: str, voice: bytes | None = None, api_name: str = "gen_single") -> None:
        """Open nothing yet: the page is loaded by the first job."""
        self._url, self._voice, self._api_name = url, voice, api_name
        self._thread = ThreadPoolExecutor(1)
        self._client: gradio_client.Client | None = None

    async def __aenter__(self) -> Self:
        """Make a folder for what is downloaded."""
        self._folder = tempfile.TemporaryDirectory(prefix="load-")
        return self

    async def __aexit__(self, *error: object) -> None:
        """End its heartbeat; a call that hangs is left to itself."""
        if self._client:
            self._client.close()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._folder.cleanup()

    async def ask(self, job: Job) -> bytes:
        """Call the page's function. Raises Failure."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, job)

    def _ask(self, job: Job) -> bytes:
        try:
            if self._client is None:
                job.enter("page")
                self._client = gradio_client.Client(
                    self._url, download_files=self._folder.name, verbose=False
                )
            job.enter("predict")
            audio = self._client.predict(prompt=self._prompt(), text=job.text, api_name=f"/{self._api_name}")
            return Path(audio).read_bytes()
        except Exception as error:  # whatever the library raises is how its user sees a job fail
            raise Failure(f"{type(error).__name__}: {error}".rstrip(": ")) from error

    def _prompt(self) -> object:
        if self._voice is None:
            return None
        voice = Path(self._folder.name, "voice.wav")
        voice.write_bytes(self._voice)
        return gradio_client.handle_file(voice)
