"""Which file starts, and which has the flags."""

from __future__ import annotations

import pytest

from generator.errors import FleetError
from generator.new_service.entry import PORTS, find_entry, flag_of
from tests.unit.new_service.desk import APP, files

PORT = "p.add_argument('--port', type=int, default=80)\n"
MAIN = "if __name__ == '__main__':\n    main()\n"
LAUNCH = "import gradio\ndemo.launch()\n"


@pytest.mark.parametrize(
    ("texts", "entry"),
    [
        ({"app.py": APP, "setup.py": "x", "test_app.py": APP, "tests/app.py": APP}, "app.py"),
        ({"webui.py": LAUNCH, "train.py": PORT + MAIN, "infer.py": MAIN}, "webui.py"),
        ({"main.py": "import cli\n" + MAIN, "cli.py": PORT, "server.py": "class S: pass"}, "main.py"),
        ({"pkg/__init__.py": "", "pkg/web.py": PORT + MAIN, "pkg/util.py": MAIN}, "pkg/web.py"),
        ({"api.py": PORT + MAIN, "client.py": PORT + MAIN}, "api.py"),
        ({"webui.py": LAUNCH, "api.py": PORT + MAIN}, "api.py"),
    ],
)
def test_the_only_one_is_found(texts: dict[str, str], entry: str) -> None:
    assert find_entry(files(texts)).path == entry


def test_one_that_ends_in_being_another_may_start_it_as_well() -> None:
    with pytest.raises(FleetError, match=r"^launch\.py or webui\.py could start it"):
        find_entry(files({"webui.py": LAUNCH, "launch.py": "prepare()\nfrom webui import *\n"}))


def test_two_are_named_and_asked_for() -> None:
    with pytest.raises(FleetError, match=r"^api\.py or api_v2\.py could start it .*: --entry api\.py\)$"):
        find_entry(files({"api.py": PORT + MAIN, "api_v2.py": PORT + MAIN, "webui.py": LAUNCH}))


def test_one_of_two_can_be_said_and_one_that_the_image_starts_is_taken() -> None:
    both = {"api.py": PORT + MAIN, "api_v2.py": PORT + MAIN}
    assert find_entry(files(both), "api_v2.py").path == "api_v2.py"
    assert find_entry(files(both), None, "api.py").path == "api.py"
    assert find_entry(files({"api.py": PORT + MAIN}), None, "/app/other.py").path == "api.py"


def test_none_is_asked_for() -> None:
    with pytest.raises(FleetError, match=r"no file at v1\.0\.0 is seen to start a server .*--entry FILE"):
        find_entry(files({"lib.py": "x = 1", "setup.py": "setup()"}))


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ("nope.py", r"no file at v1\.0\.0 \(did you mean app\.py\?\)|there are"),
        ("../app.py", "no path below the checkout"),
        ("-rf", "no path below the checkout"),
        ("a\x1b[2J.py", r"'a\\x1b\[2J\.py' is no path"),
        (".git/config", "no path below the checkout"),
        ("link.py", "is a link at"),
    ],
)
def test_a_wish_that_is_none_is_refused_in_one_plain_line(wish: str, message: str) -> None:
    with pytest.raises(FleetError, match=message) as raised:
        find_entry(files({"app.py": APP}, {b"link.py": "120000"}), wish)
    assert str(raised.value).isprintable()


def test_an_entry_that_does_not_parse_is_told_with_its_line() -> None:
    broken = {"app.py": "import os\ndef f(:\n"}
    for wish in (None, "app.py"):
        with pytest.raises(FleetError, match=r"^app\.py:2: .*v1\.0\.0.*--entry"):
            find_entry(files(broken), wish)
    assert find_entry(files({**broken, "webui.py": LAUNCH})).path == "webui.py"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("from options.cli import parser", ["options/__init__.py", "options/cli.py"]),
        ("import options.cli", ["options/cli.py"]),
        ("from options import cli", ["options/cli.py"]),
    ],
)
def test_flags_are_looked_for_in_what_it_imports(line: str, names: list[str]) -> None:
    texts = {name: PORT if name.endswith("cli.py") else "" for name in names}
    entry = find_entry(files({"main.py": f"{line}\n{MAIN}", "unrelated.py": PORT, **texts}))
    assert entry.flags_in == "options/cli.py"
    assert flag_of(entry.arguments, PORTS)


def test_relative_imports_are_followed_from_where_they_stand() -> None:
    texts = {"src/pkg/main.py": f"from .cli import p\n{MAIN}", "src/pkg/cli.py": PORT}
    assert find_entry(files(texts), "src/pkg/main.py").flags_in == "src/pkg/cli.py"


def test_files_that_import_each_other_have_an_end() -> None:
    texts = {"main.py": f"import a\n{MAIN}", "a.py": "import b", "b.py": "import a, main\n" + PORT}
    assert find_entry(files(texts)).flags_in == "b.py"
