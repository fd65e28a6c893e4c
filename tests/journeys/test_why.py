"""Why (not)? Every answer names the fact that kept somebody out, or says where they are."""

import datetime as dt

import pytest

from journeys import why
from journeys.flow import publishing
from journeys.flow.runs import put_in
from journeys.models import Journey, Message, Version
from profiles.models import Contact, Event, EventDefinition, Source
from segments.models import Membership, Segment
from tests.journeys.stories import (
    DAY,
    HOUR,
    advance_all,
    digest,
    draft,
    happening,
    live,
    mail,
    on,
    person,
    wait,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(now: dt.datetime) -> Contact:
    return person("Ada", now=now - 30 * DAY)


def happened(
    contact: Contact, name: str, at: dt.datetime, *, heard: dt.datetime | None = None, **more: object
) -> None:
    """An event on the timeline, without the digest."""
    source, _ = Source.objects.get_or_create(name="Shop", defaults={"kind": Source.Kind.SERVER})
    definition, _ = EventDefinition.objects.get_or_create(name=name)
    Event.objects.create(
        contact=contact, persona_id=contact.pk, definition=definition, source=source, occurred_at=at,
        received_at=heard or at, properties=more,
    )  # fmt: skip


def said(contact: Contact, journey: Version | Journey, now: dt.datetime) -> str:
    """The sentence that answers."""
    subject = journey.journey if isinstance(journey, Version) else journey
    return why.ask(contact, subject, now=now).sentence


def test_it_says_that_a_draft_takes_nobody(ada: Contact, now: dt.datetime) -> None:
    assert "not published" in said(ada, draft(on("Signed Up"), wait()), now)


def test_it_says_that_it_never_happened(ada: Contact, now: dt.datetime) -> None:
    assert "has never happened" in said(ada, live(on("Signed Up"), wait(), now=now), now)


def test_it_says_that_it_happened_before_the_journey_was_there(ada: Contact, now: dt.datetime) -> None:
    happened(ada, "Signed Up", now - DAY)

    assert "before the journey went live" in said(ada, live(on("Signed Up"), wait(), now=now), now + HOUR)


def test_it_says_that_it_was_heard_of_too_late(ada: Contact, now: dt.datetime) -> None:
    version = live(on("Signed Up"), wait(), now=now)
    happened(ada, "Signed Up", now - 5 * DAY, heard=now + HOUR)

    assert "too late" in said(ada, version, now + 2 * HOUR)


def test_it_says_that_the_details_did_not_fit(ada: Contact, now: dt.datetime) -> None:
    version = live(
        on("Order Completed", {"property": "total", "operator": "gt", "value": 50}), wait(), now=now
    )
    happened(ada, "Order Completed", now + HOUR, total=20)

    assert "details did not fit" in said(ada, version, now + 2 * HOUR)


def test_it_says_that_nobody_put_them_in(ada: Contact, now: dt.datetime) -> None:
    assert "nobody has put them in" in said(ada, live({"kind": "by_hand"}, wait(), now=now), now)


def test_it_says_where_somebody_is_and_until_when(ada: Contact, now: dt.datetime) -> None:
    version = live(on("Signed Up"), wait(), now=now)
    digest([happening(ada, "Signed Up", now)], now=now)
    advance_all(now)

    answer = why.ask(ada, version.journey, now=now + HOUR)

    assert answer.came_in
    assert "in it now" in answer.sentence
    assert any("Goes on" in fact for fact in answer.facts)


def test_it_says_that_a_pause_holds_them(ada: Contact, now: dt.datetime) -> None:
    version = live(on("Signed Up"), wait(), now=now)
    digest([happening(ada, "Signed Up", now)], now=now)
    publishing.pause(version.journey)

    answer = why.ask(ada, Journey.objects.get(pk=version.journey_id), now=now)

    assert any("paused" in fact for fact in answer.facts)


def test_it_says_that_one_goes_through_once_only(ada: Contact, now: dt.datetime) -> None:
    version = live(on("Signed Up"), wait(), now=now)
    digest([happening(ada, "Signed Up", now)], now=now)
    advance_all(now)
    advance_all(now + 2 * DAY)

    answer = why.ask(ada, version.journey, now=now + 3 * DAY)

    assert "went through" in answer.sentence
    assert any("once" in fact for fact in answer.facts)


def test_it_says_why_a_mail_was_not_sent(ada: Contact, now: dt.datetime) -> None:
    version = live({"kind": "by_hand"}, mail(), wait(), now=now)
    put_in(version, [ada], by=None, now=now)
    advance_all(now)
    Message.objects.update(state="skipped", reason="not_subscribed")

    answer = why.ask(ada, version.journey, now=now)

    assert any("not subscribed" in fact for fact in answer.facts)
    assert "not subscribed" in why.of_message(Message.objects.get()).sentence


@pytest.mark.parametrize(
    ("entered", "members", "cause", "words"),
    [
        (None, "future", "fact", "not in the segment"),
        (-1, "future", "fact", "were in “The Dutch” before"),
        (1, "current", "fact", "at the start"),
        (1, "future", "edit", "a change of “The Dutch”"),
    ],
)
def test_it_says_what_a_segment_has_to_do_with_it(
    ada: Contact, now: dt.datetime, entered: int | None, members: str, cause: str, words: str
) -> None:
    segment = Segment.objects.create(name="The Dutch", built_at=now)
    version = live({"kind": "segment", "segment": segment.pk, "members": members}, wait(), now=now)
    if entered is not None:
        Membership.objects.create(segment=segment, contact=ada, entered_at=now + entered * DAY, cause=cause)

    assert words in said(ada, version, now + 2 * DAY)


def test_it_says_that_the_journey_is_only_for_some(ada: Contact, now: dt.datetime) -> None:
    dutch = {
        "type": "all",
        "children": [{"type": "attribute", "key": "country", "operator": "is", "value": "NL"}],
    }
    version = live(on("Signed Up") | {"condition": dutch}, wait(), now=now)

    answer = why.ask(ada, version.journey, now=now)

    assert any("only for certain people" in fact for fact in answer.facts)
