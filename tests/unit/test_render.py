"""``fleet render``: the same bytes everywhere, and only the bytes that are wanted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from generator.cli import main
from generator.definition import REPOSITORY, SERVICES, load_service
from generator.render import TEMPLATES, render

GOLDEN = REPOSITORY / "tests" / "golden" / "echo_tiny" / "services" / "echo_tiny.yaml"
FLEET = Path(sys.executable).parent / "fleet"

SERVICE = """\
name: {name}
title: Echo
summary: Says back what it is told
source: https://git.example.org/echo.git
port: {port}
accounts: {{run: {name}-web, build: {name}-web-build}}
entry_point: main.py
listen: {{address_flag: --host, port_flag: --port}}
ready: /
"""


@pytest.fixture
def services(tmp_path: Path) -> Path:
    """Return a folder with two definitions, one of them with texts that break generators."""
    folder = tmp_path / "services"
    folder.mkdir()
    (folder / "echo_tiny.yaml").write_bytes(GOLDEN.read_bytes())
    (folder / "echo.yaml").write_text(SERVICE.format(name="echo", port=8100) + "weights: {flag: --model}\n")
    return folder


def fleet(
    *arguments: str | Path,
    cwd: Path = REPOSITORY,
    code: int = 0,
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``fleet render`` as a process, in surroundings of its own."""
    done = subprocess.run(
        [FLEET, "render", *arguments],
        cwd=cwd,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done


def render_here(*arguments: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run ``fleet render`` by its entry point in this process, which spares it the start of Python."""
    out, err = StringIO(), StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        patch.chdir(REPOSITORY)
        patch.setattr(sys, "argv", ["fleet", "render", *map(str, arguments)])
        main()
    assert ended.value.code == code, err.getvalue()
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def test_the_same_bytes_from_every_seed_locale_and_place(services: Path, tmp_path: Path) -> None:
    surroundings: list[tuple[Path, dict[str, str]]] = [
        (REPOSITORY, {}),
        (tmp_path, {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai", "LANG": "zh_CN.UTF-8"}),
        (Path("/"), {"PYTHONHASHSEED": "4242", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        (
            tmp_path,
            {"PYTHONHASHSEED": "7", "PYTHONIOENCODING": "ascii", "LC_ALL": "tr_TR.UTF-8", "HOME": "/nowhere"},
        ),
    ]
    made = []
    for number, (cwd, environment) in enumerate(surroundings):
        modules = tmp_path / f"modules{number}"
        said = fleet("--services", services, "--modules", modules, cwd=cwd, environment=environment).stdout
        order = [re.sub(r".*/modules\d/", "", f"/{line.split()[1]}") for line in said.splitlines()]
        assert order == sorted(
            order, key=lambda name: (name.split("/")[0], name.endswith(".rendered.json"), name)
        )
        made.append(tree(modules))
    assert all(one == made[0] for one in made[1:])
    assert any("回声".encode() in content for content in made[0].values())


def test_relative_folders_are_those_of_the_caller(services: Path, tmp_path: Path) -> None:
    fleet("--services", "services", "--modules", "here", cwd=tmp_path)
    fleet("--services", services, "--modules", tmp_path / "there")
    assert tree(tmp_path / "here") == tree(tmp_path / "there")


def test_a_second_render_touches_nothing(services: Path, tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    fleet("--services", services, "--modules", modules)
    before = stamps(modules)
    assert fleet("--services", services, "--modules", modules).stdout == ""
    assert fleet("--check", "--services", services, "--modules", modules).stdout == ""
    assert stamps(modules) == before


def test_a_change_of_the_definition_touches_the_files_that_say_it(services: Path, tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    render_here("--services", services, "--modules", modules)
    before = stamps(modules)
    path = services / "echo.yaml"
    path.write_text(path.read_text().replace("port: 8100", "port: 8101"))
    render_here("--services", services, "--modules", modules)
    after = stamps(modules)
    touched = {str(Path(name).relative_to(modules)) for name in before if before[name] != after[name]}
    assert {name for name in touched if Path(modules, name).is_file()} == {
        f"echo/{name}" for name in (".rendered.json", "README.md", "REFERENCE.md", "manifests/init.pp")
    }


def test_check_writes_nothing_shows_a_diff_and_says_no(services: Path, tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    fresh = render_here("--check", "--services", services, "--modules", modules, code=1)
    assert not modules.exists()
    assert "+++ b/modules/echo_tiny/manifests/init.pp\n" in fresh.stdout
    assert fresh.stderr.endswith("files are not what their templates make: run fleet render\n")

    render_here("--services", services, "--modules", modules)
    (modules / "echo" / "manifests" / "init.pp").write_text("class echo {}\n")
    before = stamps(modules)
    done = render_here("--check", "--services", services, "--modules", modules, code=1)
    assert stamps(modules) == before
    assert done.stdout.startswith(
        "--- a/modules/echo/manifests/init.pp\n+++ b/modules/echo/manifests/init.pp\n@@ "
    )
    assert "\n-class echo {}\n" in done.stdout
    assert done.stderr == "1 files are not what their templates make: run fleet render\n"

    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=done.stdout.encode(), check=True)
    assert render_here("--check", "--services", services, "--modules", modules).stdout == ""


def test_a_diff_is_shown_even_where_its_letters_cannot_be(services: Path, tmp_path: Path) -> None:
    arguments = ("--check", "--services", services, "--modules", tmp_path / "modules")
    done = fleet(*arguments, code=1, environment={"PYTHONIOENCODING": "latin-1"})
    assert "\\u56de\\u58f0" in done.stdout


def test_what_a_definition_no_longer_wants_is_removed(services: Path, tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    render_here("--services", services, "--modules", modules)
    path = services / "echo.yaml"
    path.write_text(path.read_text().replace("weights: {flag: --model}\n", ""))
    said = render_here("--services", services, "--modules", modules).stdout
    for name in ("files/weights.timer", "functions/weights_dir.pp"):
        assert f"remove {os.path.relpath(modules / 'echo' / name)}\n" in said
        assert not (modules / "echo" / name).exists()


def test_the_module_of_a_removed_definition_goes_and_foreign_files_stay(
    services: Path, tmp_path: Path
) -> None:
    modules = tmp_path / "modules"
    render_here("--services", services, "--modules", modules)
    (modules / "by_hand" / "manifests").mkdir(parents=True)
    (modules / "by_hand" / "manifests" / "init.pp").write_text("class by_hand {}\n")
    (modules / "echo" / "spec.rb").write_text("mine")
    (services / "echo.yaml").unlink()
    untouched = tree(modules / "echo_tiny")

    # one service by name is no reason to look at the others
    render_here("--services", services, "--modules", modules, "echo_tiny")
    assert (modules / "echo" / "manifests").exists()

    render_here("--services", services, "--modules", modules)
    assert tree(modules / "echo") == {"spec.rb": b"mine"}
    assert tree(modules / "by_hand") == {"manifests/init.pp": b"class by_hand {}\n"}
    assert tree(modules / "echo_tiny") == untouched


def test_only_the_services_that_are_named_are_rendered(services: Path, tmp_path: Path) -> None:
    said = render_here("--services", services, "--modules", tmp_path / "modules", "echo", "echo").stdout
    assert [path.name for path in (tmp_path / "modules").iterdir()] == ["echo"]
    assert said.count("manifests/init.pp") == 1


def test_a_service_that_is_not_there_is_named_with_those_that_are(services: Path, tmp_path: Path) -> None:
    done = render_here("--services", services, "--modules", tmp_path / "modules", "ecco", code=2)
    assert done.stderr == f"ecco: no service of this name in {services} (known: echo, echo_tiny)\n"


def test_a_mistyped_folder_of_definitions_removes_no_module(services: Path, tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    render_here("--services", services, "--modules", modules)
    before = tree(modules)
    assert (
        "does not exist"
        in render_here("--services", tmp_path / "servces", "--modules", modules, code=2).stderr
    )
    assert tree(modules) == before


def test_a_foreign_file_in_one_module_leaves_all_as_they_were(services: Path, tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    (modules / "echo_tiny" / "manifests").mkdir(parents=True)
    (modules / "echo_tiny" / "manifests" / "init.pp").write_text("mine")
    for check in ([], ["--check"]):
        done = render_here(*check, "--services", services, "--modules", modules, code=2)
        path = modules / "echo_tiny" / "manifests" / "init.pp"
        assert done.stderr == f"{path}: no render made this file; move it away, then render again\n"
        assert tree(modules) == {"echo_tiny/manifests/init.pp": b"mine"}


@pytest.mark.parametrize("writes", [0, 1, 7, 40])
def test_a_killed_render_is_completed_by_the_next(services: Path, tmp_path: Path, writes: int) -> None:
    modules, whole = tmp_path / "modules", tmp_path / "whole"
    render_here("--services", services, "--modules", modules)
    path = services / "echo.yaml"
    path.write_text(path.read_text().replace("title: Echo", "title: Echo of Echoes").replace("8100", "8101"))
    render_here("--services", services, "--modules", whole)
    old, new = tree(modules), tree(whole)

    program = f"""
import os, signal, sys
from pathlib import Path
import generator.cli

real, done = Path.replace, 0

def replace(self, target):
    global done
    if done == {writes}:
        os.kill(os.getpid(), signal.SIGKILL)
    done += 1
    return real(self, target)

Path.replace = replace
sys.argv = ["fleet", "render", "--services", {str(services)!r}, "--modules", {str(modules)!r}]
generator.cli.main()
"""
    killed = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, check=False)
    # what is left to write when all is written
    assert killed.returncode == (-9 if writes < 40 else 0)
    for name, text in tree(modules).items():
        assert name.endswith(".rendering") or text in (old.get(name), new.get(name))

    render_here("--services", services, "--modules", modules)
    assert tree(modules) == new
    assert render_here("--check", "--services", services, "--modules", modules).stdout == ""


def test_a_second_service_needs_no_template_of_its_own() -> None:
    mine = set(render(load_service(SERVICES / "indextts2.yaml")))
    other = set(render(load_service(GOLDEN)))
    assert other < mine
    assert mine - other == {
        # of cards
        "functions/cards.pp",
        "manifests/gpu.pp",
        # of what is filled at install
        "files/fill.sh",
        "manifests/filled.pp",
        # of weights
        "files/weights.timer",
        "functions/weights_dir.pp",
        "manifests/weights.pp",
        "templates/weights.service.epp",
    }


def test_every_file_that_can_says_which_template_made_it() -> None:
    for name, content in render(load_service(GOLDEN)).items():
        head = "\n".join(content.decode().splitlines()[:2])
        if name == "metadata.json":
            continue
        named = re.search(
            r"Rendered by fleet render from templates/module/(\S+): edit that, not this file\.", head
        )
        assert named, name
        assert (TEMPLATES / named[1]).is_file()


def test_a_render_imports_neither_the_lab_nor_a_network_client() -> None:
    program = "import sys, generator.commands.render; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    loaded = set(done.stdout.split())
    heavy = {"generator.lab", "generator.lint", "http.client", "requests", "pytest", "testinfra", "asyncio"}
    assert not loaded & heavy
