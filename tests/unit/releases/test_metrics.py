"""What Prometheus is told of a service."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from releases.errors import CommandFailed
from releases.front import FrontError
from releases.metrics import Metrics, text
from releases.node import Node
from releases.switch import reconcile
from releases.units import Units
from releases.watch import METRICS_EVERY, watch
from tests.unit.releases.simulated import NEW, OLD, SimulatedFront, SimulatedUnits, World
from tests.unit.releases.switching import a_world

NAMES = ("hrsp_2xx", "hrsp_3xx", "hrsp_4xx", "hrsp_5xx", "hrsp_other", "srv_abrt", "ttime")
UNITS = {"tts-webui@0-blue.service": {"NRestarts": "2", "MemoryCurrent": "1234567890"}}


def row(proxy: str, part: str, *counts: int) -> dict[str, str]:
    """Return a row of show stat."""
    return {"pxname": proxy, "svname": part, **dict(zip(NAMES, map(str, (*counts, *[0] * 7)), strict=False))}


def counted(**changes: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return what a front has counted; ``changes`` by the backend."""
    rows = {
        "web": [row("web", "FRONTEND", 99, 99, 7, 99, 99)],
        "joins": [row("joins", "0-blue", 40, 0, 0, 3), row("joins", "BACKEND", 40, 0, 0, 13)],
        "streams": [row("streams", "BACKEND", 30, 0, 1, 2, 0, 5, 2500)],
        "pages": [row("pages", "BACKEND", 100, 4, 2, 1, 1)],
        "heartbeats": [row("heartbeats", "BACKEND", 1)],
    }
    return [one for part in {**rows, **changes}.values() for one in part]


def a_node(
    world: World,
    path: Path,
    stats: Callable[[], list[dict[str, str]]] = counted,
    facts: Callable[[], dict[str, dict[str, str]]] = lambda: UNITS,
) -> Node:
    """Return the node with a front that has counted, and a systemd that knows."""

    class Counting(SimulatedFront):
        def stats(self) -> list[dict[str, str]]:
            return stats()

    class Knowing(SimulatedUnits):
        def facts(self, units: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, str]]:
            return facts()

    description = world.description._replace(metrics=str(path))

    def make() -> Node:
        made = world.node()._replace(description=description, front=Counting(world), units=Knowing(world))
        return made._replace(anew=make)

    return make()


