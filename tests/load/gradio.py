"""A tab of a browser on a Gradio page: it speaks Gradio's protocol as the page's own script does.

Nothing is tried twice: a request that the server cuts is a failed job.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from tests.load.job import Failure, Job

#: How long a tab waits before it opens a heartbeat again that was cut, in seconds.
HEARTBEAT_AGAIN = 1.0


@dataclass
class Heartbeats:
    """What became of the streams that tabs hold open beside their jobs."""

    opened: int = 0
    cut: int = 0


@dataclass(frozen=True)
class Endpoint:
    """What a page's /config says of one of its functions; ``inputs`` are the values for its arguments."""

    prefix: str
    fn_index: int
    trigger_id: int | None
    inputs: list[Any] = field(hash=False)
    text_at: int
    voice_at: int | None

    @classmethod
    def of(cls, config: Mapping[str, Any], api_name: str) -> Endpoint:
        """Find ``api_name``: the first box of text takes the text, the first audio the voice. Raises Failure."""
        components = {component["id"]: component for component in config["components"]}
        for function in config["dependencies"]:
            if function["api_name"] == api_name:
                kinds = [components[number]["type"] for number in function["inputs"]]
                return cls(
                    config["api_prefix"],
                    function["id"],
                    function["targets"][0][0] if function["targets"] else None,
                    [components[number]["props"].get("value") for number in function["inputs"]],
                    next(at for at, kind in enumerate(kinds) if kind in ("textbox", "textarea")),
                    kinds.index("audio") if "audio" in kinds else None,
                )
        raise Failure(f"a page whose /config has no function {api_name!r}")

    def arguments(self, text: str, voice: dict[str, object] | None) -> list[Any]:
        """Fill in the text and an uploaded voice."""
        values = list(self.inputs)
        values[self.text_at] = text
        if voice is not None and self.voice_at is not None:
            values[self.voice_at] = voice
        return values


class Tab:
    """A tab on the page at ``url``, which uploads ``voice`` (a WAV) with each job where there is one."""

    def __init__(
        self,
        url: str,
        verify: ssl.SSLContext,
        heartbeats: Heartbeats,
        voice: bytes | None = None,
        api_name: str = "gen_single",
        first_page: bool = False,
    ) -> None:
        """Open nothing yet: the page is loaded by the first job.

        With ``first_page``, the page itself too, as whoever types its address, and not what its script needs alone.
        """
        self._first_page = first_page
        self._session = secrets.token_hex(6)
        self._http = httpx.AsyncClient(base_url=url, verify=verify, timeout=None, trust_env=False)
        self._heartbeats, self._voice, self._api_name = heartbeats, voice, api_name
        self._endpoint: Endpoint | None = None
        self._beating: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to be there."""
        return self

    async def __aexit__(self, *error: object) -> None:
        """Close the tab, its heartbeat too."""
        if self._beating:
            self._beating.cancel()
            with suppress(asyncio.CancelledError):
                await self._beating
        await self._http.aclose()

    def listen(self, tell: Callable[[httpx.Response], None]) -> None:
        """Have ``tell`` hear of the head of each answer."""

        async def hear(answer: httpx.Response) -> None:
            tell(answer)

        self._http.event_hooks = {"response": [hear]}

    async def ask(self, job: Job) -> bytes:
        """Press the button: upload, join, the stream of what happens, the audio. Raises Failure.

        After a failure the page is loaded again, as a person does: in Gradio, a session whose stream was cut can
        wait for its next job for ever.
        """
        try:
            return await self._answered(job)
        except (Failure, asyncio.CancelledError):
            self._reload()
            raise

    def _reload(self) -> None:
        if self._beating:
            self._beating.cancel()
        self._session, self._endpoint, self._beating = secrets.token_hex(6), None, None

    async def _answered(self, job: Job) -> bytes:
        try:
            return await self._ask(job)
        except httpx.HTTPStatusError as error:
            raise Failure(f"HTTP {error.response.status_code}") from error
        except httpx.HTTPError as error:
            raise Failure(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise Failure(f"an answer that is not Gradio's: {error!r}") from error

    async def _ask(self, job: Job) -> bytes:
        if self._endpoint is None:
            job.enter("page")
            if self._first_page:
                (await self._http.get("/", headers={"Accept": "text/html"})).raise_for_status()
            self._endpoint = Endpoint.of((await self._get("/config")).json(), self._api_name)
            self._beating = asyncio.create_task(
                self._beat(f"{self._endpoint.prefix}/heartbeat/{self._session}")
            )
        page = self._endpoint
        voice = None
        if self._voice is not None:
            job.enter("upload")
            voice = await self._upload(page.prefix, self._voice)
        job.enter("join")
        event = await self._join(page, page.arguments(job.text, voice))
        job.enter("stream")
        output = await self._stream(f"{page.prefix}/queue/data", event)
        job.enter("audio")
        return (await self._get(output["data"][0]["url"])).content

    async def _get(self, path: str) -> httpx.Response:
        return (await self._http.get(path)).raise_for_status()

    async def _upload(self, prefix: str, voice: bytes) -> dict[str, object]:
        """Upload ``voice``; give it as an argument of a function."""
        files = {"files": ("voice.wav", voice, "audio/wav")}
        parameters = {"upload_id": secrets.token_hex(6)}
        answer = await self._http.post(f"{prefix}/upload", params=parameters, files=files)
        path = answer.raise_for_status().json()[0]
        about = {"orig_name": "voice.wav", "size": len(voice), "mime_type": "audio/wav"}
        return {"path": path, **about, "meta": {"_type": "gradio.FileData"}}

    async def _join(self, page: Endpoint, arguments: list[Any]) -> str:
        """Put a job into the queue; give the name of its event."""
        body = {
            "data": arguments,
            "event_data": None,
            "fn_index": page.fn_index,
            "trigger_id": page.trigger_id,
        }
        answer = await self._http.post(
            f"{page.prefix}/queue/join", json=body | {"session_hash": self._session}
        )
        return str(answer.raise_for_status().json()["event_id"])

    async def _stream(self, path: str, event: str) -> dict[str, Any]:
        """Follow the session's stream to its end; give the output of ``event``."""
        output: dict[str, Any] | None = None
        async with self._http.stream("GET", path, params={"session_hash": self._session}) as answer:
            async for message in messages(answer.raise_for_status()):
                match message["msg"]:
                    case "process_completed" if message["event_id"] == event:
                        output = message["output"]
                        if not message["success"]:
                            raise Failure(f"the page says: {message['output'].get('error')}")
                    case "unexpected_error" | "server_stopped":
                        raise Failure(f"the page says: {message.get('message') or message['msg']}")
                    case "close_stream":
                        break
        if output is None:
            raise Failure("the stream ended without an answer")
        return output

    async def _beat(self, path: str) -> None:
        """Hold a heartbeat open for as long as the tab is; open it again where it is cut."""
        while True:
            with suppress(httpx.HTTPError):
                async with self._http.stream("GET", path) as answer:
                    if answer.is_success:
                        self._heartbeats.opened += 1
                        await self._until_cut(answer)
                        self._heartbeats.cut += 1
            await asyncio.sleep(HEARTBEAT_AGAIN)

    async def _until_cut(self, answer: httpx.Response) -> None:
        with suppress(httpx.HTTPError):
            async for _ in answer.aiter_bytes():
                pass


async def messages(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """Read the messages of a stream of server-sent events, each one line of JSON."""
    async for line in answer.aiter_lines():
        if line.startswith("data:"):
            yield json.loads(line.removeprefix("data:"))
