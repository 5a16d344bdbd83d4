"""The paths of an HTTP API, and which of them are jobs."""

from __future__ import annotations

import ast
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.definition_schema import DEFINITION
from generator.new_service.routes import Routes, read_routes

PAGE = DEFINITION["properties"]["ready"]["pattern"]


def routes(*sources: str) -> Routes:
    return read_routes([ast.parse(source) for source in sources])


@pytest.mark.parametrize(
    ("source", "posts"),
    [
        ("@app.post('/v1/tts')\nasync def f(): ...", ("/v1/tts",)),
        ("r = APIRouter(prefix='/v1')\n@r.post('/tts')\ndef f(): ...", ("/v1/tts",)),
        (
            "b = Blueprint('x', url_prefix='/v1')\n@b.route('/tts', methods=['GET', 'POST'])\ndef f(): ...",
            ("/v1/tts",),
        ),
        ("class S:\n def g(self):\n  @routes.post('/prompt')\n  async def f(r): ...", ("/prompt",)),
        ("app.router.add_post('/tts', f)", ("/tts",)),
        ("app.add_api_route('/tts', f, methods=['post'])", ("/tts",)),
        ("@app.post('/jobs/{id}/tts')\ndef f(): ...", ("/jobs/",)),
        ("@app.post(PATH)\ndef f(): ...", ()),
        ("@app.post('/a\\nb')\ndef f(): ...", ()),
        ("@app.get('/tts')\ndef f(): ...", ()),
        ("requests.post('/tts')", ()),  # a client's
    ],
)
def test_a_post_is_what_frameworks_declare(source: str, posts: tuple[str, ...]) -> None:
    assert routes(source).posts == posts


def test_jobs_are_posts_that_are_called_so() -> None:
    paths = "/prompt /v1/audio/speech /v1/audio/speech/embedding /upload/image /interrupt /v1/models/ /generate_batch"
    found = Routes(posts=tuple(sorted(paths.split())))
    assert found.jobs == ["/generate_batch", "/prompt", "/v1/audio/speech"]
    assert found.others == ["/interrupt", "/upload/image", "/v1/models/"]


def test_what_may_tell_of_a_job_or_never_ends_is_seen() -> None:
    found = routes(
        "@a.get('/history/{id}')\ndef f(): ...\n@a.get('/models/{id}')\ndef g(): ...\n@a.websocket('/ws')\ndef h(): ...",
        "app.include_router(x, prefix='/v1')",
    )
    assert (found.results, found.sockets, found.mounted) == (["/history/"], ("/ws",), ("/v1",))


@given(st.lists(st.text(alphabet="/tsa:-{<.", max_size=12), max_size=6))
def test_jobs_are_paths_that_a_definition_takes(paths: list[str]) -> None:
    source = "".join(f"@app.post({'/tts' + path!r})\ndef f(): ...\n" for path in paths)
    found = routes(source)
    for path in found.jobs:
        assert re.fullmatch(PAGE, path)
    assert not any(path.startswith(other) for path in found.jobs for other in found.jobs if other != path)


def test_a_program_of_nothing_but_paths_is_done_with_in_time() -> None:
    source = "".join(f"@app.post('/tts{number}')\ndef f(): ...\n" for number in range(20_000))
    started = time.process_time()
    assert len(routes(source).posts) == 200
    assert time.process_time() - started < 5
