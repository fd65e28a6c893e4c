"""Broadcasts: who gets one, when, how fast; and how one is stopped."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from journeys.flow import broadcasting
from journeys.flow.audience import Audience, breakdown
from journeys.messages import claims
from journeys.models import Broadcast, Content, ContentRevision, Journey, Message, Run
from profiles import consent
from profiles.consent import Statement
from profiles.models import Contact, Topic
from profiles.permitted import Tally
from segments.models import Cause, Membership, Segment
from tests.journeys import stories
from tests.journeys.cast import person

MINUTE = dt.timedelta(minutes=1)
NOBODY = Tally(0, 0, {})


def group(name: str, *people: Contact, now: dt.datetime) -> Segment:
    """A list with these people in it."""
    segment = Segment.objects.create(name=name, kind=Segment.Kind.STATIC)
    for contact in people:
        Membership.objects.create(segment=segment, contact=contact, entered_at=now, cause=Cause.BY_HAND)
    return segment


def letter(name: str = "November news", **draft: Any) -> Journey:
    """A broadcast that is not confirmed yet."""
    topic = Topic.objects.get(key="news")
    draft = {"purpose": "marketing", "topic": topic.pk, **draft}
    return Journey.objects.create(name=name, kind=Journey.Kind.BROADCAST, draft=draft)


def confirmed(journey: Journey, *, now: dt.datetime, at: dt.datetime | None = None) -> Broadcast:
    """What a marketer does with the last button."""
    content = Content.objects.create(name="News")
    words = {"en": {"subject": "Hello", "html": "<p>Hello</p>"}}
    revision = ContentRevision.objects.create(content=content, number=1, languages=words)
    return broadcasting.confirm(
        journey, revision=revision.pk, expected=NOBODY, at=at or now, by=None, now=now
    )


def everything(now: dt.datetime) -> None:
    """What the engine's loop does at this moment, until nothing is left to do."""
    while broadcasting.take_in(now=now) + broadcasting.put_away(now=now) + stories.advance_all(now):
        continue
    from journeys.flow import finishing

    finishing.settle()


def got(journey: Journey) -> list[str]:
    """Who is owed it, by name."""
    owed = Message.objects.filter(version__journey=journey).select_related("contact")
    return sorted(one.contact.first_name for one in owed)


@pytest.mark.django_db
def test_it_goes_to_some_segments_without_another_and_once_to_each(now: dt.datetime) -> None:
    ada, grace, linus = (person(name, now=now) for name in ("Ada", "Grace", "Linus"))
    customers, readers = group("Customers", ada, grace, now=now), group("Readers", ada, linus, now=now)
    staff = group("Staff", linus, now=now)
    journey = letter(include=[customers.pk, readers.pk], exclude=[staff.pk])
    confirmed(journey, now=now)

    everything(now)
    everything(now + MINUTE)

    journey.refresh_from_db()
    assert got(journey) == ["Ada", "Grace"]
    assert journey.status == "completed"


@pytest.mark.django_db
def test_it_waits_for_its_time(now: dt.datetime) -> None:
    readers = group("Readers", person("Ada", now=now), now=now)
    journey = letter(include=[readers.pk])
    confirmed(journey, now=now, at=now + 10 * MINUTE)

    everything(now + 9 * MINUTE)
    before = got(journey)
    everything(now + 10 * MINUTE)

    assert before == []
    assert broadcasting.next_due(now=now) is None
    assert got(journey) == ["Ada"]


@pytest.mark.django_db
def test_it_becomes_a_draft_again_until_it_has_begun(now: dt.datetime) -> None:
    readers = group("Readers", person("Ada", now=now), now=now)
    journey = letter(include=[readers.pk])
    confirmed(journey, now=now, at=now + MINUTE)

    broadcasting.unschedule(journey)
    everything(now + MINUTE)
    confirmed(journey, now=now + MINUTE)
    everything(now + MINUTE)

    assert got(journey) == ["Ada"]
    with pytest.raises(broadcasting.NotNow):
        broadcasting.unschedule(journey)


@pytest.mark.django_db
def test_it_lets_in_as_many_an_hour_as_the_throttle_says(now: dt.datetime) -> None:
    readers = group("Readers", *(person(f"P{number}", now=now) for number in range(5)), now=now)
    journey = letter(include=[readers.pk], per_hour=60)
    confirmed(journey, now=now)

    seen = []
    for minutes in (0, 1, 3):
        everything(now + minutes * MINUTE)
        seen.append(len(got(journey)))

    assert seen == [1, 2, 4]


