"""Home's four figures: what they count, day by day in the workspace's zone, and what a page reads of them."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cdp import figures
from cdp.models import DailyFigure
from profiles import consent
from profiles.consent import Statement
from profiles.models import Topic
from tests.journeys.cast import person
from tests.profiles.test_lifecycle import order

pytestmark = pytest.mark.django_db

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = dt.datetime(2026, 11, 18, 12, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 18)
DAY = dt.timedelta(days=1)


def value(name: str, day: dt.date) -> Decimal:
    return DailyFigure.objects.get(name=name, on=day).value


def test_it_counts_a_day_in_the_workspaces_zone_and_takes_refunds_off() -> None:
    ada = person("Ada", now=NOW - 70 * DAY)
    order(ada, dt.datetime(2026, 11, 16, 23, 30, tzinfo=dt.UTC), 100, refunded=20)  # the 17th in Amsterdam
    order(ada, dt.datetime(2026, 11, 17, 12, tzinfo=dt.UTC), 50)
    order(ada, NOW, 999, cancelled=True)

    figures.count(now=NOW, zone=AMSTERDAM)

    assert (value("revenue", TODAY - DAY), value("new_customers", TODAY - DAY)) == (Decimal(130), Decimal(1))
    assert (value("revenue", TODAY), value("new_customers", TODAY)) == (Decimal(0), Decimal(0))


def test_it_counts_who_could_be_reached_at_the_end_of_each_day() -> None:
    ada, grace, linus = (person(name, now=NOW - 10 * DAY) for name in ("Ada", "Grace", "Linus"))
    consent.suppress(channel="email", address=linus.email, reason="bounced", now=NOW - 2 * DAY)
    topic = Topic.objects.get(key="news").pk
    gone = Statement(grace.pk, grace.pk, "email", "unsubscribed", NOW - 4 * DAY, topic_id=None)
    back = Statement(grace.pk, grace.pk, "email", "subscribed", NOW - DAY, topic_id=topic)
    consent.record([gone, back], now=NOW)

    figures.count(now=NOW, zone=AMSTERDAM)

    seen = [int(value("reach", TODAY - back * DAY)) for back in (11, 10, 4, 2, 1, 0)]
    assert seen == [0, 3, 2, 1, 2, 2]
    assert ada is not None


def test_it_counts_a_day_again_once_it_is_over() -> None:
    figures.count(now=NOW, zone=AMSTERDAM)
    person("Ada", now=NOW + dt.timedelta(hours=1))

    figures.count(now=NOW + DAY, zone=AMSTERDAM)

    assert value("reach", TODAY) == 1


def test_it_compares_thirty_days_with_the_thirty_before() -> None:
    for back in (0, 5, 40):
        order(person(f"P{back}", now=NOW - 50 * DAY), NOW - back * DAY, 100)
    figures.count(now=NOW, zone=AMSTERDAM)

    drawn = {str(one.label): one for one in figures.read(today=TODAY, currency="EUR")}

    new = drawn["New customers"]
    assert (new.words, new.change, new.is_better) == ("2", "+100.0 %", True)
    assert drawn["Click rate, by people"].words == "too few (n < 30)"
    assert len(new.spark.split()) == figures.DAYS


def test_it_shows_nothing_before_anything_was_counted() -> None:
    assert figures.read(today=TODAY, currency="EUR") == []
