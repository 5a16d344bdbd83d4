"""The stand-in's application: what uvicorn calls, and what clients ask."""

from __future__ import annotations

import logging
import os

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from speaches.models import NoSuchModel, find  # type: ignore[import-not-found]
from speaches.recognise import Recogniser  # type: ignore[import-not-found]
from speaches.recording import NoRecording  # type: ignore[import-not-found]

NOTICE = "a stand-in for speaches, for the staging lab: pocketsphinx, and a few words"


class Api:
    """What it answers; a recording is recognised in a thread, so that ``/health`` answers meanwhile."""

    def __init__(self) -> None:
        """Load nothing yet."""
        self.recogniser = Recogniser()
        self.log = logging.getLogger("uvicorn.error")
        self.log.setLevel(os.environ.get("LOG_LEVEL", "debug").upper())
        self.log.info(NOTICE)

    async def health(self, request: Request) -> Response:
        """Say that it serves, whether a model is loaded or not."""
        return PlainTextResponse("OK")

    async def page(self, request: Request) -> Response:
        """Say what it is."""
        return PlainTextResponse(NOTICE)

    async def transcribe(self, request: Request) -> Response:
        """Recognise what is said in the form's ``file`` by its ``model``."""
        async with request.form() as form:
            file, model = form.get("file"), form.get("model")
            if not isinstance(file, UploadFile) or not isinstance(model, str):
                return JSONResponse({"detail": "the form wants file, a recording, and model"}, 422)
            recording = await file.read()
        if os.environ.get("STANDIN_FAULT") == "mute":
            return JSONResponse({"detail": "the fault 'mute' was asked for"}, 500)
        try:
            find(model)
            text = await run_in_threadpool(self.recogniser.text, recording)
        except NoSuchModel as error:
            return JSONResponse({"detail": str(error)}, 404)
        except NoRecording as error:
            return JSONResponse({"detail": str(error)}, 415)
        self.log.debug("%s: %r", file.filename, text)
        return JSONResponse({"text": text})


def create_app() -> Starlette:
    """Make the application, with a page to look at where that is wanted."""
    api = Api()
    routes = [
        Route("/health", api.health),
        Route("/v1/audio/transcriptions", api.transcribe, methods=["POST"]),
    ]
    if os.environ.get("ENABLE_UI", "true").lower() == "true":
        routes.append(Route("/", api.page))
    return Starlette(routes=routes)
