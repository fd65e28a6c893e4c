"""The story of the sample shop: true to its numbers and its people on whatever day it is told."""

import datetime as dt
import itertools
import json
import statistics
from collections import Counter
from zoneinfo import ZoneInfo

import pytest

from cdp.demo import cast, story
from cdp.demo.crowd import is_peak
from cdp.demo.posting import slipped
from cdp.demo.story import Story
from cdp.demo.telling import Person
from profiles import spec

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAYS = [
    dt.datetime(2026, 11, 18, 12, 0, tzinfo=dt.UTC),
    dt.datetime(2028, 2, 29, 9, 30, tzinfo=dt.UTC),  # a leap day
    dt.datetime(2027, 3, 28, 2, 30, tzinfo=AMSTERDAM),  # a time of day that the clocks leap over
    dt.datetime(2026, 10, 25, 2, 30, tzinfo=AMSTERDAM, fold=1),  # one that comes twice
    dt.datetime(2027, 1, 1, 0, 5, tzinfo=AMSTERDAM),  # a Friday, just begun
    dt.datetime(2026, 11, 26, 23, 50, tzinfo=AMSTERDAM),  # a Thursday, nearly over
]
SIZE = 1000


@pytest.fixture(params=DAYS, ids=lambda day: f"{day:%Y-%m-%dT%H%M}", scope="module")
def told(request: pytest.FixtureRequest) -> Story:
    return story.tell(seed=1, now=request.param.astimezone(dt.UTC), size=SIZE)


def named(told: Story, key: str) -> Person:
    return next(one for one in told.people if one.key == cast.user_id(key))


def test_its_totals_are_those_of_a_shop(told: Story) -> None:
    known = [one for one in told.people if one.joined]
    buyers = [one for one in known if one.orders]
    again = [one for one in buyers if len(one.orders) > 1]
    countries = Counter(one.place.country for one in known)
    currencies = {order.currency for one in buyers for order in one.orders}

    assert len(known) == SIZE
    assert len(told.people) == pytest.approx(SIZE, rel=0.15)
    assert len(buyers) / len(known) == pytest.approx(0.55, abs=0.01)
    assert len(again) / len(buyers) == pytest.approx(0.45, abs=0.01)
    assert 2 * (told.calls + 6 * len(told.posted)) < 60_000  # of two thousand people
    assert set(countries) == {"NL", "BE", "DE", "FR", "GB"}
    assert {one.place.language for one in known} == {"nl", "fr", "de", "en", "pl"}
    assert currencies == {"EUR", "GBP"}


