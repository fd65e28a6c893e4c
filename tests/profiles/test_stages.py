"""Lifecycle stages: what the words mean, said once more in slow words, and compared by chance."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from profiles.stages import INSTANT, Bought, Stage, Thresholds, changes_at, history, stage

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
DAYS = Thresholds()


def days(number: float) -> dt.timedelta:
    return dt.timedelta(days=number)


def ago(*numbers: float) -> list[dt.datetime]:
    """Orders so many days ago, oldest first."""
    return sorted(NOW - days(number) for number in numbers)


def of(*numbers: float) -> str:
    return stage(Bought.by(ago(*numbers), DAYS, at=NOW), DAYS, at=NOW).value


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        ((), "never_bought"),
        ((0,), "new"),
        ((30,), "new"),
        ((31,), "active"),
        ((30, 5), "new"),
        ((40, 5), "active"),
        ((90,), "active"),
        ((91,), "at_risk"),
        ((180,), "at_risk"),
        ((181,), "lapsed"),
        ((400, 10), "won_back"),
        ((400, 90), "won_back"),
        ((400, 91), "at_risk"),
        ((400, 100, 10), "active"),  # back for 100 days: a customer like any other
        ((400, 60, 10), "won_back"),
        ((200, 20), "active"),  # 180 days between them: at risk, never lapsed
        ((201, 20), "won_back"),
    ],
)
def test_it_names_the_stage(orders: Sequence[float], expected: str) -> None:
    assert of(*orders) == expected


# --- The same, told slowly: ask every order about every moment


def slow(orders: Sequence[dt.datetime], at: dt.datetime) -> str:
    past = [order for order in orders if order <= at]
    if not past:
        return "never_bought"
    if at - min(past) <= days(30):
        return "new"
    for order in past:
        before = [other for other in past if other < order]
        was_lapsed = bool(before) and all(order - other > days(180) for other in before)
        if was_lapsed and at - order <= days(90):
            return "won_back"
    for name, limit in (("active", 90), ("at_risk", 180)):
        if any(at - order <= days(limit) for order in past):
            return name
    return "lapsed"


quarter_days = st.integers(-8, 2400).map(lambda quarters: quarters / 4)
lives = st.lists(quarter_days, max_size=8, unique=True).map(lambda numbers: ago(*numbers))


@settings(max_examples=200, deadline=None)
@given(orders=lives)
def test_it_means_what_the_slow_words_mean(orders: list[dt.datetime]) -> None:
    assert stage(Bought.by(orders, DAYS, at=NOW), DAYS, at=NOW) == slow(orders, NOW)


@settings(max_examples=200, deadline=None)
@given(orders=lives)
def test_it_knows_when_time_alone_changes_the_stage(orders: list[dt.datetime]) -> None:
    at = NOW - days(300)
    before = slow(orders, at)

    due = changes_at(Bought.by(orders, DAYS, at=at), DAYS, at=at)

    coming = next((order for order in orders if order > at), None)
    moments = [at + INSTANT, *(at + days(number * 1.75) for number in range(1, 200))]
    for moment in moments:
        if due is None or moment < due:
            assert slow([order for order in orders if order <= at], moment) == before or coming
        if due is not None and moment >= due:
            break
    if due is not None:
        assert due > at
        assert due == coming or slow(orders, due) != before


@settings(max_examples=200, deadline=None)
@given(orders=lives, asked=st.lists(quarter_days, max_size=5))
def test_it_replays_the_stages_of_a_life(orders: list[dt.datetime], asked: list[float]) -> None:
    since, until, known = NOW - days(700), NOW, NOW - days(350)

    spans = history(orders, DAYS, known_at=known, since=since, until=until)

    assert (spans[0].since_at, spans[-1].until_at) == (since, until)
    assert all(one.until_at == two.since_at for one, two in itertools.pairwise(spans))
    assert all(one.stage != two.stage for one, two in itertools.pairwise(spans))
    for number in asked:
        at = NOW - days(number)
        for span in spans:
            if span.since_at <= at < span.until_at:
                expected = slow(orders, at)
                visits = expected == "never_bought" and at < known
                assert span.stage == ("visitor" if visits else expected)


def test_its_chances_hold_every_stage() -> None:
    met: Counter[str] = Counter()

    @seed(1)
    @settings(max_examples=200, deadline=None, database=None)
    @given(orders=lives)
    def meet(orders: list[dt.datetime]) -> None:
        met[slow(orders, NOW)] += 1

    meet()

    assert set(met) == {one.value for one in Stage}
