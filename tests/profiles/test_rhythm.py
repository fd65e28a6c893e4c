"""Somebody's rhythm: how often they buy, and when the next order is to be expected."""

import datetime as dt

import pytest

from profiles import rhythm

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


def bought(*days: int) -> list[dt.datetime]:
    return [NOON + dt.timedelta(days=day) for day in days]


def test_it_expects_the_next_order_after_the_middle_half_of_the_gaps() -> None:
    steady = rhythm.expected(bought(0, 14, 28, 42), zone=dt.UTC)
    uneven = rhythm.expected(bought(0, 10, 30, 60, 100), zone=dt.UTC)

    assert steady == rhythm.Expected(dt.date(2026, 2, 26), dt.date(2026, 2, 26))
    assert uneven == rhythm.Expected(dt.date(2026, 4, 29), dt.date(2026, 5, 13))


def test_it_knows_no_rhythm_of_three_orders_or_of_one_busy_day() -> None:
    assert rhythm.expected(bought(0, 14, 28), zone=dt.UTC) is None
    assert rhythm.expected(bought(0, 0, 0, 0, 0), zone=dt.UTC) is None


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (dt.date(2026, 2, 20), "The next order is expected around 26 – 28 Feb 2026."),
        (dt.date(2026, 3, 1), "The next order is 1 day later than usual."),
    ],
)
def test_it_says_what_to_expect(today: dt.date, words: str) -> None:
    expected = rhythm.Expected(dt.date(2026, 2, 26), dt.date(2026, 2, 28))

    assert rhythm.outlook(expected, today=today) == words
    assert rhythm.outlook(None, today=today) == ""