def told(path: Path) -> dict[str, float]:
    """Return the samples of a file, without the name of the service, which each has."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert all('{service="tts"' in line for line in lines)
    pairs = (line.rsplit(" ", 1) for line in lines)
    return {name.replace('service="tts",', "").replace('{service="tts"}', ""): float(v) for name, v in pairs}


FRONT = {
    'releases_front_responses_total{code="2xx"}': 171,
    'releases_front_responses_total{code="3xx"}': 4,
    'releases_front_responses_total{code="4xx"}': 7,
    'releases_front_responses_total{code="5xx"}': 16,
    'releases_front_responses_total{code="other"}': 1,
    'releases_front_jobs_total{outcome="done"}': 25,
    'releases_front_jobs_total{outcome="failed"}': 10,
    "releases_front_job_seconds": 2.5,
}
OF_UNITS = {'releases_webui_restarts_total{card="0"}': 2, 'releases_webui_memory_bytes{card="0"}': 1234567890}
SERVING = {'releases_serving_info{card="0",release="v23-1111111"}': 1}


def test_all_of_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tts.prom"
    Metrics().tell(a_node(a_world(), path))
    assert told(path) == {**FRONT, **OF_UNITS, **SERVING}
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in tmp_path.iterdir()] == ["tts.prom"]
    kinds = [line.split()[2:] for line in path.read_text().splitlines() if line.startswith("# TYPE")]
    assert ["releases_front_jobs_total", "counter"] in kinds
    assert ["releases_front_job_seconds", "gauge"] in kinds


def fails(error: Exception) -> Callable[[], Any]:
    """Return a source that answers with an error."""

    def source() -> Any:
        raise error

    return source


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ({"stats": fails(FrontError("it is down"))}, {**OF_UNITS, **SERVING}),
        ({"stats": list}, {**OF_UNITS, **SERVING}),
        ({"stats": lambda: counted(streams=[{"pxname": "streams"}])}, {**OF_UNITS, **SERVING}),
        (
            {"stats": lambda: counted(pages=[row("pages", "BACKEND") | {"hrsp_2xx": ""}])},
            {**OF_UNITS, **SERVING},
        ),
        ({"facts": fails(CommandFailed("systemctl show: no bus"))}, {**FRONT, **SERVING}),
        ({"facts": dict}, {**FRONT, **SERVING}),
        (
            {"facts": lambda: {"tts-webui@0-blue.service": {"NRestarts": "2", "MemoryCurrent": "[not set]"}}},
            {**FRONT, **SERVING, 'releases_webui_restarts_total{card="0"}': 2},
        ),
        (
            {"facts": lambda: {"tts-webui@0-blue.service": {"MemoryCurrent": "18446744073709551615"}}},
            {**FRONT, **SERVING},
        ),
    ],
)
def test_what_one_source_does_not_say_is_left_out(
    tmp_path: Path, sources: dict[str, Any], found: dict[str, float]
) -> None:
    path = tmp_path / "tts.prom"
    Metrics().tell(a_node(a_world(), path, **sources))
    assert told(path) == found


def test_of_a_node_that_serves_nothing_yet_only_the_front_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tts.prom"
    Metrics().tell(a_node(World(), path, stats=lambda: counted(streams=[row("streams", "BACKEND")])))
    found = told(path)
    assert found['releases_front_jobs_total{outcome="done"}'] == 0
    assert not [name for name in found if "seconds" in name or "webui" in name or "serving" in name]


def test_of_a_service_without_streams_each_page_is_a_job(tmp_path: Path) -> None:
    path, world = tmp_path / "tts.prom", a_world()
    world.description = world.description._replace(backends=("pages",), idle_backends=(), entrance="pages")
    Metrics().tell(a_node(world, path))
    found = told(path)
    assert found['releases_front_jobs_total{outcome="done"}'] == 100
    assert found['releases_front_jobs_total{outcome="failed"}'] == 1
    assert found['releases_front_responses_total{code="2xx"}'] == 100


def test_what_was_done_does_not_seem_to_begin_anew_because_of_a_job_that_is_cut(tmp_path: Path) -> None:
    path, world, metrics = tmp_path / "tts.prom", a_world(), Metrics()
    seen = []
    for ended, cut in ((30, 5), (30, 6), (31, 6), (40, 6), (3, 0), (4, 0)):
        rows = counted(streams=[row("streams", "BACKEND", ended, 0, 0, 0, 0, cut)])
        metrics.tell(a_node(world, path, stats=lambda rows=rows: rows))  # type: ignore[misc]
        seen.append(told(path)['releases_front_jobs_total{outcome="done"}'])
    assert seen == [25, 25, 25, 34, 3, 4]


def test_of_cards_on_the_way_to_another_release_each_is_told(tmp_path: Path) -> None:
    path, world = tmp_path / "tts.prom", World("hold", cards=["0", "1"])
    world.node().edit(wanted=OLD)
    reconcile(world.node())
    cards = world.state().cards
    world.node().edit(cards={**cards, "1": cards["1"]._replace(id=NEW)})
    Metrics().tell(a_node(world, path))
    assert {name for name in told(path) if "serving" in name} == {
        'releases_serving_info{card="0",release="v23-1111111"}',
        'releases_serving_info{card="1",release="v24-2222222"}',
    }


def test_a_folder_that_cannot_be_written_ends_no_watch_and_without_a_place_nothing_is_told(
    tmp_path: Path,
) -> None:
    Metrics().tell(a_node(a_world(), tmp_path / "none" / "tts.prom"))
    world = a_world()
    Metrics().tell(world.node())
    assert world.trace == []


def test_the_watch_tells_at_once_and_again_and_again(tmp_path: Path) -> None:
    path, world = tmp_path / "tts.prom", a_world()
    times: list[float] = []
    began = world.uptime

    def stats() -> list[dict[str, str]]:
        times.append(world.uptime - began)
        return counted()

    def passed(world: World) -> None:
        if world.uptime - began > 25:
            raise KeyboardInterrupt

    world.meanwhile = passed
    with pytest.raises(KeyboardInterrupt):
        watch(a_node(world, path, stats=stats))
    assert times == [0, METRICS_EVERY, 2 * METRICS_EVERY]


def test_systemd_says_of_each_unit_what_it_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(
        "#!/bin/sh\n"
        '[ "$*" = "show a b --property=Id --property=NRestarts" ] || { echo no bus >&2; exit 1; }\n'
        "printf 'Id=a\\nNRestarts=2\\n\\nId=b\\nNRestarts=0\\n'\n"
    )
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    units = Units(str(tmp_path))
    assert units.facts(["a", "b"], ["NRestarts"]) == {
        "a": {"Id": "a", "NRestarts": "2"},
        "b": {"Id": "b", "NRestarts": "0"},
    }
    with pytest.raises(CommandFailed, match="systemctl show: no bus"):
        units.facts(["c"], ["NRestarts"])


def test_large_numbers_are_written_out() -> None:
    assert text("tts", [("webui_memory_bytes", {}, 80_123_456_789)]).splitlines()[-1] == (
        'releases_webui_memory_bytes{service="tts"} 80123456789'
    )
