"""Settings → Workspace: what holds for everything here, and what follows from a change."""

import datetime as dt
import re
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from journeys.messages import delivery
from journeys.models import Message
from profiles.models import ExchangeRate, Settings
from tests.journeys import cast

pytestmark = pytest.mark.django_db
URL = "/settings/workspace/"


def said(**changes: str) -> dict[str, str]:
    """The form as it would be sent, with changes."""
    return {
        "name": "Noord & Co", "time_zone": "Europe/Amsterdam", "week_starts_on": "0", "country": "nl",
        "languages": "en, NL", "currency": "eur", "quiet_from": "", "quiet_until": "", "click_credit_days": "5",
        "delivery_credit_hours": "24", "freshness_hours": "24",
    } | changes  # fmt: skip


def kept(*names: str) -> tuple[Any, ...]:
    return tuple(Settings.objects.values_list(*names).get())


def test_a_marketer_sets_what_holds_for_everything(signed_in: Client) -> None:
    page = signed_in.post(
        URL, said(time_zone="new york", quiet_from="22:00", quiet_until="08:00"), follow=True
    )

    words = page.content.decode()
    assert re.search(r"Saved \d\d:\d\d\. Segments that speak of days are counted anew\.", words)
    assert 'value="22:00"' in words
    assert "Noord &amp; Co" in words
    names = ("name", "time_zone", "country", "languages", "currency", "quiet_from", "quiet_until")
    assert kept(*names) == (
        "Noord & Co", "America/New_York", "NL", ["en", "nl"], "EUR", dt.time(22), dt.time(8),
    )  # fmt: skip
    assert "time_zone" in LogEntry.objects.latest("pk").changes_dict


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"time_zone": "Middle/Earth"}, "There is no such time zone."),
        ({"country": "XX"}, "There is no such country."),
        ({"languages": "en, elvish"}, "We do not know the language “elvish”."),
        ({"currency": "€"}, "Write the three letters of the currency"),
        ({"quiet_from": "22:00"}, "Give both ends of the quiet hours, or neither."),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "This is when they begin."),
        ({"click_credit_days": "0"}, "At least 1."),
        ({"name": ""}, "This field is required."),
    ],
)
def test_it_says_beside_the_field_what_is_wrong(
    signed_in: Client, changes: dict[str, str], sentence: str
) -> None:
    before = kept("name", "time_zone", "currency")

    page = signed_in.post(URL, said(**changes))

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert kept("name", "time_zone", "currency") == before


def test_the_currency_stays_once_something_is_counted_in_it(signed_in: Client) -> None:
    signed_in.post(URL, said(currency="GBP"))
    assert kept("currency") == ("GBP",)
    ExchangeRate.objects.create(currency="EUR", on=dt.date(2026, 1, 1), rate=1)

    page = signed_in.get(URL).content.decode()
    signed_in.post(URL, said(currency="USD"))

    assert "It cannot be changed any more" in page
    assert kept("currency") == ("GBP",)


def test_what_is_held_is_asked_about_again_when_the_hours_change(signed_in: Client) -> None:
    now = timezone.now()
    Settings.objects.update(quiet_from="00:00", quiet_until="23:59")
    cast.owe(cast.drawn(now=now), [cast.person("Ada", now=now)], now=now)
    Message.objects.update(state="held", reason="quiet_hours", due_at=now + dt.timedelta(hours=9))

    signed_in.post(URL, said())

    due = delivery.next_due(now=now)
    assert due is not None
    assert due < now + dt.timedelta(minutes=1)


def test_it_is_for_those_who_manage_data(client: Client) -> None:
    client.force_login(User.objects.create_user("linus"))

    assert client.get(URL).status_code == 403
