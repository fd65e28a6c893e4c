"""A broadcast on screen: its four steps, who may do what, and what came of it."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from journeys.flow import broadcasting
from journeys.messages import contents
from journeys.models import Content, Journey, Message, Sender
from profiles.models import Brand, Contact, Settings, Topic
from profiles.permitted import Tally
from segments.models import Cause, Membership, Segment
from tests.journeys.cast import person
from tests.journeys.stories import advance_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]


@pytest.fixture
def readers() -> Segment:
    """Three people: Ada subscribed, Grace did not, Linus has no address."""
    now = timezone.now()
    segment = Segment.objects.create(name="Readers", kind=Segment.Kind.STATIC)
    cast = [
        person("Ada", now=now),
        person("Grace", now=now, subscribed=False),
        person("Linus", now=now, email=""),
    ]
    for one in cast:
        Membership.objects.create(segment=segment, contact=one, entered_at=now, cause=Cause.BY_HAND)
    return segment


@pytest.fixture
def mail() -> Content:
    linus = User.objects.create_user("linus")
    made = contents.begin("News", "blank", by=linus, now=timezone.now())
    words = {"subject": "Hello", "preheader": "", "source": "<p>Hello {{ contact.first_name }}</p>"}
    Content.objects.filter(pk=made.pk).update(
        draft={"mode": "html", "fallback": "en", "languages": {"en": words}}
    )
    return made


@pytest.fixture
def sender() -> Sender:
    brand = Brand.objects.get(is_default=True)
    found = Sender.objects.filter(brand=brand).first()
    return found or Sender.objects.create(brand=brand, name="Shop", email="shop@example.com", is_default=True)


def draft(readers: Segment, mail: Content, sender: Sender, **changes: Any) -> Journey:
    topic = Topic.objects.get(key="news")
    said = {
        "include": [readers.pk], "exclude": [], "everyone": False, "purpose": "marketing", "topic": topic.pk,
        "content": mail.pk, "sender": sender.pk, "at": None, **changes,
    }  # fmt: skip
    return Journey.objects.create(name="November", kind="broadcast", draft=said)


def test_it_goes_from_who_to_what_to_when_to_check(
    signed_in: Client, readers: Segment, mail: Content, sender: Sender
) -> None:
    topic = Topic.objects.get(key="news")
    made = signed_in.post("/broadcasts/new/", {"name": "November"})
    url = made["Location"].removesuffix("who/")

    who = signed_in.post(f"{url}who/", {"include": [readers.pk], "purpose": "marketing", "topic": topic.pk})
    what = signed_in.post(who["Location"], {"content": mail.pk, "sender": sender.pk})
    when = signed_in.post(what["Location"], {"moment": "now"})
    check = signed_in.get(when["Location"]).content.decode()

    assert who["Location"].endswith("/what/")
    assert when["Location"].endswith("/check/")
    assert "Of 3 people 1 gets it: " in check
    assert "1 without address" in check
    assert "Send to 1 person" in check


def test_it_says_beside_the_field_what_is_missing(signed_in: Client) -> None:
    made = signed_in.post("/broadcasts/new/", {"name": "November"})

    answer = signed_in.post(made["Location"], {"purpose": "marketing", "topic": ""})

    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Choose at least one segment or list" in page
    assert "Choose the topic" in page


def test_it_counts_while_somebody_still_chooses_and_saves_nothing(
    signed_in: Client, readers: Segment, mail: Content, sender: Sender
) -> None:
    journey = draft(readers, mail, sender, include=[])

    page = signed_in.post(
        f"/broadcasts/{journey.pk}/count/",
        {"include": [readers.pk], "purpose": "marketing", "topic": Topic.objects.get(key="news").pk},
    ).content.decode()

    journey.refresh_from_db()
    assert "of 3 people 1 gets it: " in page
    assert "1 not subscribed" in page
    assert journey.draft["include"] == []


def test_it_refuses_a_moment_that_has_passed(
    signed_in: Client, readers: Segment, mail: Content, sender: Sender
) -> None:
    journey = draft(readers, mail, sender)

    answer = signed_in.post(
        f"/broadcasts/{journey.pk}/step/when/", {"moment": "later", "day": "2020-01-01", "clock": "09:00"}
    )

    assert answer.status_code == 200
    assert "That moment has passed" in answer.content.decode()


def test_it_keeps_the_moment_in_the_workspaces_zone(
    signed_in: Client, readers: Segment, mail: Content, sender: Sender
) -> None:
    Settings.objects.update(time_zone="Europe/Amsterdam")
    journey = draft(readers, mail, sender)

    signed_in.post(
        f"/broadcasts/{journey.pk}/step/when/", {"moment": "later", "day": "2090-07-01", "clock": "09:00"}
    )

    journey.refresh_from_db()
    assert journey.draft["at"] == "2090-07-01T09:00:00+02:00"
    assert 'value="09:00"' in signed_in.get(f"/broadcasts/{journey.pk}/step/when/").content.decode()


def test_it_says_how_many_are_asleep_and_what_becomes_of_theirs(
    signed_in: Client, readers: Segment, mail: Content, sender: Sender
) -> None:
    journey = draft(readers, mail, sender)
    Settings.objects.update(time_zone="Europe/Amsterdam", quiet_from="22:00", quiet_until="08:00")
    url = f"/broadcasts/{journey.pk}/step/"
    late = {"moment": "later", "day": "2090-07-01", "clock": "23:00"}

    told = []
    for said in (late, {**late, "quiet": "skip"}, {**late, "quiet": "send"}, {**late, "clock": "21:00"}):
        signed_in.post(f"{url}when/", said)
        check = signed_in.get(f"{url}check/").content.decode()
        told.append(
            "theirs goes out when those end" in check
            or "do not get it" in check
            or "does not get it" in check
        )

    assert told == [True, True, False, False]
    assert "From 22:00 until 08:00, where each person is." in signed_in.get(f"{url}when/").content.decode()
    journey.refresh_from_db()
    definition = broadcasting.definition({**journey.draft, "quiet": "skip"}, revision=1)
    assert definition["settings"]["quiet"] == "skip"


def test_it_sends_and_tells_who_got_it_and_who_did_not(
    signed_in: Client, readers: Segment, mail: Content, sender: Sender
) -> None:
    journey = draft(readers, mail, sender)

    signed_in.post(f"/broadcasts/{journey.pk}/send/")
    now = timezone.now() + dt.timedelta(seconds=1)
    while broadcasting.take_in(now=now) + advance_all(now):
        continue
    refused = Message.objects.exclude(contact__first_name="Ada")
    refused.update(state="skipped", reason="not_subscribed")
    Message.objects.filter(contact__first_name="Ada").update(state="sent", sent_at=now)
    page = signed_in.get(f"/broadcasts/{journey.pk}/").content.decode()

    assert "All 3 people done" in page
    assert f'href="/content/emails/{mail.pk}/preview/"' in page
    assert "the person is not subscribed to the topic" in page
    assert "too few people" in page


def test_it_tells_which_part_of_the_mail_keeps_it_from_going_out(
    signed_in: Client, readers: Segment, mail: Content, sender: Sender
) -> None:
    Content.objects.filter(pk=mail.pk).update(
        draft={"mode": "html", "fallback": "en", "languages": {"en": {"subject": "", "source": "<p>x</p>"}}}
    )
    journey = draft(readers, mail, sender)

    check = signed_in.get(f"/broadcasts/{journey.pk}/step/check/").content.decode()
    signed_in.post(f"/broadcasts/{journey.pk}/send/")

    journey.refresh_from_db()
    assert "Write a subject." in check
    assert journey.status == "draft"


@pytest.mark.parametrize(
    ("permissions", "status"),
    [(["see", "edit"], 403), (["see", "edit", "publish"], 302)],
)
def test_it_lets_only_those_send_who_may_publish(
    client: Client, readers: Segment, mail: Content, sender: Sender, permissions: list[str], status: int
) -> None:
    grace = User.objects.create_user("grace")
    grace.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    client.force_login(grace)
    journey = draft(readers, mail, sender)

    assert client.post(f"/broadcasts/{journey.pk}/send/").status_code == status


def test_it_wants_another_permission_for_very_many_people(
    client: Client, readers: Segment, mail: Content, sender: Sender
) -> None:
    Settings.objects.update(large_send=0)
    grace = User.objects.create_user("grace")
    grace.user_permissions.add(*Permission.objects.filter(codename__in=["see", "edit", "publish"]))
    client.force_login(grace)
    journey = draft(readers, mail, sender)

    assert (
        "needs a permission of its own"
        in client.get(f"/broadcasts/{journey.pk}/step/check/").content.decode()
    )
    assert client.post(f"/broadcasts/{journey.pk}/send/").status_code == 403


def test_it_is_stopped_gone_on_with_and_stopped_for_good(
    signed_in: Client, readers: Segment, mail: Content, sender: Sender
) -> None:
    journey = draft(readers, mail, sender, per_hour=1)
    revision = contents.freeze(mail, by=None, now=timezone.now())
    broadcasting.confirm(
        journey,
        revision=revision.pk,
        expected=Tally(3, 1, {}),
        at=timezone.now(),
        by=None,
        now=timezone.now(),
    )
    broadcasting.take_in(now=timezone.now())

    words = []
    for verb in ("stop", "resume", "stop", "cancel"):
        page = signed_in.post(f"/broadcasts/{journey.pk}/{verb}/", follow=True).content.decode()
        words.append(next(one for one in ("Stopped for good<", "Stopped<", "Sending<") if one in page))

    assert words == ["Stopped<", "Sending<", "Stopped<", "Stopped for good<"]


def test_it_never_changes_anything_by_get(
    signed_in: Client, readers: Segment, mail: Content, sender: Sender
) -> None:
    journey = draft(readers, mail, sender)

    for verb in ("send", "stop", "resume", "cancel", "unschedule", "count"):
        assert signed_in.get(f"/broadcasts/{journey.pk}/{verb}/").status_code == 405


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ada", "Sent."),
        ("Grace", "not subscribed to the topic"),
        ("Emmy", "they are not in “Readers”"),
        ("Alan", "they are in “Staff”, which it was not sent to"),
        ("Hedy", "only after it had gone out"),
    ],
)
def test_it_says_why_somebody_got_it_or_not(
    signed_in: Client, readers: Segment, mail: Content, sender: Sender, name: str, words: str
) -> None:
    now = timezone.now()
    staff = Segment.objects.create(name="Staff", kind=Segment.Kind.STATIC)
    emmy, alan, hedy = (person(one, now=now) for one in ("Emmy", "Alan", "Hedy"))
    for segment in (staff, readers):
        Membership.objects.create(segment=segment, contact=alan, entered_at=now, cause=Cause.BY_HAND)
    journey = draft(readers, mail, sender, exclude=[staff.pk])
    signed_in.post(f"/broadcasts/{journey.pk}/send/")
    later = timezone.now() + dt.timedelta(seconds=1)
    while broadcasting.take_in(now=later) + advance_all(later):
        continue
    Message.objects.filter(contact__first_name="Ada").update(state="sent", sent_at=now)
    Message.objects.filter(contact__first_name="Grace").update(state="skipped", reason="not_subscribed")
    Membership.objects.create(segment=readers, contact=hedy, entered_at=later, cause=Cause.BY_HAND)

    found = signed_in.get(f"/broadcasts/{journey.pk}/why/", {"q": name}).content.decode()
    contact = Contact.objects.get(first_name=name)
    answer = signed_in.get(f"/broadcasts/{journey.pk}/why/", {"contact": contact.pk}).content.decode()

    assert f"contact={contact.pk}" in found
    assert words in answer
    assert emmy is not None
