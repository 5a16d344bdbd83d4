"""The schema by which editors check Hiera data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import fastjsonschema
import pytest
import yaml
from click.testing import CliRunner

from generator.commands.schema import schema
from generator.definition import REPOSITORY
from generator.errors import AnswerIsNo
from generator.validate.options import check_options
from generator.validate.repository import Repository
from generator.validate.vocabulary import Vocabulary
from generator.yaml_source import Document

SCHEMA = json.loads((REPOSITORY / "hieradata.schema.json").read_text())
HOLDS = fastjsonschema.compile(SCHEMA)


@pytest.mark.parametrize("folder", ["hieradata", "tests/lab/hieradata"])
def test_it_takes_the_data_of_this_repository(folder: str) -> None:
    files = [path for path in (REPOSITORY / folder).rglob("*.yaml") if path.parent.name != "services"]
    assert files
    for path in files:
        HOLDS(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize(
    "data",
    [
        {"indextts2::revison": "v2.0.0"},
        {"indextts2::port": 99999},
        {"indextts2::port": "7860"},
        {"profile::puppet_agent::service": "on"},
        {"lookup_options": {"indextts2::releases": {"merge": "hsah"}}},
        {"lookup_options": {"indextts2::releases": {"merg": "hash"}}},
    ],
)
def test_it_refuses_a_mistake(data: dict[str, Any]) -> None:
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        HOLDS(data)


@pytest.mark.parametrize("word", ["strategy", "knockout_prefix", "merge_hash_arrays", "knockoutPrefix"])
@pytest.mark.parametrize("strategy", ["first", "hash", "deep", "default", None])
@pytest.mark.parametrize("value", ["--", True, None, 3])
def test_it_takes_the_merges_that_validate_takes(strategy: str | None, word: str, value: Any) -> None:
    entry = {"merge": {"strategy": strategy, word: value} if word != "strategy" else strategy}
    data = {"lookup_options": {"indextts2::releases": entry}}
    document = Mock(Document, data=data, path=Path("x.yaml"), position=lambda path, key=False: (1, 1))
    vocabulary = Mock(Vocabulary, complaint=lambda key: None)
    found = list(check_options(Mock(Repository, documents=[document], vocabulary=vocabulary)))
    try:
        HOLDS(data)
    except fastjsonschema.JsonSchemaValueException:
        assert found
    else:
        assert not found


def test_it_takes_a_ciphertext_however_deep_it_is() -> None:
    HOLDS({"indextts2::users": {"alice": "ENC[PKCS7,AAAA]"}})


@pytest.mark.parametrize("value", ["%{facts.os.name}", "ENC[PKCS7,AAAA]"])
def test_it_takes_what_is_known_only_when_it_is_looked_up(value: str) -> None:
    HOLDS({"indextts2::port": value})


@pytest.mark.puppet
def test_check_tells_whether_it_is_that_of_the_code(tmp_path: Path) -> None:
    for name in ("modules", "hieradata"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    shutil.copy(REPOSITORY / "Puppetfile", tmp_path)

    def run(*arguments: str) -> BaseException | None:
        return CliRunner().invoke(schema, [*arguments, "--root", str(tmp_path)]).exception

    assert isinstance(run("--check"), AnswerIsNo)
    assert run() is None
    assert run("--check") is None
    assert json.loads((tmp_path / "hieradata.schema.json").read_text()) == SCHEMA
    (tmp_path / "hieradata.schema.json").write_text("{}")
    assert isinstance(run("--check"), AnswerIsNo)
    assert (tmp_path / "hieradata.schema.json").read_text() == "{}"
    (tmp_path / "hieradata.schema.json").write_bytes(b"\xff")
    assert isinstance(run("--check"), AnswerIsNo)
    assert run() is None
    assert run("--check") is None
