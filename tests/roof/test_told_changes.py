"""An edit or a hand puts people into a segment: journeys that listen take them in, once."""

import datetime as dt
from typing import Any

import pytest

from cdp import pipeline
from journeys.models import Run
from profiles import suppressions
from segments import lists, rebuild
from segments.models import Membership, Segment
from tests.journeys.stories import live, person, wait

pytestmark = pytest.mark.django_db

GOLD = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}
SILVER = {**GOLD, "value": "silver"}


def listening(segment: Segment, now: dt.datetime, **settings: Any) -> None:
    """A live journey for those who enter the segment from now on."""
    trigger = {"kind": "segment", "segment": segment.pk, "members": "future"}
    live(trigger, wait("w", 5), now=now, **settings)


def edited(now: dt.datetime) -> Segment:
    """A segment of gold people that was just edited to mean the silver ones."""
    segment = Segment.objects.create(name="Some", definition=GOLD, built_at=now)
    rebuild.rebuild(segment, now=now)
    pipeline.tell_changes(now=now)
    segment.definition, segment.version = SILVER, 2
    return segment


@pytest.mark.parametrize(("accepts", "runs"), [(True, 1), (False, 0)])
def test_it_takes_in_whom_an_edit_brings_where_the_journey_says_so(
    accepts: bool, runs: int, now: dt.datetime
) -> None:
    person("Ada", now=now, plan="silver")
    person("Grace", now=now, plan="gold")
    segment = edited(now)
    listening(segment, now, accept_edit=accepts)

    rebuild.rebuild(segment, now=now)
    pipeline.tell_changes(now=now)
    pipeline.tell_changes(now=now)

    assert Run.objects.count() == runs
    assert all(run.contact.first_name == "Ada" and run.cause == "edit" for run in Run.objects.all())


def test_it_carries_on_by_portions(now: dt.datetime) -> None:
    for name in ("Ada", "Grace", "Linus"):
        person(name, now=now, plan="silver")
    segment = edited(now)
    listening(segment, now, accept_edit=True)
    rebuild.rebuild(segment, now=now)

    more = [pipeline.tell_changes(now=now, limit=2) for _ in range(3)]

    assert more == [True, False, False]
    assert Run.objects.count() == 3


def test_it_takes_in_whom_somebody_put_on_a_list(now: dt.datetime) -> None:
    ada = person("Ada", now=now)
    press = Segment.objects.create(name="Press", kind=Segment.Kind.STATIC)
    listening(press, now)

    lists.add(press, [ada.pk], by=None, now=now)
    pipeline.tell_changes(now=now)

    run = Run.objects.get()
    assert (run.contact, run.cause) == (ada, "by_hand")


def test_it_asks_again_who_can_be_reached_when_an_address_is_blocked_and_free_again(
    now: dt.datetime,
) -> None:
    ada = person("Ada", now=now)
    reach = {"type": "reach", "channel": "email", "topic": None, "operator": "can"}
    segment = Segment.objects.create(name="Reached", definition=reach)
    rebuild.rebuild(segment, now=now)

    there = [Membership.objects.filter(segment=segment, contact=ada).exists()]
    suppressions.block(channel="email", address="ADA@shop.example", reason="by_hand", now=now)
    pipeline.digest(now=now)
    there.append(Membership.objects.filter(segment=segment, contact=ada).exists())
    suppressions.allow(channel="email", address="ada@shop.example", now=now)
    pipeline.digest(now=now)
    there.append(Membership.objects.filter(segment=segment, contact=ada).exists())

    assert there == [True, False, True]
