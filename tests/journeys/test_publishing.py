"""Publishing, pausing, stopping."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import User

from journeys.flow import fates, publishing, runs
from journeys.flow.graph import InvalidJourney
from journeys.models import ContentRevision, Journey, Message, Run, Sender, Version
from profiles.models import AttributeDefinition, EventDefinition
from segments.models import Segment
from tests.journeys.stories import (
    DAY,
    HOUR,
    advance_all,
    digest,
    draft,
    happening,
    live,
    mail,
    mails,
    on,
    person,
    split,
    told,
    wait,
    wait_for,
    way,
)

pytestmark = pytest.mark.django_db
GOLD = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}


def test_it_freezes_the_draft(now: dt.datetime) -> None:
    linus = User.objects.create(username="linus")
    journey = draft(on("Signed Up"), wait_for(event="Order Completed"), mail())

    version = publishing.publish(journey, by=linus, now=now)

    journey.refresh_from_db()
    names = EventDefinition.objects.in_bulk(field_name="name")
    assert (version.number, version.state, version.published_at, version.published_by) == (
        1,
        "live",
        now,
        linus,
    )
    assert version.definition == journey.draft
    assert version.trigger_event == names["Signed Up"]
    assert version.awaited_events == [names["Order Completed"].pk]
    assert journey.status == "live"


def test_people_inside_finish_the_version_they_came_in_by(now: dt.datetime) -> None:
    ada = person("Ada", now=now)
    first = live(on("Signed Up"), wait(), mail("old"), now=now)
    digest([happening(ada, "Signed Up", now)], now=now)
    advance_all(now)
    journey = Journey.objects.get()
    journey.draft = {**journey.draft, "steps": [mail("new")]}
    journey.save()

    second = publishing.publish(journey, by=None, now=now + HOUR)
    first.refresh_from_db()
    assert (first.state, second.number, second.state) == ("finishing", 2, "live")
    advance_all(now + DAY)

    first.refresh_from_db()
    assert [message.step for message in mails(ada)] == ["old"]
    assert first.state == "over"


def test_it_says_what_is_missing_beside_the_step(now: dt.datetime) -> None:
    silent = mail("silent")
    ContentRevision.objects.filter(pk=silent["revision"]).update(
        languages={"en": {"subject": " ", "html": ""}}
    )
    empty = mail("empty")
    ContentRevision.objects.filter(pk=empty["revision"]).update(languages={"en": {"subject": "Hello"}})
    journey = draft(
        {"kind": "segment", "segment": 404},
        mail("fine"),
        mail("nothing", revision=404),
        silent,
        empty,
        mail("stranger", sender=404),
        mail("topic", topic=404),
    )

    with pytest.raises(InvalidJourney) as caught:
        publishing.publish(journey, by=None, now=now)

    assert [(problem.step, problem.sentence) for problem in caught.value.problems] == [
        (problem.step, problem.sentence) for problem in publishing.problems(journey)
    ]
    said = {problem.step: problem.sentence for problem in caught.value.problems}
    assert said.keys() == {"", "nothing", "silent", "empty", "stranger", "topic"}
    assert said["empty"] == "The mail is empty."
    assert "segment" in said[""]
    journey.refresh_from_db()
    assert journey.status == "draft"
    journey.draft = {"trigger": {}, "steps": [{"id": "fork", "kind": "split", "condition": {}}]}
    assert [problem.sentence for problem in publishing.problems(journey)] == [
        "Choose what starts it.",
        "Say what decides between yes and no: add a condition.",
    ]


def test_it_needs_somebody_to_send_from(now: dt.datetime) -> None:
    Sender.objects.all().delete()

    assert [problem.sentence for problem in publishing.problems(draft(on("X"), mail()))] == [
        "Choose who the mail is from."
    ]


def test_it_waits_for_a_segment_that_is_still_counted(now: dt.datetime) -> None:
    segment = Segment.objects.create(name="Lapsed")
    trigger = {"kind": "segment", "segment": segment.pk, "members": "current"}
    journey = draft(trigger, wait())

    assert "still being counted" in publishing.problems(journey)[0].sentence

    Segment.objects.update(built_at=now)
    assert publishing.problems(journey) == []


def test_it_holds_people_while_paused_and_drops_nobody(now: dt.datetime) -> None:
    ada, grace = person("Ada", now=now), person("Grace", now=now)
    version = live(on("Signed Up"), wait(), mail(), now=now)
    digest([happening(ada, "Signed Up", now)], now=now)
    advance_all(now)

    publishing.pause(version.journey)
    digest([happening(grace, "Signed Up", now + 9 * DAY)], now=now + 9 * DAY)
    assert advance_all(now + 9 * DAY) == 0
    assert mails() == []

    publishing.resume(version.journey)
    advance_all(now + 9 * DAY)

    assert [message.contact for message in mails()] == [ada]
    assert Run.objects.get(contact=grace).wake_at == now + 10 * DAY


def test_it_holds_people_of_older_versions_too(now: dt.datetime) -> None:
    version = live(on("Signed Up"), wait(), mail(), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)
    publishing.publish(version.journey, by=None, now=now)

    publishing.pause(version.journey)

    assert advance_all(now + 9 * DAY) == 0


def test_it_stops_and_lets_people_finish(now: dt.datetime) -> None:
    ada, grace = person("Ada", now=now), person("Grace", now=now)
    version = live(on("Signed Up"), wait(), mail(), now=now)
    digest([happening(ada, "Signed Up", now)], now=now)
    advance_all(now)

    publishing.stop(version.journey, people="finish", now=now)
    assert digest([happening(grace, "Signed Up", now)], now=now) == 0
    assert Journey.objects.get().status == "finishing"
    advance_all(now + DAY)

    assert len(mails()) == 1
    assert Journey.objects.get().status == "completed"


def test_it_stops_at_once(now: dt.datetime) -> None:
    ada, grace = person("Ada", now=now), person("Grace", now=now)
    version = live(on("Signed Up"), mail(), wait(), mail("more"), now=now)
    digest([happening(one, "Signed Up", now) for one in (ada, grace)], now=now)
    advance_all(now)
    Message.objects.filter(contact=grace).update(state="sent", sent_at=now)

    publishing.stop(version.journey, people="exit", now=now + HOUR)
    advance_all(now + 9 * DAY)

    assert {run.exit_reason for run in Run.objects.all()} == {"stopped"}
    assert [(message.contact, message.state) for message in mails()] == [(ada, "skipped"), (grace, "sent")]
    assert Journey.objects.get().status == "completed"
    assert [event["reason"] for event in told("Journey Exited")] == ["stopped", "stopped"]
    assert way(Run.objects.get(contact=ada)) == [("mail", "queued")]


def test_it_goes_on_when_published_while_paused(now: dt.datetime) -> None:
    version = live(on("Signed Up"), wait(), now=now)
    publishing.pause(version.journey)

    second = publishing.publish(version.journey, by=None, now=now)

    assert second.state == "live"
    assert Journey.objects.get().status == "live"


def redrawn(version: Version, *steps: dict[str, Any]) -> Journey:
    """The version's journey with another draft."""
    journey = Journey.objects.get(pk=version.journey_id)
    journey.draft = {**journey.draft, "steps": list(steps)}
    journey.save()
    return journey


