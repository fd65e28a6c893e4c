"""The lifecycle of everybody, replayed in SQL: the same as asking each person's orders about each moment."""

import datetime as dt
from collections import Counter
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from profiles import lifecycle
from profiles.models import Contact, Persona, Purchase, Source
from profiles.stages import Bought, Thresholds, stage

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOW = dt.datetime(2026, 11, 18, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def person(known_at: dt.datetime | None) -> Contact:
    contact = Contact.objects.create(created_at=known_at or NOW, known_since_at=known_at, random_bucket=1)
    Persona.objects.create(id=contact.pk, contact=contact, created_at=NOW)
    return contact


def order(
    contact: Contact, at: dt.datetime, amount: int = 10, *, refunded: int = 0, cancelled: bool = False
) -> None:
    source = Source.objects.get_or_create(name="Shop", defaults={"kind": "server"})[0]
    Purchase.objects.create(
        contact=contact,
        persona_id=contact.pk,
        source=source,
        order_key=f"{contact.pk}-{Purchase.objects.count()}",
        occurred_at=at,
        amount=amount,
        currency="EUR",
        amount_base=amount,
        refunded=refunded,
        refunded_base=refunded,
        cancelled_at=at if cancelled else None,
    )


def slow(orders: list[dt.datetime], at: dt.datetime) -> str:
    return str(stage(Bought.by(orders, Thresholds(), at=at), Thresholds(), at=at).value)


class Replay(TestCase):
    """Chance against the set-wise statements."""

    @settings(max_examples=30, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 500), st.lists(st.integers(0, 600), max_size=5, unique=True), st.booleans()
            ),
            max_size=8,
        )
    )
    def test_it_finds_everybody_where_their_orders_say(self, cast: list[tuple[int, list[int], bool]]) -> None:
        moments = [NOW - back * DAY for back in (400, 120, 31, 0)]
        people = []
        for known, days, is_known in cast:
            contact = person(NOW - known * DAY if is_known else None)
            orders = sorted(NOW - number * DAY for number in days)
            for at in orders:
                order(contact, at)
            if is_known:
                people.append((min([NOW - known * DAY, *orders]), orders))

        counted = lifecycle.stages_at(moments, Thresholds())
        moved = lifecycle.moves(Thresholds(), since=moments[1], until=moments[3])

        expected = [
            Counter(slow(orders, at) for there_at, orders in people if there_at <= at) for at in moments
        ]
        assert counted == [dict(one) for one in expected]
        assert moved == Counter(
            (slow(orders, moments[1]), slow(orders, moments[3]))
            for there_at, orders in people
            if there_at <= moments[1]
        )


@pytest.mark.django_db
def test_it_puts_people_into_the_month_of_their_first_order_in_the_workspaces_zone() -> None:
    ada, grace = person(NOW), person(NOW)
    order(ada, dt.datetime(2026, 8, 31, 22, 30, tzinfo=dt.UTC), 100)  # the first of September in Amsterdam
    order(ada, dt.datetime(2026, 10, 5, tzinfo=dt.UTC), 50, refunded=20)
    order(grace, dt.datetime(2026, 9, 2, tzinfo=dt.UTC), 60)
    order(grace, dt.datetime(2026, 9, 20, tzinfo=dt.UTC), 999, cancelled=True)

    (september,) = lifecycle.cohorts(since=dt.date(2026, 1, 1), now=NOW, zone=AMSTERDAM)

    assert september.month == dt.date(2026, 9, 1)
    assert september.people == [2, 1, 0]
    assert september.revenue == [Decimal(160), Decimal(30), Decimal(0)]
    assert september.cumulative == [Decimal(80), Decimal(95), Decimal(95)]


@pytest.mark.django_db
def test_it_says_how_soon_people_come_back() -> None:
    for days in (1, 10, 10, 40, None):
        contact = person(NOW)
        order(contact, NOW - 100 * DAY)
        if days is not None:
            order(contact, NOW - (100 - days) * DAY)

    found = lifecycle.second_orders(since=NOW - 365 * DAY, now=NOW)

    assert (found.twice, found.once) == (4, 1)
    assert (found.within(0.5), found.within(0.8)) == (10, 40)
    assert lifecycle.second_orders(since=NOW, now=NOW).within(0.5) is None


def test_it_ends_months_at_local_midnight_and_the_last_one_now() -> None:
    ends = lifecycle.month_ends(months=3, now=NOW, zone=AMSTERDAM)

    assert [str(end.astimezone(AMSTERDAM)) for end in ends[:2]] == [
        "2026-10-01 00:00:00+02:00",
        "2026-11-01 00:00:00+01:00",
    ]
    assert ends[2] == NOW
    assert lifecycle.month_start(back=12, now=NOW, zone=AMSTERDAM) == dt.date(2025, 11, 1)
