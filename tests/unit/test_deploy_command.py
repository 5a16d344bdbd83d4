"""``fleet deploy`` and ``fleet compile``: what they say, and how they end."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from generator.code_deploy import run
from generator.commands.compile import compile_
from generator.commands.deploy import deploy
from generator.diff import alone
from generator.diff.alone import Refused, compile_alone
from generator.diff.catalogue import Refusal
from generator.errors import AnswerIsNo, FleetError
from generator.inventory import KnownNode
from tests.unit.control_files import write

#: A unit whose file is `unit`; it says a line, ends when `go` is there, says another, and ends with what `code` holds.
SYSTEMCTL = """\
#!/bin/sh
cd "$HOME" || exit 9
case $1 in
  cat) test -e "$2" ;;
  show) if [ -s runs ]; then sed -n 1p runs; sed -i 1d runs; echo asked >>asked; else echo inactive; fi ;;
  start)
    echo "started $2" >>log
    until [ -e go ]; do sleep 0.05; done
    echo 'swapped in' >>log
    exit "$(cat code)" ;;
esac
"""
#: The cursor is the number of lines of the log.
JOURNALCTL = """\
#!/bin/sh
cd "$HOME" || exit 9
touch log
lines=$(wc -l <log)
for word; do
  case $word in --after-cursor=*) head -n "$lines" log | tail -n "+$((${word#*=} + 1))"; [ ! -s log ] || touch go ;; esac
done
echo "-- cursor: $lines"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with a unit that deploys."""
    write(
        tmp_path,
        {"bin/systemctl": SYSTEMCTL, "bin/journalctl": JOURNALCTL, "code-deploy.service": "", "code": "0"},
    )
    for each in (tmp_path / "bin").iterdir():
        each.chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def test_a_deploy_is_shown_while_it_goes_on(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(home, {"log": "of yesterday\n"})
    run("code-deploy.service")
    assert capsys.readouterr().out == "started code-deploy.service\nswapped in\n"


def test_a_run_that_has_fetched_already_is_not_taken_for_the_one_that_is_asked_for(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`systemctl start` would join it."""
    write(home, {"runs": "activating\nactivating\ndeactivating\nfailed\n", "log": "of the run before\n"})
    run("code-deploy.service")
    waits, *said = capsys.readouterr().out.splitlines()
    assert "runs already" in waits and said == ["started code-deploy.service", "swapped in"]
    assert (home / "asked").read_text().count("asked") == 4


def test_a_deploy_that_failed_is_a_no(home: Path) -> None:
    write(home, {"code": "1", "code-deploy@check:production.service": ""})
    done = CliRunner().invoke(deploy, ["--check", "--environment", "production"])
    assert isinstance(done.exception, AnswerIsNo)
    assert done.stdout == "started code-deploy@check:production.service\nswapped in\n"


def test_a_machine_without_deploys_is_told(home: Path) -> None:
    (home / "code-deploy.service").unlink()
    with pytest.raises(FleetError, match="there is no such unit"):
        run("code-deploy.service")
    assert isinstance(CliRunner().invoke(deploy, ["--environment", "a/b"]).exception, FleetError)


def node(name: str) -> KnownNode:
    return KnownNode(name, {}, {})


def test_a_node_that_did_not_compile_before_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refusal, old, new = Refusal("a.pp", 1, 2, "wrong"), tmp_path / "old", tmp_path / "new"

    def refusals(root: Path, nodes: list[KnownNode]) -> dict[str, Refusal]:
        broken = {old: {"a"}, new: {"a", "b", "c"}}[root]
        return {each.certname: refusal for each in nodes if each.certname in broken}

    monkeypatch.setattr(alone, "_refusals", refusals)
    nodes = [node(name) for name in "abcd"]
    assert compile_alone(new, nodes) == [Refused(refusal, ("a", "b", "c"), False)]
    found = compile_alone(new, nodes, old)
    assert found == [Refused(refusal, ("b", "c"), False), Refused(refusal, ("a",), True)]
    assert str(found[0]) == "a.pp:1:2: wrong (b and 1 other do not compile)"

    monkeypatch.setattr("generator.sample.sample", lambda *_words, **_options: nodes)
    done = CliRunner().invoke(compile_, ["--root", str(tmp_path), "--base", str(tmp_path)])
    assert isinstance(done.exception, KeyError), "the trees of this test are the two above"
    monkeypatch.setattr("generator.diff.alone.compile_alone", lambda *_words: found)
    done = CliRunner().invoke(compile_, ["--root", str(tmp_path)])
    assert isinstance(done.exception, AnswerIsNo) and str(done.exception) == str(found[0])
    monkeypatch.setattr("generator.diff.alone.compile_alone", lambda *_words: found[1:])
    done = CliRunner().invoke(compile_, ["--root", str(tmp_path)])
    assert done.exit_code == 0 and done.stdout == "3 of 4 nodes compile\n"
    assert "a.pp:1:2: wrong (a does not compile), nor did it with the code before" in done.stderr
