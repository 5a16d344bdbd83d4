"""Who is chosen: more of the percent and more of the fleet move nobody who is chosen already."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from generator.canary.ranking import choose

NAMES = st.frozensets(st.integers(0, 400).map(lambda number: f"tts-{number:03}.example.org"), max_size=60)
PERCENTS = st.integers(1, 100)
#: By SHA-256 of "SALT\\0SERVICE\\0NAME", lowest first: reckoned once, by another program.
CHOSEN = ["tts-1.example.org", "tts-6.example.org", "tts-7.example.org"]
#: What the machine does beside it says nothing of the choice.
NO_CLOCK = settings(deadline=None)
SALTS = st.sampled_from(["v23", "v24-beta", ""])


@NO_CLOCK
@given(NAMES, PERCENTS, SALTS)
def test_it_is_the_percent_rounded_up_of_the_candidates(
    names: frozenset[str], percent: int, salt: str
) -> None:
    chosen = choose(names, (), percent, "indextts2", salt)
    assert set(chosen) <= names and chosen == sorted(set(chosen))
    assert len(chosen) == (max(1, math.ceil(len(names) * percent / 100)) if names else 0)


@NO_CLOCK
@given(NAMES, PERCENTS, PERCENTS, SALTS)
def test_a_higher_percent_only_adds(names: frozenset[str], one: int, other: int, salt: str) -> None:
    low, high = sorted((one, other))
    first = choose(names, (), low, "indextts2", salt)
    assert set(first) <= set(choose(names, first, high, "indextts2", salt))
    assert choose(names, first, high, "indextts2", salt) == choose(names, (), high, "indextts2", salt)


@NO_CLOCK
@given(NAMES, NAMES, PERCENTS, SALTS)
def test_a_fleet_that_grows_moves_nobody_who_is_chosen(
    names: frozenset[str], new: frozenset[str], percent: int, salt: str
) -> None:
    first = choose(names, (), percent, "indextts2", salt)
    after = choose(names | new, first, percent, "indextts2", salt)
    assert set(first) <= set(after)
    assert len(after) == max(len(first), math.ceil(len(names | new) * percent / 100))


@NO_CLOCK
@given(NAMES, NAMES, PERCENTS, SALTS)
def test_who_is_no_candidate_any_more_drops_out_and_the_others_stay(
    names: frozenset[str], gone: frozenset[str], percent: int, salt: str
) -> None:
    first = choose(names, (), percent, "indextts2", salt)
    after = choose(names - gone, first, percent, "indextts2", salt)
    assert not gone & set(after)
    assert set(first) - gone <= set(after)


@NO_CLOCK
@given(NAMES, NAMES, SALTS)
def test_members_stay_be_they_more_than_the_percent(
    names: frozenset[str], members: frozenset[str], salt: str
) -> None:
    after = choose(names, members, 1, "indextts2", salt)
    assert names & members <= set(after)
    assert len(after) == (max(len(names & members), 1) if names else 0)


def test_the_choice_is_written_down_so_that_no_later_version_makes_another() -> None:
    names = [f"tts-{number}.example.org" for number in range(1, 11)]
    assert choose(names, (), 30, "indextts2", "v24-beta") == CHOSEN
    assert choose(reversed(names), (), 30, "indextts2", "v24-beta") == CHOSEN


def test_another_salt_or_another_service_is_another_choice() -> None:
    names = [f"tts-{number}.example.org" for number in range(100)]
    chosen = {
        tuple(choose(names, (), 10, service, salt)) for service in ("indextts2", "whisper") for salt in "ab"
    }
    assert len(chosen) == 4