@pytest.mark.django_db
def test_it_stops_for_all_but_what_is_being_handed_over(now: dt.datetime) -> None:
    people = [person(f"P{number}", now=now) for number in range(4)]
    journey = letter(include=[group("Readers", *people, now=now).pk])
    confirmed(journey, now=now)
    everything(now)
    claimed = claims.claim(channel="email", limit=10, now=now)
    first = claims.begin(claimed[:1], ["p0@example.com"], now=now)
    Journey.objects.filter(pk=journey.pk).update(status="live")

    broadcasting.stop(journey)
    late = claims.begin(claimed[1:], ["x@example.com"] * 3, now=now)

    assert (len(first), late) == (1, set())
    assert Counter(Message.objects.values_list("state", flat=True)) == {"handing_over": 1, "queued": 3}
    assert claims.claim(channel="email", limit=10, now=now) == []

    broadcasting.resume(journey, now=now)
    assert len(claims.claim(channel="email", limit=10, now=now)) == 3


@pytest.mark.django_db
def test_it_puts_away_what_has_not_gone_out_when_stopped_for_good(now: dt.datetime) -> None:
    people = [person(f"P{number}", now=now) for number in range(3)]
    journey = letter(include=[group("Readers", *people, now=now).pk], per_hour=120)
    confirmed(journey, now=now)
    everything(now + MINUTE)

    broadcasting.cancel(journey, now=now + MINUTE)
    everything(now + 60 * MINUTE)

    journey.refresh_from_db()
    assert journey.status == "completed"
    assert set(Message.objects.values_list("state", "reason")) == {("skipped", "stopped")}
    assert len(stories.told("Email Not Sent")) == Message.objects.count()
    with pytest.raises(broadcasting.NotNow):
        broadcasting.resume(journey, now=now)


@pytest.mark.django_db
def test_it_takes_nobody_twice_when_a_portion_is_interrupted(
    now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [person(f"P{number}", now=now) for number in range(5)]
    journey = letter(include=[group("Readers", *people, now=now).pk])
    confirmed(journey, now=now)
    broadcasting.take_in(now=now, limit=2)

    with monkeypatch.context() as patched:
        patched.setattr(broadcasting, "_reached", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            broadcasting.take_in(now=now, limit=2)
    everything(now)

    assert Run.objects.count() == 5
    assert got(journey) == ["P0", "P1", "P2", "P3", "P4"]


@pytest.mark.django_db
def test_it_says_what_is_missing(now: dt.datetime) -> None:
    from journeys.flow.graph import InvalidJourney

    with pytest.raises(InvalidJourney, match="Choose who gets it"):
        confirmed(letter(), now=now)


class Arithmetic(TestCase):
    """The numbers on the Check page are those that delivery would come to."""

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.booleans(),
                st.sampled_from(["", "subscribed", "unsubscribed", "pending"]),
                st.sampled_from(["", "unsubscribed", "subscribed"]),
                st.sampled_from(["", "for good", "over", "for now"]),
            ),
            max_size=12,
        ),
        st.sampled_from(["marketing", "transactional"]),
    )
    def test_it_counts_what_delivery_would_decide(
        self, cast: list[tuple[bool, str, str, str]], purpose: str
    ) -> None:
        now = dt.datetime(2026, 11, 18, 12, tzinfo=dt.UTC)
        topic = Topic.objects.filter(key="news").values_list("pk", flat=True).first()
        topic = topic or Topic.objects.create(key="news", name="News", brand_id=1).pk
        people = [self.cast(number, one, topic, now) for number, one in enumerate(cast)]

        counted = breakdown(
            Audience(everyone=True),
            topic_id=topic if purpose == "marketing" else None,
            purpose=purpose,
            now=now,
        )

        told = Counter(self.decided(people, topic if purpose == "marketing" else None, purpose, now))
        allowed = told.pop("", 0)
        assert (counted.total, counted.allowed, counted.refused) == (len(people), allowed, dict(told))

    def cast(self, number: int, traits: tuple[bool, str, str, str], topic: int, now: dt.datetime) -> Contact:
        has_address, about_topic, about_all, blocked = traits
        email = f"P{number}@example.com" if has_address else ""
        contact = person(f"P{number}", now=now, subscribed=False, email=email)
        for state, about, hours in ((about_topic, topic, 2), (about_all, None, 1)):
            if state:
                at = now - dt.timedelta(hours=hours)
                consent.record(
                    [Statement(contact.pk, contact.pk, "email", state, at, topic_id=about)], now=now
                )
        if blocked and has_address:
            until = {"for good": None, "over": now - MINUTE, "for now": now + MINUTE}[blocked]
            consent.suppress(channel="email", address=email, reason="bounced", until_at=until, now=now)
        return contact

    def decided(self, people: list[Contact], topic: int | None, purpose: str, now: dt.datetime) -> list[str]:
        asked = consent.allowed(
            channel="email", requests=[(one.pk, topic, purpose) for one in people], now=now
        )
        refusals = [str(asked[one.pk, topic, purpose] or "") for one in people]
        return [
            refusal or ("" if one.email else "no_address")
            for one, refusal in zip(people, refusals, strict=True)
        ]
