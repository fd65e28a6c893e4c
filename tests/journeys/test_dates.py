"""Dates start journeys: birthdays and renewals, by each person's own clock, once each, after downtime too."""

import datetime as dt
from typing import Any

import pytest

from journeys.flow import dates, publishing
from journeys.flow.shapes import DateTrigger
from journeys.models import Occasion, Run, Version
from profiles.models import AttributeDefinition, Contact, Record, RecordLink, RecordType, Settings
from tests.journeys.stories import DAY, HOUR, advance_all, live, mail, person, told, wait

pytestmark = pytest.mark.django_db
BIRTHDAY = {"kind": "date", "attribute": "birth_date", "yearly": True, "at": "09:00"}


@pytest.fixture(autouse=True)
def amsterdam(db: None) -> None:
    """Noon UTC of the story's Wednesday is one o'clock."""
    Settings.objects.update(time_zone="Europe/Amsterdam")


def born(contact: Contact, day: str, zone: str = "") -> Contact:
    Contact.objects.filter(pk=contact.pk).update(birth_date=day, timezone=zone)
    return contact


def sweep(now: dt.datetime) -> int:
    """Look until nobody is left; how many came in."""
    before = Run.objects.count()
    while dates.sweep(now=now, limit=2):
        pass
    return Run.objects.count() - before


def entered() -> list[str]:
    return sorted(Run.objects.values_list("contact__first_name", flat=True))


def birthdays(now: dt.datetime, **trigger: Any) -> Version:
    return live({**BIRTHDAY, **trigger}, wait(), now=now, reentry="always")


def test_each_has_their_birthday_by_their_own_clock(now: dt.datetime) -> None:
    birthdays(now)
    born(person("Ada", now=now), "1990-11-19")
    born(person("Grace", now=now), "1985-11-19", "America/New_York")
    born(person("Linus", now=now), "1969-11-20")

    assert sweep(now + 19 * HOUR) == 0  # eight in Amsterdam
    assert sweep(now + 20 * HOUR) == 1
    assert entered() == ["Ada"]
    assert sweep(now + 26 * HOUR) == 1  # nine in New York
    assert entered() == ["Ada", "Grace"]
    assert sweep(now + 44 * HOUR) == 1
    assert [event["journey"] for event in told("Journey Entered")] == ["Welcome"] * 3


def test_it_comes_in_once_a_year_however_often_we_look(now: dt.datetime) -> None:
    version = birthdays(now)
    born(person("Ada", now=now), "1990-11-19")
    sweep(now + 20 * HOUR)

    Version.objects.update(sweep_at=now)
    assert sweep(now + 21 * HOUR) == 0
    advance_all(now + 40 * HOUR)  # she is through
    advance_all(now + 45 * HOUR)
    Version.objects.update(sweep_at=now)
    assert sweep(now + 43 * HOUR) == 0

    year = 365 * DAY
    assert sweep(now + 20 * HOUR + year) == 1
    assert Occasion.objects.filter(journey=version.journey).count() == 2


def test_a_leap_days_birthday_is_kept_every_year(now: dt.datetime) -> None:
    birthdays(now)
    born(person("Ada", now=now), "1992-02-29")
    born(person("Grace", now=now), "1992-02-28")

    assert sweep(dt.datetime(2027, 2, 28, 9, tzinfo=dt.UTC)) == 2  # no leap year
    assert sweep(dt.datetime(2027, 3, 1, 9, tzinfo=dt.UTC)) == 0
    advance_all(dt.datetime(2027, 3, 2, 12, tzinfo=dt.UTC))
    advance_all(dt.datetime(2027, 3, 4, 12, tzinfo=dt.UTC))
    assert sweep(dt.datetime(2028, 2, 28, 9, tzinfo=dt.UTC)) == 1
    assert sweep(dt.datetime(2028, 2, 29, 9, tzinfo=dt.UTC)) == 1


def test_it_catches_up_after_downtime_within_the_freshness_only(now: dt.datetime) -> None:
    birthdays(now)
    born(person("Ada", now=now), "1990-11-20")
    born(person("Grace", now=now), "1990-11-21")

    assert sweep(now + 60 * HOUR) == 1  # Saturday, one in the morning: Friday's birthday was 16 hours ago
    assert entered() == ["Ada"]
    assert sweep(now + 20 * DAY) == 0  # Grace's was weeks ago