def test_it_has_a_november_and_a_wave_of_people_who_left(told: Story) -> None:
    orders = [order.at for one in told.people for order in one.orders]
    # By the day, because the present month is not over; the first year is too young to compare.
    recent = [at for at in orders if at > told.now - dt.timedelta(days=400)]
    peak = {at.date() for at in recent if is_peak(at.date())}
    daily = len([at for at in recent if is_peak(at.date())]) / max(1, len(peak))
    usual = len([at for at in recent if not is_peak(at.date())]) / (400 - len(peak))
    assert daily > 1.6 * usual

    last = [max(order.at for order in one.orders) for one in told.people if len(one.orders) > 1]
    ages = Counter((told.now - at).days // 45 for at in last)
    assert ages[5] > 1.3 * ages[3]  # 225 to 270 days ago they stopped, more than half a year later


def test_nothing_happens_in_the_future_or_to_nobody(told: Story) -> None:
    horizon = dt.timedelta(days=30 * 60)
    names = set()
    for number, one in enumerate(told.people):
        for item in told.told(number):
            message = spec.read(item)
            assert spec.occurrence(message, sent_at=None, received_at=told.now, horizon=horizon) <= told.now
            names.add(message.message_id)
        if one.email:
            assert one.email.rpartition("@")[2] in ("example.com", "example.org", "example.net")
    assert len(names) == told.calls
    assert all(mail.at <= told.now and mail.entered <= mail.at for mail in told.posted)


def test_sanne_is_one_person_on_three_devices(told: Story) -> None:
    sanne = named(told, "sanne")
    browsers = {call.body["anonymousId"] for call in sanne.calls if "anonymousId" in call.body}
    friday = next(mail for mail in told.posted if mail.person == sanne.key and mail.name == "sent")

    assert len(browsers) == 3
    assert sanne.calls[0].at < (sanne.joined or told.now)
    assert sanne.orders
    assert friday.clicked or (friday.opened is None) == (friday.at > told.now - dt.timedelta(hours=12))


def test_thomas_orders_twice_a_month_and_next_on_thursday(told: Story) -> None:
    days = [order.at.astimezone(AMSTERDAM).date() for order in named(told, "thomas").orders]
    gaps = {(later - earlier).days for earlier, later in itertools.pairwise(days)}
    due = days[-1] + dt.timedelta(days=15)
    today = told.now.astimezone(AMSTERDAM).date()

    assert gaps == {15}
    assert due.strftime("%A") == "Thursday"
    assert 1 <= (due - today).days <= 7


def test_aisha_is_forty_days_overdue_and_waits_in_win_back(told: Story) -> None:
    aisha = named(told, "aisha")
    moments = [order.at for order in aisha.orders]
    usual = statistics.median((b - a).days for a, b in itertools.pairwise(moments))
    mails = [mail for mail in told.posted if mail.person == aisha.key and mail.name == "winback"]

    assert (told.now - moments[-1]).days - usual == 40
    assert sum(order.total for order in aisha.orders) > 2000
    assert slipped(aisha, told.now)
    assert [(mail.step, mail.stays) for mail in mails] == [("miss", True)]


def test_marie_bought_by_card_before_she_joined_last_week(told: Story) -> None:
    marie = named(told, "marie")
    joined = marie.joined or told.now

    assert 5 <= (told.now - joined).days <= 7
    assert len(marie.orders) == 7
    assert all(order.at < joined for order in marie.orders)
    calls = [call.body for call in marie.calls if call.body.get("event") == "Order Completed"]
    assert {call["context"]["externalIds"][0]["id"] for call in calls} == {marie.card}


def test_john_may_be_two(told: Story) -> None:
    john, twin = named(told, "john"), named(told, cast.TWIN)

    assert (john.birthday, john.place, john.last_name) == (twin.birthday, twin.place, twin.last_name)
    assert john.email != twin.email


def test_emma_opted_out_and_gets_order_mail(told: Story) -> None:
    emma = named(told, "emma")
    later = [
        mail for mail in told.posted if mail.person == emma.key and mail.at > (emma.opted_out or told.now)
    ]

    assert {mail.name for mail in later} == {"confirmation"}


def test_piotr_alone_had_enough_by_friday(told: Story) -> None:
    friday = [mail for mail in told.posted if mail.name == "sent"]
    mine = [mail for mail in told.posted if mail.person == cast.user_id("piotr")]

    assert {mail.at.astimezone(AMSTERDAM).strftime("%A") for mail in friday} == {"Friday"}
    assert [
        (mail.name, mail.reason) for mail in mine if mail.at > friday[0].entered - dt.timedelta(days=7)
    ] == [
        ("cart", ""),
        ("cart", ""),
        ("cart", ""),
        ("sent", "capped"),
    ]
    capped = [mail for mail in friday if mail.reason]
    assert len(capped) <= 3
    assert len(friday) > SIZE / 2


def test_claires_plan_renews_in_three_weeks(told: Story) -> None:
    renews = named(told, "claire").renews_on

    assert renews
    assert (renews - told.now.astimezone(AMSTERDAM).date()).days == 21


def test_lars_leaves_a_cart_fifty_minutes_ago() -> None:
    now = DAYS[0]
    calls = cast.lars_at_his_cart(now - dt.timedelta(minutes=50)).calls

    assert (calls[-1].body["event"], now - calls[-1].at) == ("Product Added", dt.timedelta(minutes=50))


def test_the_same_seed_tells_the_same_and_another_tells_another() -> None:
    def told(seed: int) -> list[bytes]:
        story.tell.cache_clear()
        found = story.tell(seed=seed, now=DAYS[0], size=60)
        return [item for number in range(len(found.people)) for item in found.told(number)]

    first = told(1)

    assert first == told(1)
    assert first != told(2)
    assert all(json.loads(item)["messageId"] for item in first)
