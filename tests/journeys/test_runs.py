"""People put in, by hand, by a program or by whole segments; taken out, and moved."""

import datetime as dt

import pytest
from django.contrib.auth.models import User

from journeys.flow import intake, publishing, runs
from journeys.models import Intake, Run
from profiles.models import Contact
from segments.models import Cause, Membership, Segment
from tests.journeys.stories import (
    DAY,
    HOUR,
    advance_all,
    digest,
    happening,
    live,
    mail,
    mails,
    on,
    person,
    told,
    wait,
    wait_for,
    way,
)

pytestmark = pytest.mark.django_db
API = {"kind": "api"}
GOLD = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}


@pytest.fixture
def ada(now: dt.datetime) -> Contact:
    return person("Ada", now=now)


@pytest.fixture
def linus(db: None) -> User:
    return User.objects.create(username="linus")


def test_a_program_starts_a_run_once_for_each_key(ada: Contact, now: dt.datetime) -> None:
    version = live(API, mail(), now=now, reentry="always")

    first = runs.start(version, ada, data={"voucher": "X1"}, key="a", now=now)
    advance_all(now)
    again = runs.start(version, ada, data={"voucher": "X1"}, key="a", now=now + HOUR)
    other = runs.start(version, ada, data={"voucher": "X2"}, key="b", now=now + HOUR)

    assert first is not None
    assert other is not None
    assert again is not None
    assert first.variables["data"] == {"voucher": "X1"}
    assert again.pk == first.pk != other.pk
    assert Run.objects.count() == 2


def test_a_program_cannot_go_round_the_rules(ada: Contact, now: dt.datetime) -> None:
    version = live(API, wait(), now=now)

    assert runs.start(version, ada, data={}, key="a", now=now)
    assert runs.start(version, ada, data={}, key="b", now=now) is None
    assert runs.start(version, ada, data={}, key="b", now=now) is None
    with pytest.raises(runs.NotPossible, match="key"):
        runs.start(version, ada, data={}, key="", now=now)
    publishing.finish(version.journey, now=now)
    with pytest.raises(runs.NotPossible, match="does not take anybody"):
        runs.start(version, ada, data={}, key="c", now=now)


def test_only_those_come_in_for_whom_the_condition_holds(ada: Contact, now: dt.datetime) -> None:
    grace = person("Grace", now=now, plan="gold")
    version = live({"kind": "by_hand", "condition": GOLD}, wait(), now=now)
    live({**on("Signed Up"), "condition": GOLD}, wait(), now=now, name="Signup")

    assert runs.put_in(version, [ada, grace], by=None, now=now) == 1
    assert digest([happening(one, "Signed Up", now) for one in (ada, grace)], now=now) == 1

    assert {run.contact for run in Run.objects.all()} == {grace}


def test_a_segment_is_put_in_by_portions(now: dt.datetime, linus: User) -> None:
    version = live({"kind": "by_hand"}, wait(), now=now)
    segment = Segment.objects.create(name="VIPs", built_at=now)
    for number in range(5):
        contact = person(f"P{number}", now=now)
        Membership.objects.create(segment=segment, contact=contact, entered_at=now, cause=Cause.FACT)

    intake.ask(version, segment, by=linus, now=now)

    assert [intake.take_in(now=now, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert Run.objects.filter(cause=Cause.BY_HAND).count() == 5
    assert Intake.objects.get().entered == 5


def test_a_person_is_taken_out_and_gets_nothing_more(ada: Contact, now: dt.datetime, linus: User) -> None:
    version = live({"kind": "by_hand"}, mail(), wait(), mail("more"), now=now)
    runs.put_in(version, [ada], by=linus, now=now)
    advance_all(now)

    assert runs.take_out(Run.objects.get(), by=linus, now=now + HOUR) == 1
    assert runs.take_out(Run.objects.get(), by=linus, now=now + HOUR) == 0
    advance_all(now + 9 * DAY)

    run = Run.objects.get()
    assert (run.state, run.exit_reason, run.ended_at) == ("exited", "by_hand", now + HOUR)
    assert [message.state for message in mails()] == ["skipped"]
    assert [(event["reason"], event["by"]) for event in told("Journey Exited")] == [("by_hand", "linus")]


def test_a_person_is_moved_and_the_way_is_kept(ada: Contact, now: dt.datetime, linus: User) -> None:
    version = live({"kind": "by_hand"}, wait_for(), wait("rest"), mail(), now=now)
    runs.put_in(version, [ada], by=linus, now=now)
    advance_all(now)

    assert runs.move(Run.objects.get(), "mail", by=linus, now=now + HOUR) == 1
    advance_all(now + HOUR)

    assert way(Run.objects.get()) == [("order", "moved"), ("mail", "queued")]
    assert [message.visit_number for message in mails()] == [2]
    assert told("Step Reached")[-1]["by"] == "linus"


def test_a_person_is_moved_back_and_waits_anew(ada: Contact, now: dt.datetime) -> None:
    version = live({"kind": "by_hand"}, wait_for(), wait("rest"), mail(), now=now)
    runs.put_in(version, [ada], by=None, now=now)
    advance_all(now)
    digest([happening(ada, "Order Completed", now + HOUR)], now=now + HOUR)
    advance_all(now + HOUR)

    runs.move([Run.objects.get()], "order", by=None, now=now + 2 * HOUR)
    advance_all(now + 2 * HOUR)

    run = Run.objects.get()
    assert (run.step, run.state, run.wake_at) == ("order", "waiting", now + 2 * HOUR + 3 * DAY)


def test_nobody_is_moved_to_nowhere(ada: Contact, now: dt.datetime) -> None:
    version = live({"kind": "by_hand"}, wait(), now=now)
    runs.put_in(version, [ada], by=None, now=now)

    with pytest.raises(runs.NotPossible, match="no such step"):
        runs.move(Run.objects.get(), "moon", by=None, now=now)
