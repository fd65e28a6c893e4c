"""Simulating: the way somebody would take through a drawing, walked by the engine's steps and written nowhere."""

import datetime as dt
from typing import Any

import pytest

from journeys.editor import simulation
from journeys.editor.simulation import Way
from journeys.flow import graph
from journeys.models import Message, Run, Visit
from profiles.models import Contact, InboxItem, Settings
from tests.journeys.stories import (
    DAY,
    HOUR,
    advance_all,
    digest,
    goto,
    happening,
    leave,
    live,
    mail,
    on,
    person,
    shuffle,
    split,
    wait,
    wait_for,
    way,
)

pytestmark = pytest.mark.django_db

GOLD = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}
MORNINGS = {"id": "morning", "kind": "window", "days": [0, 1, 2, 3, 4], "from": "09:00", "until": "10:00"}


def ahead(contact: Contact, *steps: dict[str, Any], now: dt.datetime, **more: Any) -> Way:
    drawn, _problems = graph.read({"trigger": on("Cart Updated"), "steps": list(steps)})
    return simulation.walk(drawn, contact.pk, now=now, **more)


def said(found: Way) -> list[tuple[str, str]]:
    return [(one.step.id, one.outcome) for one in found.visits]


def test_it_goes_the_way_that_the_engine_takes_at_the_same_moments(now: dt.datetime) -> None:
    steps = [
        wait(amount=2),
        split(GOLD, yes=[mail("thanks"), MORNINGS], no=[wait("never"), leave("gone")]),
        wait_for(amount=3),
        {"id": "note", "kind": "set", "attribute": "reminded", "value": True},
        mail("last"),
        leave(),
    ]
    for name, plan in (("Ada", "gold"), ("Grace", "")):
        contact = person(name, now=now, plan=plan)
        Contact.objects.filter(pk=contact.pk).update(timezone="America/New_York")
        before = InboxItem.objects.count()
        found = ahead(contact, *steps, now=now)
        assert not Message.objects.filter(contact=contact).exists()
        assert (Run.objects.filter(contact=contact).count(), InboxItem.objects.count()) == (0, before)

        version = live(on("Cart Updated"), *steps, now=now, name=name)
        digest([happening(contact, "Cart Updated", now)], now=now)
        for hours in range(24 * 9):
            advance_all(now + hours * HOUR)

        run = Run.objects.get(contact=contact, version=version)
        assert said(found) == way(run)
        assert [one.left_at for one in found.visits] == list(
            Visit.objects.filter(run=run).order_by("number").values_list("left_at", flat=True)
        )
        assert found.ending == "exit"


def test_it_waits_in_vain_until_one_says_that_it_happens(now: dt.datetime) -> None:
    order = wait_for(amount=3) | {"happened": [mail("thanks")], "timed_out": [mail("reminder")]}
    ada = person("Ada", now=now)

    in_vain, it_happens = (
        ahead(ada, order, now=now),
        ahead(ada, order, now=now, choices={"order": "happened"}),
    )

    assert said(in_vain) == [("order", "timed_out"), ("reminder", "queued")]
    assert in_vain.visits[1].arrived_at == now + 3 * DAY
    assert said(it_happens) == [("order", "happened"), ("thanks", "queued")]
    assert it_happens.visits[1].arrived_at == now


def test_chance_takes_the_branch_that_one_chooses(now: dt.datetime) -> None:
    chance = shuffle(("A", 50, [wait("a")]), ("B", 50, [wait("b")]))
    ada = person("Ada", now=now)

    assert said(ahead(ada, chance, now=now, choices={"chance": "branch_1"}))[1][0] == "a"
    assert said(ahead(ada, chance, now=now, choices={"chance": "branch_2"}))[1][0] == "b"
    assert ahead(ada, chance, now=now) == ahead(ada, chance, now=now, choices={"chance": "branch_9"})


def test_a_window_opens_by_the_clock_of_the_person(now: dt.datetime) -> None:
    Settings.objects.update(time_zone="Europe/Amsterdam")
    ada = person("Ada", now=now)
    Contact.objects.filter(pk=ada.pk).update(timezone="Asia/Kathmandu")

    (morning,) = ahead(ada, MORNINGS, now=now).visits

    assert morning.left_at == dt.datetime.fromisoformat("2026-11-19T09:00+05:45")


def test_a_loop_is_cut_and_an_unfinished_step_ends_the_way(now: dt.datetime) -> None:
    ada = person("Ada", now=now)

    loop = ahead(ada, wait(), goto("wait"), now=now)
    stopped = ahead(ada, wait(), split({}), mail(), now=now, unfinished={"split"})

    assert (loop.ending, len(loop.visits)) == ("cut", simulation.MOST)
    assert (stopped.ending, said(stopped)) == ("unfinished", [("wait", "waited"), ("split", "")])
    assert ahead(ada, now=now) == Way([], "end")
