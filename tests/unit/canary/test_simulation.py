"""The simulation of `make bench`: its chance is fair, and the judge in it is the real one."""

from __future__ import annotations

import random
from dataclasses import replace
from statistics import mean, variance
from xml.etree import ElementTree

import pytest

from generator.canary.judge import Verb
from generator.canary.limits import Limits
from tests.bench import canary_simulation as simulation
from tests.bench.plot import Line, plot


@pytest.mark.parametrize("expected", [0.3, 7.0, 400.0])
def test_what_comes_by_chance_comes_as_often_as_it_is_said_to(expected: float) -> None:
    random_ = random.Random(2)
    drawn = [simulation._poisson(random_, expected) for _ in range(4000)]
    assert mean(drawn) == pytest.approx(expected, rel=0.06)
    assert variance(drawn) == pytest.approx(expected, rel=0.12)


def test_a_good_release_is_promoted_and_a_bad_one_gets_no_more_than_its_first_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(simulation, "NODES", 500)
    simulation._rollout.cache_clear()
    limits = Limits()
    good = simulation.simulate(random.Random(3), 0.0, limits)
    bad = simulation.simulate(random.Random(3), 0.3, limits)
    assert (good.verb, bad.verb) == (Verb.PROMOTE, Verb.ABORT)
    assert bad.served < 0.03 and bad.windows <= 2
    broken = simulation.simulate(random.Random(3), 0.0, limits, broken=0.01)
    allowed = simulation.simulate(random.Random(3), 0.0, replace(limits, lost_ratio=0.05), broken=0.01)
    assert (broken.verb, allowed.verb) == (Verb.ABORT, Verb.PROMOTE)
    simulation._rollout.cache_clear()


def test_the_plot_is_xml_that_names_each_line() -> None:
    text = plot([Line("a < b", [0.0, 100.0], "red")], ["1%", "2%"], title="t", across="x & y", up="%", mark=1)
    root = ElementTree.fromstring(text)
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a < b", "x & y", "default", "1%", "2%"} <= set(words)
