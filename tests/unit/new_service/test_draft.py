"""A definition of whatever a repository says is one that loads, and renders."""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.definition import load_pattern, load_service
from generator.definition_schema import RESERVED_PARAMETERS
from generator.errors import FleetError
from generator.new_service.arguments import Argument, Arguments, read_arguments
from generator.new_service.decide import Read
from generator.new_service.draft import Draft, Wish, make_draft
from generator.new_service.entry import Entry, find_entry
from generator.new_service.hints import read_hints
from generator.new_service.parameters import make_parameters
from generator.new_service.project import read_project
from generator.new_service.text import write_text
from generator.render import render
from generator.service import Service
from tests.unit.new_service.desk import SERVICE, files

URL = "https://git.example.org/voices/Echo.git"
COMMON = frozenset(load_pattern()["parameters"])


def draft(
    texts: dict[str, Any], url: str = URL, ports: list[int] | None = None, entry: str | None = None
) -> Draft:
    found = files(texts)
    hints = read_hints(found)
    wish = Wish("echo", url, ports or [], COMMON, frozenset({"git.example.org"}))
    return make_draft(
        wish,
        find_entry(found, entry, hints.starts),
        read_project(found, hints.image),
        hints,
        Read(found, True),
    )


def loaded(made: Draft, head: tuple[str, ...] = ("x",)) -> Service:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "echo.yaml")
        path.write_text(write_text(made, list(head), ["fleet pin"]))
        return load_service(path)


def test_what_is_found_is_in_the_definition() -> None:
    made = draft(SERVICE)
    assert made.data == {
        "name": "echo",
        "title": "Echo",
        "summary": "Says again what it hears",
        "source": URL,
        "port": 9123,
        "gpu": True,
        "accounts": {"run": "echo-user", "build": "echo-build"},
        "entry_point": "app.py",
        "listen": {"address_flag": "--host", "port_flag": "--port"},
        "ready": "/health",
        "writable": ["outputs"],
        "weights": {"flag": "--model-dir"},
        "packages": {"Debian": ["ffmpeg", "libsndfile1"], "RedHat": []},
        "environment": {"HOME": {"state": "home"}, "TORCH_HOME": {"cache_hub": "torch"}},
        "parameters": {
            "fp16": {"type": "Boolean", "default": False, "doc": "Half precision.", "flag": "--fp16"},
            "device": {
                "type": "Optional[Enum['cuda', 'cpu']]",
                "default": None,
                "doc": "What --device says; its program tells no more.",
                "flag": "--device",
            },
        },
    }
    assert render(loaded(made))


def test_each_guess_has_a_comment_above_it_and_what_is_read_has_none() -> None:
    lines = write_text(draft(SERVICE), ["head"], ["then"]).splitlines()

    def above(key: str) -> str:
        return lines[next(number for number, line in enumerate(lines) if line.startswith(key)) - 1]

    for key in ("gpu:", "entry_point:", "ready:", "writable:", "weights:", "packages:", "environment:"):
        assert above(key).startswith("# guessed"), key
    assert above("port:") == "# the default of --port"
    assert above("source:").startswith("summary")


def test_what_no_command_line_may_hold_is_left_out_and_said() -> None:
    said = "\n".join(draft(SERVICE).decisions)
    assert "secrets, which no command line may hold, so left out: --api-key" in said
    assert "flags of several words, which no parameter can hold, so left out: --lora" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"app.py": "import uvicorn\nuvicorn.run(x)"}, "how app.py is told its port"),
        (
            {
                "app.py": "for f in F: p.add_argument(f)\np.add_argument('--port')\nimport uvicorn\nuvicorn.run(x)"
            },
            "app.py, line 1: flags are made in a loop, and could not be read",
        ),
        ({"uv.lock": None, "pyproject.toml": None}, "no uv.lock, pyproject.toml or requirements.txt"),
        ({"uv.lock": None}, "pyproject.toml is no lock"),
        ({"app.py": "os.getenv('ASR_MODEL', 'x')\n" + SERVICE["app.py"]}, "parameter's env): ASR_MODEL"),
        ({"app.py": "from . import x\n" + SERVICE["app.py"]}, "how app.py is started: it imports by dots"),
        (
            {"uv.lock": None, "pyproject.toml": None, "requirements.txt": "a==1\nb\n"},
            "requirements.txt pins 1 of 2",
        ),
        ({"requirements.txt": "--index-url x"}, "requirements.txt names package indexes"),
        ({"-rf": "x"}, "names of files that a terminal or a shell would obey (1): -rf"),
        (
            {"app.py": "import late\nimport uvicorn\nuvicorn.run(x)", "late.py": "type X = int; def"},
            "late.py",
        ),
    ],
)
def test_what_could_not_be_read_is_to_decide(change: dict[str, str | None], said: str) -> None:
    texts = {name: text for name, text in {**SERVICE, **change}.items() if text is not None}
    made = draft(texts)
    assert said in "\n".join(made.decisions)
    loaded(made)