def test_nobody_comes_in_for_what_was_before_publishing(now: dt.datetime) -> None:
    born(person("Ada", now=now), "1990-11-18")  # today at nine; it is one
    birthdays(now)

    assert sweep(now) == 0


def test_a_date_that_we_learn_of_a_little_late_still_counts(now: dt.datetime) -> None:
    birthdays(now - DAY)
    assert sweep(now) == 0

    born(person("Ada", now=now), "1990-11-18")

    assert sweep(now + HOUR / 4) == 1


def test_days_before_and_after(now: dt.datetime) -> None:
    AttributeDefinition.objects.create(key="trial_ends", type="date")
    person("Ada", now=now, trial_ends="2026-11-26")
    person("Grace", now=now, trial_ends="soon")
    person("Linus", now=now, trial_ends="2025-11-26")
    live({"kind": "date", "attribute": "trial_ends", "days": -7, "at": "09:30"}, wait(), now=now)

    assert sweep(now + 20 * HOUR) == 0
    assert sweep(now + 20.5 * HOUR) == 1
    assert entered() == ["Ada"]


def test_each_record_has_its_own_date(now: dt.datetime) -> None:
    plan = RecordType.objects.create(key="service_plan", label="Service plan", date_field="renews_on")
    ada = person("Ada", now=now)
    for key, day in (("P1", "2026-12-10"), ("P2", "2026-12-10"), ("P3", "2027-01-01")):
        record = Record.objects.create(
            type=plan, key=key, due_on=day, fields={"bike": f"Bike of {key}"}, updated_at=now
        )
        RecordLink.objects.create(record=record, contact=ada, persona_id=ada.pk, role="owner", since_at=now)
    trigger = {"kind": "date", "record": "service_plan", "days": -21, "at": "09:00", "zone": "workspace"}
    live(trigger, wait(), now=now, key="key", reentry="never")

    assert sweep(now + 20 * HOUR) == 2

    runs = Run.objects.order_by("key")
    assert [run.key for run in runs] == ["P1", "P2"]
    assert runs[0].variables["date"]["record"] == {"bike": "Bike of P1", "key": "P1"}


def test_the_condition_is_asked_at_the_door(now: dt.datetime) -> None:
    gold = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}
    birthdays(now, condition=gold)
    born(person("Ada", now=now, plan="gold"), "1990-11-19")
    born(person("Grace", now=now), "1990-11-19")

    assert sweep(now + 20 * HOUR) == 1
    assert entered() == ["Ada"]


def test_people_come_in_while_paused_and_not_after_the_end(now: dt.datetime) -> None:
    version = birthdays(now)
    born(person("Ada", now=now), "1990-11-19")
    born(person("Grace", now=now), "1990-11-20")

    publishing.pause(version.journey)
    assert sweep(now + 20 * HOUR) == 1
    publishing.finish(version.journey, now=now + 21 * HOUR)
    assert sweep(now + 44 * HOUR) == 0


def test_it_looks_again_when_a_clock_can_show_the_time(now: dt.datetime) -> None:
    trigger = DateTrigger("x", at=dt.time(9, 20))

    assert dates.next_sweep(trigger, now=now) == now + dt.timedelta(minutes=5)
    assert dates.next_sweep(trigger, now=now + dt.timedelta(minutes=5)) == now + dt.timedelta(minutes=20)
    assert dates.next_sweep(trigger, now=now + dt.timedelta(minutes=59)) == now + dt.timedelta(minutes=65)


def test_publishing_says_what_is_wrong_with_the_date(now: dt.datetime) -> None:
    AttributeDefinition.objects.create(key="plan", type="text", label="Plan")
    version = birthdays(now)
    journey = version.journey

    for trigger, sentence in (
        ({"attribute": "plan"}, "“Plan” is not a date"),
        ({"attribute": "nothing"}, "Nobody has “nothing” yet"),
        ({"record": "boat"}, "does not exist any more"),
    ):
        journey.draft = {"trigger": {"kind": "date", **trigger}, "steps": [mail()]}
        journey.save()
        assert sentence in publishing.problems(journey)[0].sentence
