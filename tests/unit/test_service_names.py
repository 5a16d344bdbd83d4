"""No template and no program knows one service from another by its name: what differs is a word of a definition."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from generator.definition import REPOSITORY
from tests.bench.service_names import naming


def test_no_template_and_no_program_names_a_service() -> None:
    assert naming(REPOSITORY) == []


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("templates/module/a.pp.j2", "\n{% if service.name == 'stable_diffusion' %}\n", 2),
        ("templates/module/a.pp.j2", "{# as ComfyUI wants it #}", 1),
        ("templates/pattern.yaml", "parameters: {speaches: 1}", 1),
        ("generator/a.py", "def f(service):\n    return service.name == 'stable_diffusion'", 2),
        ("generator/a.py", "PATH = f'hieradata/{x}/services/indextts2.yaml'", 1),
        ("generator/a.py", "def make_indextts2(): ...", 1),
        ("generator/a.py", "x = stable_diffusion.port", 1),
        ("modules/releases/files/a.py", "ACCOUNTS = {'sd-user'}", 1),
        ("modules/releases/lib/a.rb", "# of all\nx = 1 if name == 'indextts2'", 2),
        ("modules/releases/manifests/a.pp", "  include indextts2 # the first", 1),
    ],
)
def test_what_names_one_is_found(repository: Path, path: str, text: str, line: int) -> None:
    write(repository / path, text)
    assert naming(repository) == [f"{path}:{line}"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "generator/a.py",
            '"""Such as indextts2."""\n# indextts2, for one\nprint("fleet pin indextts2 v2.5.0")',
        ),
        ("modules/releases/lib/a.rb", "  #   releases::claims('indextts2')\nx = 1"),
        ("generator/lab/a.py", "SERVICE = 'indextts2'"),
        ("modules/profile/manifests/tts.pp", "include indextts2"),
    ],
)
def test_a_text_for_people_the_lab_and_what_a_node_has_may_name_one(
    repository: Path, path: str, text: str
) -> None:
    write(repository / path, text)
    assert naming(repository) == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    shutil.copytree(REPOSITORY / "hieradata" / "services", tmp_path / "hieradata" / "services")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
