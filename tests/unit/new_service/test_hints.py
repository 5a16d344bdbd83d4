"""What Dockerfile, README, pyproject and requirements say."""

from __future__ import annotations

import ast
import time

import pytest

from generator.errors import FleetError
from generator.new_service.code import folders, health, serves
from generator.new_service.hints import read_hints
from generator.new_service.names import newest
from generator.new_service.project import Project, read_project
from generator.new_service.words import line
from tests.unit.new_service.desk import DOCKERFILE, PYPROJECT, files


def project(texts: dict[str, str | bytes], dockerfile: str = "") -> Project:
    return read_project(files(texts), dockerfile)


def parsed(source: str) -> ast.Module:
    module = files({"a.py": source}).python("a.py")
    assert module
    return module


def test_an_image_says_packages_port_and_what_starts() -> None:
    text = DOCKERFILE + 'ENTRYPOINT ["python3", "./serve.py"]\n'
    found = read_hints(files({"docker/Dockerfile": text}))
    assert found.packages == dict.fromkeys(["ffmpeg", "libsndfile1"], "docker/Dockerfile")
    assert (found.port, found.starts, found.cuda) == ((9000, "EXPOSE of docker/Dockerfile"), "serve.py", True)


def test_the_image_for_cards_that_nodes_have_counts() -> None:
    images = {
        f"docker/{name}/Dockerfile": f"RUN apt-get install -y {name}-tool" for name in ("amd", "gpu", "x")
    }
    assert set(read_hints(files(images)).packages) == {"gpu-tool", "x-tool"}
    assert set(read_hints(files({"Dockerfile.cpu": "RUN apt install -y ffmpeg"})).packages) == {"ffmpeg"}


@pytest.mark.parametrize(
    "text",
    [
        "apt -",
        "apt install ",
        "apt -x\t\n",
        "FROM a/",
        "FROM ",
        "Python 3.1",
        "python==3.",
        "@",
        "localhost:1",
        "\\\n",
    ],
)
def test_a_text_that_wears_patterns_out_is_done_with_in_time(text: str) -> None:
    hostile = text * (2**20 // len(text))
    started = time.process_time()
    found = files({"Dockerfile": hostile, "README.md": hostile})
    read_project(found, read_hints(found).image)
    line(hostile, 300)
    assert time.process_time() - started < 10


def test_variables_of_an_image_are_no_packages() -> None:
    text = 'RUN apt-get install -y $PACKAGES "${MORE}" libgl1; rm -rf /x\n'
    assert list(read_hints(files({"Dockerfile": text})).packages) == ["libgl1"]


def test_a_readme_says_the_port_where_no_image_does() -> None:
    text = "open http://127.0.0.1:7861, http://localhost:9880/ or http://localhost:9880/docs"
    assert read_hints(files({"README.md": text})).port == (9880, "an address in README.md")


@pytest.mark.parametrize(
    ("texts", "install"),
    [
        ({"pyproject.toml": PYPROJECT, "uv.lock": ""}, "lock"),
        ({"pyproject.toml": PYPROJECT, "requirements.txt": ""}, "project"),
        ({"requirements.txt": "a"}, "requirements"),
        ({"pyproject.toml": "[project]\nname = 'x'", "requirements.txt": "a"}, "requirements"),
        ({"pyproject.toml": "[project]\nname = 'x'"}, "project"),
        ({"requirements/full.txt": "a"}, None),
        ({}, None),
    ],
)
def test_the_install_method_is_as_a_pin_has_it(texts: dict[str, str | bytes], install: str | None) -> None:
    assert project(texts).install == install


def test_where_nothing_says_which_requirements_are_meant_all_are_hints() -> None:
    assert project({"requirements/full.txt": "gradio==4.1"}).needs == {"gradio": "==4.1"}


def test_a_wheel_that_is_named_by_its_address_says_its_version() -> None:
    wheel = "https://git.example.org/gradio-4.37.2%2Bown.20-py3-none-any.whl"
    text = f"{wheel}; python_version > '3.9'\nhttps://git.example.org/no-wheel.whl\n"
    assert project({"requirements.txt": text}).needs == {"gradio": "==4.37.2+own.20"}


def test_requirements_are_counted_and_options_are_none() -> None:
    text = "torch==2.8.0\n# x\nnumpy>=1\n--extra-index-url x\n-r other.txt\ngit+x\n\nGradio_Client ; x\n"
    found = project({"requirements.txt": text})
    assert found.needs == {"torch": "==2.8.0", "numpy": ">=1"}
    assert (found.locked, found.loose, found.indexes) == (1, 3, True)


@pytest.mark.parametrize(
    ("texts", "dockerfile", "python"),
    [
        ({".python-version": "3.12.4"}, "FROM python:3.10", "3.12"),
        ({}, "FROM python:3.10-slim", "3.10"),
        ({"README.md": "conda create -n x python=3.9"}, "", "3.9"),
        ({"pyproject.toml": "[project]\nname='x'\nrequires-python='>=3.12'"}, "", "3.12"),
        ({"pyproject.toml": "[project]\nname='x'\nrequires-python='<3.11'"}, "", "3.10"),
        ({}, "", None),
    ],
)
def test_the_python_is_that_which_is_named(
    texts: dict[str, str | bytes], dockerfile: str, python: str | None
) -> None:
    assert project(texts, dockerfile).python == python


@pytest.mark.parametrize(
    "text",
    [
        "[project",
        b"\xff",
        pytest.param("x = " + "[" * 100_000, id="deep"),
        "[project]\nname='x'\nrequires-python='no'",
        "a = 1\na = 2",
    ],
)
def test_a_hostile_pyproject_is_one_line(text: str | bytes) -> None:
    with pytest.raises(FleetError, match=r"pyproject\.toml|requires-python") as raised:
        project({"pyproject.toml": text})
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "project = 1",
        "[project]\ndependencies = 1\noptional-dependencies = 2\ndescription = []",
        "[project]\nname = 3\ndynamic = 1",
        "project = []",
    ],
)
def test_a_pyproject_of_another_shape_says_nothing(text: str) -> None:
    found = project({"pyproject.toml": text, "requirements.txt": ""})
    assert (found.needs, found.extras, found.summary) == ({}, (), "")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("os.makedirs('outputs', exist_ok=True)", ["outputs"]),
        ("os.mkdir(os.path.join(HERE, 'a', 'b'))", ["a/b"]),
        ("Path('logs').mkdir()", ["logs"]),
        ("os.makedirs('/etc/x'); os.makedirs('../x'); os.makedirs('.git/x'); os.makedirs(x)", []),
        ("os.makedirs(os.path.join('a', NAME))", []),
        ("os.makedirs('./out/')", ["out"]),
        ("os.makedirs('a\\nb'); os.makedirs('-rf')", []),
    ],
)
def test_folders_are_those_below_the_checkout(source: str, found: list[str]) -> None:
    module = parsed(source)
    assert folders(module) == found


def test_pages_of_health_and_calls_of_servers_are_seen() -> None:
    assert (
        health([parsed("@app.get('/v1/health')\ndef f(): ...\n@app.get('/ping')\ndef g(): ...")]) == "/ping"
    )
    assert health([parsed("requests.get('http://x/health'); d.get('health')")]) is None
    assert serves(parsed("import uvicorn\nuvicorn.run(app)"))
    assert not serves(parsed("import subprocess\nsubprocess.run(x)"))


def test_a_tag_that_cannot_be_pinned_is_never_the_newest() -> None:
    assert newest(["v1.0", "v9/../x", "-v9", "v9\x1b"]) == "v1.0"
    assert newest(["-x"]) is None