def test_people_inside_follow_the_new_version_where_their_step_is_still_there(now: dt.datetime) -> None:
    ada, grace, linus = (person(name, now=now) for name in ("Ada", "Grace", "Linus"))
    first = live(on("Signed Up"), wait("a", 9), mail("old"), wait("b", 9), wait("c", 9), now=now)
    digest([happening(one, "Signed Up", now) for one in (ada, grace, linus)], now=now)
    advance_all(now)
    runs.move(Run.objects.get(contact=grace), "b", by=None, now=now)
    runs.move(Run.objects.get(contact=linus), "c", by=None, now=now)
    advance_all(now)

    journey = redrawn(first, wait("a", 1), wait_for("c"), mail("new"))
    second = publishing.publish(journey, by=None, now=now + HOUR, people="follow")
    advance_all(now + HOUR)
    advance_all(now + DAY)

    ways = {run.contact: run for run in Run.objects.all()}
    assert (ways[ada].version, ways[ada].step) == (
        second,
        "c",
    )  # the wait is a day now, and counts from its start
    assert (ways[grace].version, ways[grace].exit_reason) == (first, "version")  # there is no step b any more
    assert (ways[linus].version, ways[linus].exit_reason) == (first, "version")  # c is another step now
    first.refresh_from_db()
    assert first.state == "over"
    assert [event["reason"] for event in told("Journey Exited")] == ["version", "version"]


def test_people_inside_leave_when_a_new_version_begins(now: dt.datetime) -> None:
    ada = person("Ada", now=now)
    first = live(on("Signed Up"), mail("old"), wait(), mail("more"), now=now, reentry="after_exit")
    digest([happening(ada, "Signed Up", now)], now=now)
    advance_all(now)

    publishing.publish(redrawn(first, mail("new")), by=None, now=now, people="exit")
    digest([happening(ada, "Signed Up", now + HOUR)], now=now + HOUR)
    advance_all(now + 9 * DAY)

    assert [(message.step, message.state) for message in mails()] == [("old", "skipped"), ("new", "queued")]


def test_what_becomes_of_very_many_is_done_by_the_engine(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publishing stops half-way: nobody is sent on by the old drawing."""
    crowd = [person(f"P{n}", now=now) for n in range(7)]
    first = live(on("Signed Up"), wait("a"), mail("old"), now=now)
    digest([happening(one, "Signed Up", now) for one in crowd], now=now)
    advance_all(now)
    monkeypatch.setattr(publishing, "PORTIONS_AT_ONCE", 0)

    publishing.publish(redrawn(first, wait("a"), mail("new")), by=None, now=now + DAY, people="follow")
    assert fates.carry_out(now=now + DAY, limit=3) == 3
    advance_all(now + DAY)

    assert {message.step for message in mails()} == {"new"}
    assert len(mails()) == 7


def test_a_drafts_mail_is_frozen_when_it_is_published(now: dt.datetime) -> None:
    step = mail()
    content = ContentRevision.objects.get(pk=step.pop("revision")).content
    journey = draft(on("Signed Up"), split(GOLD, yes=[{**step, "content": content.pk}]))

    version = publishing.publish(journey, by=None, now=now)

    frozen = version.definition["steps"][0]["yes"][0]
    assert (frozen["content"], frozen["revision"]) == (content.pk, content.revisions.get().pk)
    assert "revision" not in journey.draft["steps"][0]["yes"][0]


def test_it_looks_into_branches_for_what_is_missing(now: dt.datetime) -> None:
    AttributeDefinition.objects.create(key="visits", type="number")
    odd = {"type": "segment", "segment": 404, "operator": "in"}
    journey = draft(
        on("Signed Up"),
        split(odd, yes=[mail("lost", content=404)]),
        {"id": "set", "kind": "set", "attribute": "visits", "value": "many"},
    )

    assert [(one.step, one.severity) for one in publishing.problems(journey)] == [
        ("split", "error"),
        ("lost", "error"),
        ("set", "error"),
    ]
