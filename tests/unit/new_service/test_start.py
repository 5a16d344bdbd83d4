"""How a service is started that is no file which Python starts."""

from __future__ import annotations

import pytest

from generator.new_service.entry import find_entry
from generator.new_service.hints import read_hints
from generator.new_service.start import Start, dotted, find_start, read_command
from tests.unit.new_service.desk import APP, files

FACTORY = "from fastapi import FastAPI\ndef make(debug=False):\n    return FastAPI()\n"
TOP = "from fastapi import FastAPI\napp = FastAPI()\n"
MAIN = "if __name__ == '__main__':\n    main()\n"


def found(
    texts: dict[str, str], entry: str | None = None, needs: tuple[str, ...] = ("uvicorn",)
) -> Start | None:
    commit = files(texts)
    hints = read_hints(commit)
    return find_start(find_entry(commit, entry, hints.starts), hints.start, {*needs}, commit.paths)


@pytest.mark.parametrize(
    ("command", "start"),
    [
        ('["uvicorn", "--factory", "a.b:make"]', Start("uvicorn", ("--factory", "a.b:make"))),
        ("exec python3 -m uvicorn a:app --host 0.0.0.0 --port 80", Start("uvicorn", ("a:app",))),
        ("/opt/venv/bin/uvicorn a:app", Start("uvicorn", ("a:app",))),
        ("python -m a.serve --port 80", Start("a.serve")),
        ("uvicorn $APP", None),
        ("python -m", None),
        ("python -m $(x)", None),
        ("./entrypoint.sh", None),
    ],
)
def test_a_command_says_a_module(command: str, start: Start | None) -> None:
    assert read_command(command.strip("[]").replace('"', "").replace(",", "").split()) == start


@pytest.mark.parametrize(
    ("command", "start"),
    [
        ('["uvicorn", "--factory", "echo.main:make"]', ("uvicorn", ("--factory", "echo.main:make"))),
        ('["sh", "-c", "uvicorn echo.main:make --factory"]', ("uvicorn", ("--factory", "echo.main:make"))),
        ("python -m echo.main", ("echo.main", ())),
    ],
)
def test_an_image_says_the_file_and_how_it_is_started(
    command: str, start: tuple[str, tuple[str, ...]]
) -> None:
    texts = {
        "Dockerfile": f"FROM x\nCMD {command}\n",
        "src/echo/main.py": FACTORY,
        "src/echo/__init__.py": "",
    }
    assert read_hints(files(texts)).starts == "src/echo/main.py"
    assert found(texts) == Start(*start, "Dockerfile starts it so")


def test_a_module_that_is_not_in_the_checkout_is_none_of_its_files() -> None:
    hints = read_hints(files({"Dockerfile": "CMD python -m http.server", "app.py": APP}))
    assert (hints.starts, hints.start) == (None, None)


def test_an_image_that_starts_another_says_nothing_of_the_one_that_is_asked_for() -> None:
    texts = {"Dockerfile": "CMD python -m other", "other.py": APP, "app.py": APP}
    assert found(texts, "app.py") is None
    start = found(texts)
    assert start
    assert start.module == "other"


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (TOP, ("src.main:app",)),
        (TOP.replace("app =", "app: FastAPI ="), ("src.main:app",)),
        (FACTORY, ("--factory", "src.main:make")),
        (FACTORY.replace("debug=False", "debug"), None),
        (FACTORY.replace("debug=False", "*, debug"), None),
        (FACTORY + TOP, ("src.main:app",)),
        ("app = FastAPI()", None),
        (APP, None),
    ],
)
def test_an_application_without_a_flag_for_its_port_is_uvicorns(
    text: str, arguments: tuple[str, ...] | None
) -> None:
    start = found({"src/main.py": text, "src/__init__.py": ""}, "src/main.py")
    assert (start.arguments if start else None) == arguments


def test_one_that_has_no_uvicorn_is_not_started_by_it() -> None:
    assert found({"main.py": TOP}, "main.py", needs=()) is None


def test_what_is_lost_of_main_is_said() -> None:
    start = found({"main.py": TOP + MAIN}, "main.py")
    assert start
    assert "under __main__ is not done" in start.why


def test_what_imports_by_dots_is_a_module_of_its_package() -> None:
    text = f"from . import x\n{MAIN}"
    assert found({"echo/serve.py": text}, "echo/serve.py", ()) == Start(
        "echo.serve", (), "it imports by dots, which a file that Python starts cannot"
    )
    assert found({"serve.py": text}, "serve.py", ()) is None  # in no package, so nothing starts it
    assert found({"my-echo/serve.py": text}, "my-echo/serve.py", ()) is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.py", "a"),
        ("src/a/b.py", "a.b"),
        ("src.py", "src"),
        ("a/__main__.py", "a"),
        ("a b.py", None),
        ("1.py", None),
    ],
)
def test_the_name_of_a_file(path: str, name: str | None) -> None:
    assert dotted(path, set()) == name
    assert dotted("src/a.py", {"src/__init__.py"}) == "src.a"
