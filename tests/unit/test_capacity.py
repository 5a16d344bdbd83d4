"""How large a Puppet Server is, and how many agents it carries."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from generator import capacity, fleet_nodes
from generator.capacity import SYSTEM, agents, compile_time, seconds, size, usual_interval
from generator.commands.capacity import capacity as command
from generator.definition import REPOSITORY
from generator.errors import FleetError
from tests.unit.fake_puppetdb import query_of, say, serving, write_settings

CORES, MEMORY = st.integers(1, 64), st.integers(0, 200_000)


@given(CORES, MEMORY)
def test_a_server_fits_its_machine_and_leaves_a_core(cores: int, memory: int) -> None:
    found = size(cores, memory)
    assert 1 <= found.jrubies <= max(1, cores - 1)
    assert found.heap == 512 * (found.jrubies + 1)
    if found.jrubies > 1:
        assert found.heap + found.code_cache + SYSTEM <= memory


@given(CORES, MEMORY, st.integers(0, 8), st.integers(0, 50_000))
def test_a_larger_machine_never_has_a_smaller_server(cores: int, memory: int, more: int, mib: int) -> None:
    assert size(cores + more, memory + mib).jrubies >= size(cores, memory).jrubies


@given(st.integers(1, 32), st.floats(60, 86400), st.floats(0.1, 60))
def test_agents_never_ask_for_more_than_there_is(jrubies: int, interval: float, taken: float) -> None:
    found = agents(jrubies, interval, taken)
    assert found * taken <= jrubies * interval * (1 + 1e-9) < (found + 1) * taken * (1 + 1e-6)


@pytest.mark.puppet
def test_puppet_gives_the_same(ruby: Callable[[str, Any], Any]) -> None:
    machines = [
        [cores, memory] for cores in (1, 2, 4, 7, 8, 13, 14, 32) for memory in (0, 2048, 3000, 9000, 70_000)
    ]
    script = """
    Puppet.initialize_settings(['--modulepath', "#{input['root']}/modules"], false)
    code = input['machines'].map { |cores, memory| "profile::server_size(#{cores}, #{memory})" }.join(', ')
    output = nil
    Puppet::Pal.in_tmp_environment('x', modulepath: ["#{input['root']}/modules"], facts: {}) do |pal|
      output = pal.with_script_compiler { |compiler| compiler.evaluate_string("[#{code}]") }
    end
    """
    found = ruby("require 'puppet_pal'\n" + script, {"root": str(REPOSITORY), "machines": machines})
    wanted = [size(cores, memory) for cores, memory in machines]
    assert found == [
        {"jrubies": each.jrubies, "heap": each.heap, "code_cache": each.code_cache} for each in wanted
    ]


def test_the_compile_time_is_the_median_of_the_last_runs() -> None:
    def report(value: float) -> dict[str, Any]:
        metrics = [
            {"category": "time", "name": "config_retrieval", "value": value},
            {"category": "time", "name": "total", "value": 99},
        ]
        return {"certname": "a", "metrics": {"data": metrics, "href": "x"}}

    assert compile_time([report(2), report(30), report(4), {"metrics": None}]) == 4
    assert compile_time([]) is None
    # whose catalogues are of their caches wait for none
    assert compile_time([report(0), report(0), report(3)]) == 3
    assert compile_time([report(0)]) is None


def test_the_interval_is_the_one_of_most_nodes() -> None:
    def said(runinterval: object) -> dict[str, Any]:
        return {"certname": "a", "parameters": {"runinterval": runinterval}}

    assert usual_interval([said("1h"), said("1h"), said("10s"), said("soon"), {"parameters": None}]) == 3600
    assert usual_interval([{"parameters": {}}]) is None


@pytest.mark.parametrize(
    ("wait", "interval", "agents"), [(0, "15m", 540), (4.5, "15m", 600), (4.5, "soon", 1200)]
)
def test_the_command_asks_what_it_is_not_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait: float, interval: str, agents: int
) -> None:
    metrics = {"data": [{"category": "time", "name": "config_retrieval", "value": wait}]}
    rows = {
        "reports": [{"certname": "a", "metrics": metrics}],
        "resources": [{"certname": "a", "parameters": {"runinterval": interval}}],
    }

    def answer(handler: BaseHTTPRequestHandler) -> None:
        say(200, json.dumps(rows[query_of(handler).partition("[")[0]]).encode())(handler)

    monkeypatch.setattr(capacity, "CONF", tmp_path / "none")
    monkeypatch.setattr(capacity, "machine", lambda: (4, 16000))
    with serving(answer) as url:
        monkeypatch.setattr(fleet_nodes, "SETTINGS", (str(write_settings(tmp_path, url)),))
        done = CliRunner().invoke(command, ["--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["agents"] == agents


@pytest.mark.parametrize("text", ["", "0", "-5m", "5 m", "5w", "1.5h"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(FleetError, match="is no interval"):
        seconds(text)


def test_the_command_says_what_the_server_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf").write_text("jruby-puppet: {\n  max-active-instances: 3\n}\n")
    (tmp_path / "defaults").write_text('JAVA_ARGS="-Xms2048m -Xmx2048m -XX:ReservedCodeCacheSize=512m"\n')
    monkeypatch.setattr(capacity, "CONF", tmp_path / "conf")
    monkeypatch.setattr(capacity, "DEFAULTS", tmp_path / "defaults")
    monkeypatch.setattr(capacity, "machine", lambda: (4, 8000))
    done = CliRunner().invoke(command, ["--compile-time", "4", "--json"])
    told = json.loads(done.stdout)
    assert told["agents"] == 3 * 1800 / 4 and told["given"]["heap"] == 2048 and told["cores"] == 4
    done = CliRunner().invoke(command, ["--compile-time", "4", "--interval", "15m"])
    assert "this server   3 JRuby instances, heap 2048 MiB, code cache 512 MiB\n" in done.stdout
    assert "agents        675 = 3 x 900 s / 4.00 s\n" in done.stdout
