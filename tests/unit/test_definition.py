"""What a definition becomes; what is wrong with one is in tests/golden/bad_definitions."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from generator.definition import REPOSITORY, load_pattern, load_service, load_services
from generator.definition_schema import INIT_VARIABLES, RESERVED_MODULES, RESERVED_PARAMETERS, TEXT
from generator.errors import InputErrors
from generator.render import render
from generator.service import Call, Fill, Jobs, Queue, Requests, Service, SmokeRequest

DEFINITION = """\
name: echo
title: Echo
summary: Says back what it is told
source: https://git.example.org/echo.git
port: 8099
accounts: {run: echo, build: echo-build}
entry_point: main.py
listen: {address_flag: --host, port_flag: --port}
ready: /
"""


@pytest.fixture
def define(tmp_path: Path) -> Callable[[str], Service]:
    """Return a function that reads the definition above with more lines."""

    def read(more: str = "") -> Service:
        path = tmp_path / "echo.yaml"
        path.write_text(DEFINITION + more)
        return load_service(path)

    return read


def parameter(service: Service, name: str) -> Any:
    (found,) = (entry for entry in service.parameters if entry.name == name)
    return found


def test_what_is_left_out_has_a_default(define: Callable[[str], Service]) -> None:
    service = define("")
    assert (service.root, service.gpu, service.extras, service.weights) == ("/opt/echo", False, (), None)
    names = (service.front, service.webui, service.namespace)
    assert names == ("echo-front.service", "echo-webui", "Echo")
    assert parameter(service, "root").default == "/opt/echo"
    assert parameter(service, "port").default == 8099
    assert parameter(service, "source").default == "https://git.example.org/echo.git"


JOBS = "jobs: {join: /join, stream: /data, session: hash"


def test_what_jobs_look_like_is_known_to_the_templates(define: Callable[[str], Service]) -> None:
    assert define("").jobs is None
    jobs = define("jobs: {join: /join, stream: /data, session: hash}").jobs
    assert jobs == Jobs(join="/join", stream="/data", session="hash", call=None, function=None, idle=())
    jobs = define(
        "jobs: {join: /join, stream: /data, session: hash, idle: [/beat/, /pulse], call: {path: /c/, event: e},"
        " function: speak}"
    ).jobs
    assert jobs is not None
    assert jobs.call == Call(path="/c/", event="e")
    assert jobs.idle == ("/beat/", "/pulse")
    assert jobs.function == "speak"


def test_a_smoke_request_needs_a_function_that_it_can_ask(define: Callable[[str], Service]) -> None:
    services = [define(text) for text in ("", f"{JOBS}}}", f"{JOBS}, function: speak}}")]
    assert [service.speaks for service in services] == [False, False, True]
    names = [{one.name for one in service.parameters} for service in services]
    assert ["smoke_text" in one for one in names] == [False, False, True]


def test_what_requests_of_an_api_look_like_is_known_to_the_templates(
    define: Callable[[str], Service],
) -> None:
    service = define("requests: {paths: [/speak]}")
    assert service.requests == Requests(paths=("/speak",), queue=None, idle=(), smoke=None)
    assert (service.entrance, service.backends, service.idle) == ("tasks", ("tasks", "pages"), ())
    service = define(
        "requests: {paths: [/p, /api/p], queue: {answer: id, results: [/r/], left: /p, count: a.b}, idle: [/ws],"
        " smoke: {path: /p, answer: '*.done'}}"
    )
    assert service.requests is not None
    assert service.requests.queue == Queue(answer="id", results=("/r/",), left="/p", count="a.b")
    assert (service.backends, service.idle) == (("tasks", "results", "pages"), ("/ws",))
    assert service.smoke == SmokeRequest(path="/p", answer="*.done", file=None, form={})
    names = {one.name for one in service.parameters}
    assert {"smoke_file", "smoke_timeout"} <= names and "smoke_text" not in names


def test_the_entrance_is_where_new_jobs_come_in(define: Callable[[str], Service]) -> None:
    assert (define("").entrance, define("").backends) == ("pages", ("pages",))
    assert (define(f"{JOBS}}}").entrance, define(f"{JOBS}}}").idle) == ("joins", ())
    assert define(f"{JOBS}}}").backends == ("joins", "streams", "pages")


def test_a_module_may_start_the_entry_point(define: Callable[[str], Service]) -> None:
    assert (define("").command, define("").flags_from) == (("main.py",), "main.py")
    service = define(
        "start: {module: uvicorn, arguments: [--factory, 'echo:create_app']}\nflags_from: flags.py\n"
    )
    assert service.command == ("-m", "uvicorn", "--factory", "echo:create_app")
    assert (service.entry_point, service.flags_from) == ("main.py", "flags.py")


def test_weights_may_be_found_without_a_flag(define: Callable[[str], Service]) -> None:
    service = define("weights: {}\nenvironment: {HUB: {weights: hub}}\nfilled: {models: {weights: .}}\n")
    assert service.weights is not None and service.weights.flag is None
    assert service.filled == {"models": Fill(weights=".")}


def test_a_type_is_written_the_same_however_it_was_spelled(define: Callable[[str], Service]) -> None:
    word = "{{doc: A word., flag: --{}, type: '{}'}}"
    spelled = [
        'Optional[ Enum [a,"b"] ]',
        "Optional[Enum[''a'', ''b'']] # with a comment",
        "Optional[Enum[a, b,]]",
    ]
    lines = "".join(f"  w{n}: {word.format(n, text)}\n" for n, text in enumerate(spelled))
    service = define("parameters:\n" + lines)
    types = {parameter(service, f"w{n}").type for n in range(len(spelled))}
    assert types == {"Optional[Enum['a', 'b']]"}


def test_a_parameter_without_a_default_comes_first(define: Callable[[str], Service]) -> None:
    lines = "  a: {type: String, default: x, doc: A., flag: --a}\n  b: {type: String, doc: B., flag: --b}\n"
    service = define("parameters:\n" + lines)
    required = [entry.required for entry in service.parameters]
    assert required == sorted(required, reverse=True)
    assert [entry.name for entry in service.parameters if entry.required] == ["packages", "b"]


def test_a_parameter_may_say_self_in_its_texts(define: Callable[[str], Service]) -> None:
    service = define(
        "parameters:\n  a: {type: \"Enum['Self::x']\", default: 'Self::x', doc: A., flag: --a}\n"
    )
    assert parameter(service, "a").type == "Enum['Self::x']"


@pytest.mark.parametrize(
    ("packages", "system", "own"),
    [
        ("all: [sox]", "Ubuntu-22.04", {"sox"}),
        ("all: [sox]", "RedHat-9", {"sox"}),
        ("all: [sox]\n  Debian: [lame]", "Ubuntu-24.04", {"lame"}),
        ("all: [sox]\n  Debian: [lame]", "RedHat-9", {"sox"}),
        ("all: [sox]\n  RedHat: []", "RedHat-9", set()),
        ("Debian: [lame]\n  Debian-13: [flac]", "Debian-13", {"flac"}),
        ("Debian: [lame]\n  Debian-13: [flac]", "Debian-12", {"lame"}),
    ],
)
def test_the_most_specific_list_of_packages_counts(
    define: Callable[[str], Service], packages: str, system: str, own: set[str]
) -> None:
    base = set(define("").packages[system])
    assert set(define(f"packages:\n  {packages}\n").packages[system]) == base | own


def test_folders_are_listed_once_and_by_room(define: Callable[[str], Service]) -> None:
    service = define(
        "writable: [out, home]\n"
        "environment: {HOME: {state: home}, A: {cache_hub: b/c}, B: {cache_hub: a}, C: {cache_hub: a},"
        " D: {weights: d}}\n"
        "weights: {flag: --model}\n"
    )
    assert service.state_folders == ["home", "out"]
    assert service.cache_folders == ["a", "b/c"]


def test_what_is_filled_is_no_folder_of_the_state(define: Callable[[str], Service]) -> None:
    service = define(
        "writable: [out]\nscratch: [tmp]\nweights: {flag: --model}\n"
        "filled: {tables: {python: import x}, examples: {weights: demo/a}}\n"
    )
    assert service.filled == {"examples": Fill(weights="demo/a"), "tables": Fill(python="import x")}
    assert service.made_folders == ["examples", "out", "tables", "tmp"]
    assert service.mount_points == service.state_folders == ["out", "tmp"]


def test_the_errors_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("")
    (tmp_path / "b.yaml").write_text("name: b\n")
    (tmp_path / "echo.yaml").write_text(DEFINITION)
    with pytest.raises(InputErrors) as found:
        load_services(tmp_path)
    assert [(error.path.name, error.line) for error in found.value.errors] == [("a.yaml", 1), ("b.yaml", 1)]


def test_the_texts_of_operators_and_of_definitions_are_the_same_texts() -> None:
    ruby = load_pattern()["types"]["Text"]["type"]
    # the module refuses noncharacters with a sentence of its own, see its function quote
    without = re.sub(r"\\ufdd0.*?(?=\])", "", TEXT)
    assert ruby == f"Pattern[/{without.replace('^[', chr(92) + 'A[', 1)[:-1]}\\z/]"


def test_the_variables_of_the_class_are_no_parameters(define: Callable[[str], Service]) -> None:
    class_text = render(define("weights: {flag: --model}\ngpu: true\n"))["manifests/init.pp"].decode()
    assert set(re.findall(r"^ *\$(\w+) =", class_text, re.MULTILINE)) == INIT_VARIABLES


def test_no_module_of_ours_or_of_the_puppetfile_can_be_rendered() -> None:
    by_hand = {
        path.name for path in (REPOSITORY / "modules").iterdir() if not (path / ".rendered.json").exists()
    }
    fetched = re.findall(r"^mod '(?:\w+[-/])?(\w+)'", (REPOSITORY / "Puppetfile").read_text(), re.MULTILINE)
    assert fetched
    assert by_hand | set(fetched) <= RESERVED_MODULES


WORDS = """
require 'puppet'
checker = Puppet::Pops::Validation::Checker4_0
output = {
  'modules' => Puppet::Pops::Parser::Lexer2::KEYWORDS.keys + checker::RESERVED_TYPE_NAMES.keys +
    checker::FUTURE_RESERVED_WORDS.keys,
  'parameters' => checker::RESERVED_PARAMETERS.keys + Puppet::Type.metaparams.map(&:to_s),
}
"""


@pytest.mark.puppet
def test_what_puppet_reserves_is_reserved(ruby: Callable[[str, Any], Any]) -> None:
    words = ruby(WORDS, None)
    assert len(words["modules"]) > 40
    assert set(words["modules"]) <= RESERVED_MODULES
    assert set(words["parameters"]) <= RESERVED_PARAMETERS