def test_where_it_comes_from_may_be_to_decide() -> None:
    assert "whether files may name other.example.com" in "\n".join(
        draft(SERVICE, "https://other.example.com/x.git").decisions
    )
    assert "a folder of a desk" in "\n".join(draft(SERVICE, "/srv/x").decisions)
    assert "of a desk" not in "\n".join(draft(SERVICE).decisions)


def test_a_password_in_the_address_is_not_written() -> None:
    assert "hunter2" not in write_text(draft(SERVICE, "https://me:hunter2@git.example.org/x.git"), [], [])


@pytest.mark.parametrize(
    ("ports", "port"), [([], 9123), ([9123], 9126), ([9121, 9126], 9129), ([9125], 9128), ([9126], 9123)]
)
def test_a_port_that_is_taken_is_not_proposed(ports: list[int], port: int) -> None:
    made = draft(SERVICE, ports=ports)
    assert made.data["port"] == port
    assert ("another service's" in made.guesses["port",]) == (port != 9123)


def test_gradio_says_how_jobs_are_given() -> None:
    app = "import gradio as gr\np.add_argument('--port')\np.add_argument('--host')\ndemo.launch()"
    for version, join in (("==4.44.0", "/queue/join"), (">=5", "/gradio_api/queue/join"), ("==3.50", None)):
        pyproject = f"[project]\nname='x'\ndependencies=['gradio{version}']"
        made = draft({"app.py": app, "pyproject.toml": pyproject})
        assert made.data["ready"] == "/config"
        assert made.data.get("jobs", {}).get("join") == join
        assert (loaded(made).jobs is None) == (join is None)


def test_flags_in_an_imported_file_are_said_to_be_there() -> None:
    flags = "p.add_argument('--port', type=int)\np.add_argument('--host')\np.add_argument('--fp16', action='store_true')"
    made = draft(
        {"main.py": "import cli.flags\nif __name__ == '__main__':\n    main()\n", "cli/flags.py": flags}
    )
    assert (made.data["entry_point"], made.data["flags_from"]) == ("main.py", "cli/flags.py")
    assert loaded(made).flags_from == "cli/flags.py"
    assert "flags_from" not in draft(SERVICE).data


def test_an_application_is_started_by_its_server_and_takes_its_flags() -> None:
    app = "from fastapi import FastAPI\nfrom . import tool\ndef make():\n    return FastAPI()\n"
    tool = "p.add_argument('--threads', type=int)\np.add_argument('--model-dir')"
    image = 'EXPOSE 9000\nCMD ["uvicorn", "--factory", "echo.main:make", "--port", "9000"]'
    texts = {"echo/main.py": app, "echo/tool.py": tool, "echo/__init__.py": "", "Dockerfile": image}
    made = draft(texts)
    assert made.data["start"] == {"module": "uvicorn", "arguments": ["--factory", "echo.main:make"]}
    assert made.data["listen"] == {"address_flag": "--host", "port_flag": "--port"}
    assert made.data["port"] == 9000
    assert not {"parameters", "weights", "flags_from"} & made.data.keys()
    said = "\n".join(made.decisions)
    assert "is told its" not in said
    assert "imports by dots" not in said
    assert "how echo/main.py is set up" in said
    assert loaded(made).command == ("-m", "uvicorn", "--factory", "echo.main:make")


def test_a_module_of_a_package_is_started_as_one_with_its_own_flags() -> None:
    made = draft(
        {"echo/app.py": f"from . import x\n{SERVICE['app.py']}", "echo/x.py": "", "echo/__init__.py": ""}
    )
    assert loaded(made).command == ("-m", "echo.app")
    assert made.data["listen"]["port_flag"] == "--port"
    assert "fp16" in made.data["parameters"]
    assert "imports by dots" not in "\n".join(made.decisions)


def test_jobs_of_an_http_api_are_guessed_and_what_is_not_seen_is_to_decide() -> None:
    api = """
@app.post("/v1/tts")
def speak(): ...
@app.post("/upload")
def upload(): ...
@app.get("/tasks/{task_id}")
def task(): ...
@app.websocket("/v1/live")
def live(): ...
app.include_router(other, prefix="/v2")
"""
    made = draft({**SERVICE, "app.py": SERVICE["app.py"].replace("if __name__", f"{api}\nif __name__")})
    assert made.data["requests"] == {"paths": ["/v1/tts"]}
    requests = loaded(made).requests
    assert requests
    assert requests.paths == ("/v1/tts",)
    said = "\n".join(made.decisions)
    for words in (
        "(requests.queue); /tasks/ … may tell of one",
        "(requests.smoke)",
        "POSTs that are taken for no jobs: /upload",
        "what is below /v2, where routers are mounted",
        "whether /v1/live never ends",
    ):
        assert words in said
    assert "which POSTs are jobs" in "\n".join(draft(SERVICE).decisions)


