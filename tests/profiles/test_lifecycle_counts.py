"""What the lifecycle's charts say is counted in the background; a page reads it while it is young and still true."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache

from profiles import lifecycle_counts
from profiles.lifecycle_counts import MONTHS, Ground
from profiles.stages import Thresholds
from tests.profiles.test_lifecycle import order, person

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 18, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
GROUND = Ground(Thresholds(), ZoneInfo("Europe/Amsterdam"), NOW)


@pytest.fixture(autouse=True)
def _shop() -> None:
    cache.clear()
    for back in (500, 200, 40):
        ada = person(NOW - back * DAY)
        order(ada, NOW - back * DAY)
        order(ada, NOW - (back - 30) * DAY)


def later(minutes: int) -> Ground:
    return Ground(GROUND.thresholds, GROUND.zone, NOW + dt.timedelta(minutes=minutes))


@pytest.mark.parametrize(("name", "choice"), [("stages", 6), ("moves", 30), ("cohorts", 12), ("second", 24)])
def test_it_reads_what_it_would_count_on_the_spot(name: str, choice: int) -> None:
    on_the_spot, _now = lifecycle_counts.read(name, choice, GROUND)
    lifecycle_counts.count(GROUND)

    answer, as_of = lifecycle_counts.read(name, choice, later(10))

    assert answer == on_the_spot
    assert as_of == NOW


def test_it_counts_again_only_after_a_while() -> None:
    counted = [lifecycle_counts.count(later(minutes)) for minutes in (0, 10, 20)]

    assert counted == [True, False, True]


def test_it_counts_for_itself_what_is_old_or_was_counted_with_other_settings() -> None:
    lifecycle_counts.count(GROUND)
    other = Ground(Thresholds(new=10 * DAY), GROUND.zone, NOW + DAY / 100)

    _answer, old = lifecycle_counts.read("second", MONTHS[0], later(90))
    _answer, else_counted = lifecycle_counts.read("moves", 30, other)

    assert (old, else_counted) == (later(90).now, other.now)
    assert lifecycle_counts.count(other)
