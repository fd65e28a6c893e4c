"""The engine takes people through the steps of their journeys, all who are due at once."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from journeys.flow import engine, graph, steps
from journeys.flow.steps import StepError
from journeys.models import Message, Run
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
    way,
)

pytestmark = pytest.mark.django_db


def test_it_takes_ada_from_her_signup_to_her_mail(now: dt.datetime) -> None:
    live(on("Signed Up"), wait(amount=1), mail(), {"id": "end", "kind": "exit"}, now=now)
    ada = person("Ada", now=now)

    digest([happening(ada, "Signed Up", now)], now=now)
    advance_all(now)
    advance_all(now + DAY)

    run = Run.objects.get()
    assert way(run) == [("wait", "waited"), ("mail", "queued"), ("end", "exit")]
    assert (run.state, run.exit_reason, run.ended_at) == ("exited", "exit", now + DAY)
    assert [(message.contact_id, message.visit_number, message.state) for message in mails()] == [
        (ada.pk, 2, "queued")
    ]


def test_it_waits_to_the_moment_and_not_a_moment_less(now: dt.datetime) -> None:
    live(on("Signed Up"), wait(amount=1), mail(), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)
    advance_all(now)

    assert engine.next_due(now=now) == now + DAY
    assert advance_all(now + DAY - dt.timedelta(microseconds=1)) == 0
    assert mails() == []

    assert advance_all(now + DAY) == 1
    assert len(mails()) == 1


def test_it_counts_a_second_wait_from_the_end_of_the_first(now: dt.datetime) -> None:
    live(on("Signed Up"), wait("one", 1, "hour"), wait("two", 1, "hour"), mail(), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)
    advance_all(now)

    advance_all(now + 5 * HOUR)

    assert Run.objects.get().wake_at == now + 6 * HOUR


def test_it_ends_a_run_after_the_last_step(now: dt.datetime) -> None:
    live(on("Signed Up"), mail(), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)

    advance_all(now)

    run = Run.objects.get()
    assert (run.state, run.wake_at) == ("completed", None)
    assert engine.next_due(now=now) is None


def test_it_tells_the_timeline_that_somebody_came_and_left(now: dt.datetime) -> None:
    version = live(on("Signed Up"), mail(), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)

    advance_all(now)

    about = {"journey": "Welcome", "journey_id": version.journey_id, "version": 1}
    assert told("Journey Entered") == [about]
    assert told("Journey Exited") == [{**about, "reason": "completed"}]


def test_it_owes_a_second_message_for_a_second_visit(now: dt.datetime) -> None:
    live(on("Signed Up"), mail("first"), mail("second"), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)

    advance_all(now)

    assert [(message.step, message.visit_number) for message in mails()] == [("first", 1), ("second", 2)]


def test_it_asks_the_database_as_often_for_many_as_for_few(now: dt.datetime) -> None:
    live(on("Signed Up"), mail("first"), wait(), now=now)
    counts = []
    for crowd in (1, 2, 60):  # the first finds out what is then kept
        digest([happening(person(f"P{crowd}x{n}", now=now), "Signed Up", now) for n in range(crowd)], now=now)
        with CaptureQueriesContext(connection) as asked:
            assert engine.advance(now=now) == crowd
        counts.append(len(asked))

    assert counts[1] == counts[2]


def test_it_moves_the_longest_due_first(now: dt.datetime) -> None:
    live(on("Signed Up"), mail(), now=now)
    ada, grace = person("Ada", now=now), person("Grace", now=now)
    digest([happening(grace, "Signed Up", now + HOUR)], now=now + HOUR)
    digest([happening(ada, "Signed Up", now)], now=now)

    assert engine.advance(now=now + HOUR, limit=1) == 1

    assert [message.contact_id for message in mails()] == [ada.pk]


def test_it_stops_only_those_whom_a_step_fails_for(now: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    live(on("Signed Up"), mail(), now=now)
    cast = [person(name, now=now) for name in ("Ada", "Grace", "Linus", "Barbara", "Ken")]
    digest([happening(one, "Signed Up", now) for one in cast], now=now)
    plain = steps.email

    def email_but_not_for_grace(step: Any, visits: Sequence[steps.Traveller], context: steps.Context) -> Any:
        if any(visit.contact_id == cast[1].pk for visit in visits):
            raise StepError("There is no voucher left for Grace.")
        return plain(step, visits, context)

    monkeypatch.setattr(steps, "STEPS", {**steps.STEPS, graph.Email: email_but_not_for_grace})
    advance_all(now)

    failed = Run.objects.get(contact=cast[1])
    assert (failed.state, failed.error) == ("failed", "There is no voucher left for Grace.")
    assert {message.contact_id for message in mails()} == {one.pk for one in cast} - {cast[1].pk}
    assert Run.objects.filter(state="completed").count() == 4
    assert sorted(event["reason"] for event in told("Journey Exited")) == ["completed"] * 4 + ["error"]


def test_it_blames_nobody_for_trouble_with_the_database(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(on("Signed Up"), mail(), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)

    def interrupted(*_: Any, **__: Any) -> int:
        raise OperationalError("terminating connection due to administrator command")

    with monkeypatch.context() as patched:
        patched.setattr("journeys.messages.outbox.queue", interrupted)
        with pytest.raises(OperationalError):
            engine.advance(now=now)

    assert Run.objects.get().state == "active"
    assert advance_all(now) == 1
    assert len(mails()) == 1


def test_it_stops_a_run_that_goes_in_circles(now: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    live(on("Signed Up"), *(wait(f"w{n}", 1, "minute") for n in range(3)), mail(), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)
    monkeypatch.setattr(
        steps, "STEPS", {**steps.STEPS, graph.Wait: lambda s, v, c: [steps.Go("waited")] * len(v)}
    )
    monkeypatch.setattr(engine, "LONGEST_CHAIN", 2)

    advance_all(now)

    run = Run.objects.get()
    assert run.state == "failed"
    assert "circles" in run.error
    assert not Message.objects.exists()