def test_a_page_of_gradio_has_its_queue_and_no_requests() -> None:
    app = "import gradio as gr\np.add_argument('--port')\n@app.post('/tts')\ndef f(): ...\ndemo.launch()"
    made = draft({"app.py": app})
    assert "jobs" in made.data
    assert "requests" not in made.data


def test_folders_of_the_checkout_where_weights_may_belong_are_named() -> None:
    def said(*paths: str) -> str:
        app = SERVICE["app.py"].replace('"--model-dir"', '"--voice"')
        return "\n".join(draft({**SERVICE, "app.py": app, **dict.fromkeys(paths, "")}).decisions)

    assert "(filled, as models of its checkout may be)" in said("models/vae/put_vae_here", "models/x.py")
    assert "(filled)" in said("models/x.py")


TEXT = st.text(max_size=200) | st.text(alphabet="a @{}#:'\"\\\n%|>-*&!`<[]", max_size=80)
FLAGS = st.from_regex(r"--[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)
ARGUMENT = st.builds(
    Argument,
    FLAGS | st.sampled_from([f"--{name}" for name in sorted({*COMMON, *RESERVED_PARAMETERS})]),
    st.sampled_from(["switch", "off", "int", "float", "str", "other"]),
    st.none() | TEXT | st.integers() | st.booleans(),
    st.lists(TEXT, max_size=3).map(tuple),
    TEXT,
    st.booleans(),
    st.booleans(),
)


@given(st.lists(ARGUMENT, max_size=5, unique_by=lambda each: each.flag), TEXT, TEXT)
def test_whatever_it_says_the_definition_loads(arguments: list[Argument], summary: str, title: str) -> None:
    found = files({})
    project = read_project(found, "")
    entry = Entry("app.py", summary, (ast.parse(""),), Arguments(tuple(arguments), (summary,)), "app.py")
    wish = Wish("echo", f"https://git.example.org/{title}", [], COMMON, None)
    hints = read_hints(found)
    made = make_draft(wish, entry, project, hints, Read(found, True))
    made.data["source"] = URL
    service = loaded(made, (title,))
    assert made.data.get("parameters", {}).keys() <= {parameter.name for parameter in service.parameters}


FILES = st.fixed_dictionaries(
    {},
    optional={
        "pyproject.toml": st.binary(max_size=80)
        | st.text("[]project.scidn='\"=\n1,>", max_size=80)
        | st.builds("[project]\nname={!r}\ndescription={!r}\ndependencies=[{!r}]".format, TEXT, TEXT, TEXT),
        "requirements.txt": st.binary(max_size=80) | TEXT,
        ".python-version": TEXT,
        "Dockerfile": TEXT
        | st.text("RUN apt-get install -y a;$\\\nFROM python:3.EXPOSE 0123456789CMD", max_size=120),
        "README.md": TEXT,
        "cli.py": st.binary(max_size=80) | st.text("p.add_argument('--port', type=int)\n", max_size=120),
    },
)


@given(FILES)
def test_whatever_files_say_it_is_a_definition_or_one_line(texts: dict[str, Any]) -> None:
    try:
        made = draft({"app.py": f"import cli\n{SERVICE['app.py']}", **texts}, entry="app.py")
    except FleetError as error:
        assert "\n" not in str(error)
        return
    loaded(made)


@given(st.lists(ARGUMENT, max_size=8, unique_by=lambda each: each.flag))
def test_every_flag_is_a_parameter_or_said_to_be_left_out(arguments: list[Argument]) -> None:
    made = make_parameters(Arguments(tuple(arguments)), [], COMMON)
    kept = [entry["flag"] for entry in made.entries.values()]
    assert sorted([*kept, *made.secret, *made.many, *made.other]) == sorted(each.flag for each in arguments)
    assert not made.entries.keys() & {*COMMON, *RESERVED_PARAMETERS}


def test_a_flag_that_must_be_given_has_no_default() -> None:
    found = read_arguments(ast.parse("p.add_argument('--voice', required=True)"))
    assert make_parameters(found, [], []).entries["voice"] == {
        "type": "String[1]",
        "doc": "What --voice says; its program tells no more.",
        "flag": "--voice",
    }
