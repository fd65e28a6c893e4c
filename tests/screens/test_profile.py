"""The profile and the list of contacts, as the server answers."""

import datetime as dt
import json
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from profiles import biography, biography_chart, moments, people, permitting
from profiles.models import (
    Consent,
    Contact,
    ContactNote,
    Event,
    EventCount,
    InboxItem,
    Purchase,
    Settings,
    Source,
    Topic,
)
from profiles.people import Search
from tests.screens.conftest import happen, meet

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(db: None) -> Source:
    return Source.objects.create(name="Shop", kind=Source.Kind.SERVER)


@pytest.fixture
def grace(today: dt.datetime, shop: Source) -> Contact:
    """Somebody who bought twice, was written to, and has a few moments."""
    grace = meet("Grace", at=today - dt.timedelta(days=30), country="NL", lifecycle_stage="new")
    for number, days in enumerate((20, 5)):
        at = today - dt.timedelta(days=days)
        event = happen(
            grace, "Order Completed", at=at, source=shop, total=100, order_id=f"N{number}",
            products=[{"name": "Tent"}, {"name": "Stove"}],
        )  # fmt: skip
        Purchase.objects.create(
            contact=grace, persona_id=grace.pk, source=shop, order_key=f"N{number}", occurred_at=at, amount=100,
            currency="EUR", amount_base=100, event_id=event.pk, refunded_base=40 * number,
        )  # fmt: skip
    for name, hours in (("Email Sent", 50), ("Email Opened", 49), ("Email Link Clicked", 48)):
        said = {"subject": "Hello"} if name == "Email Sent" else {}
        happen(grace, name, at=today - dt.timedelta(hours=hours), source=shop, message=7, **said)
    for definition in {event.definition_id for event in _events(grace)}:
        EventCount.objects.create(
            persona_id=grace.pk,
            definition_id=definition,
            contact=grace,
            count=1,
            first_at=today,
            last_at=today,
        )
    return grace


def _events(contact: Contact) -> list[Event]:
    return list(Event.objects.filter(contact=contact))


def page(client: Client, contact: Contact, **query: str) -> str:
    return client.get(reverse("profile", args=[contact.pk]), query).content.decode()


def test_it_tells_moments_in_words(signed_in: Client, grace: Contact) -> None:
    text = page(signed_in, grace)

    assert "Ordered Tent and 1 more" in text
    assert "Sent “Hello”" in text
    assert "Clicked in “Hello”" in text, "called as it was when it was sent"


@pytest.mark.parametrize(
    ("name", "properties", "title"),
    [
        ("Order Completed", {"products": [{"name": "Tent"}]}, "Ordered Tent"),
        ("Order Completed", {}, "Placed an order"),
        ("Product Viewed", {"name": "Tent"}, "Looked at Tent"),
        ("Page Viewed", {"path": "/tents"}, "Visited /tents"),
        ("Subscribed", {"topic": "news"}, "Subscribed to News"),
        ("Unsubscribed", {"topic": "all"}, "Unsubscribed from everything"),
        ("Journey Entered", {"journey": "Welcome"}, "Entered the journey Welcome"),
        ("Lifecycle Stage Changed", {"from": "new", "to": "at_risk"}, "Stage: At risk"),
        ("Email Bounced", {"subject": "Hello"}, "“Hello” bounced"),
        ("Something Odd", {"a": 1}, "Something Odd"),
    ],
)
def test_it_has_words_for_what_happens(name: str, properties: dict[str, object], title: str) -> None:
    assert moments.tell(name, name, properties, named={"news": "News"}).title == title


def test_it_narrows_the_timeline_by_what_stands_in_the_address(
    signed_in: Client, grace: Contact, today: dt.datetime
) -> None:
    orders = page(signed_in, grace, event="*orders")
    until = (today - dt.timedelta(days=10)).date().isoformat()
    early = page(signed_in, grace, until=until)

    assert "Ordered Tent" in orders
    assert "Sent “Hello”" not in orders
    assert early.count("Ordered Tent") == 1
    assert "Nothing like that" in page(signed_in, grace, event="Never Heard Of")


def test_it_draws_a_life(signed_in: Client, grace: Contact, today: dt.datetime) -> None:
    text = signed_in.get(reverse("profile_life", args=[grace.pk])).content.decode()
    life = biography.tell(grace, months="12m", zone=dt.UTC, now=today)

    assert "Bought 2 times, about every 15 days; 5 days since the last." in text
    assert [(one.state, one.subject) for one in life.messages] == [("clicked", "Hello")]
    assert [mark.letter for mark in life.marks][:2] == ["S", "K"]
    assert life.spans[-1].stage == "new"
    figure = json.loads(text.split('type="application/json">')[1].split("</script>")[0])
    assert {trace["type"] for trace in figure["data"]} == {"bar", "scatter"}
    assert "became known" in text, "the letters of the marks are told"
    file = signed_in.get(reverse("profile_life", args=[grace.pk]), {"format": "csv"})
    assert "Order N1,EUR 100.00; 40.00 went back" in file.content.decode()


def test_it_shares_a_mark_where_turning_points_are_near(
    grace: Contact, today: dt.datetime, shop: Source
) -> None:
    for hours in range(70):
        happen(grace, "Subscribed", at=today - dt.timedelta(hours=hours + 1), source=shop, topic="news")
    EventCount.objects.filter(contact=grace).delete()  # counted by the digester, which wrote none of these
    for definition in {event.definition_id for event in _events(grace)}:
        EventCount.objects.create(
            persona_id=grace.pk,
            definition_id=definition,
            contact=grace,
            count=1,
            first_at=today,
            last_at=today,
        )

    life = biography.tell(grace, months="12m", zone=dt.UTC, now=today)
    figure = biography_chart.draw(life, name="Grace", zone=dt.UTC).figure
    letters = next(trace["text"] for trace in figure["data"] if trace.get("yaxis") == "y5")

    assert len(life.marks) == 72
    assert len(letters) <= 6
    assert letters[0] == "SK"


def test_it_groups_by_week_what_is_too_much_for_a_row(
    signed_in: Client, grace: Contact, today: dt.datetime, shop: Source
) -> None:
    for number in range(70):
        at = today - dt.timedelta(hours=5 * number + 60)
        happen(grace, "Email Sent", at=at, source=shop, message=100 + number, subject="News")

    text = signed_in.get(reverse("profile_life", args=[grace.pk])).content.decode()
    figure = json.loads(text.split('type="application/json">')[1].split("</script>")[0])
    rows = [trace for trace in figure["data"] if trace.get("yaxis") == "y2"]

    assert len(rows) == 1
    assert len(rows[0]["x"]) <= 5
    assert any(glyph[1:] and set(glyph[1:]) <= set("⁰¹²³⁴⁵⁶⁷⁸⁹") for glyph in rows[0]["text"])
    assert not any("<" in glyph for glyph in rows[0]["text"]), (
        "plotly draws tags with styles, which the policy forbids"
    )


def test_it_keeps_notes_and_brings_deleted_ones_back(signed_in: Client, grace: Contact) -> None:
    signed_in.post(reverse("note_write", args=[grace.pk]), {"text": "Likes <b>tents</b>"})
    note = ContactNote.objects.get()
    signed_in.post(reverse("note_change", args=[note.pk]), {"text": "Likes stoves"})
    shown = page(signed_in, grace)
    signed_in.post(reverse("note_delete", args=[note.pk]))
    gone = page(signed_in, grace)
    signed_in.post(reverse("note_restore", args=[note.pk]))

    assert "Likes stoves" in shown
    assert "Likes stoves" not in gone
    assert "Likes stoves" in page(signed_in, grace)


def test_it_tells_of_notes_only_what_a_page_does_not_show(signed_in: Client, grace: Contact) -> None:
    signed_in.post(reverse("note_write", args=[grace.pk]), {"text": "Likes tents"})
    url = reverse("notes_of", args=[grace.pk])
    state = page(signed_in, grace).split("/notes/now/?is=")[1][:16]
    same = signed_in.get(url, {"is": state})
    note = ContactNote.objects.get()
    signed_in.post(reverse("note_change", args=[note.pk]), {"text": "Likes stoves"})
    changed = signed_in.get(url, {"is": state})

    assert same.status_code == 204
    assert "Likes stoves" in changed.content.decode()
    assert "<textarea" not in changed.content.decode().split('class="note-edit"')[0], (
        "what is typed is left alone"
    )


def test_it_writes_consent_down_at_once_and_tells_the_timeline(signed_in: Client, grace: Contact) -> None:
    topic = Topic.objects.earliest("pk")
    data = {"about": f"{topic.pk}:email", "state": "unsubscribed", "reason": "Said so on the phone"}

    signed_in.post(reverse("consent_change", args=[grace.pk]), data)

    said = Consent.objects.get(contact=grace)
    assert (said.state, said.proof["reason"], said.proof["by"]) == (
        "unsubscribed",
        "Said so on the phone",
        "ada",
    )
    assert json.loads(InboxItem.objects.get().payload)["event"] == "Unsubscribed"
    shown = page(signed_in, grace, tab="consent")
    assert "<dt>How it is known</dt><dd>Said so on the phone</dd>" in shown
    assert "recorded_at" not in shown


def test_it_writes_no_consent_down_without_a_reason(signed_in: Client, grace: Contact) -> None:
    signed_in.post(reverse("consent_change", args=[grace.pk]), {"about": ":email", "state": "unsubscribed"})

    assert not Consent.objects.exists()


def test_it_shows_every_topic_asked_or_not(grace: Contact, today: dt.datetime) -> None:
    shown = permitting.standing(grace, now=today)["permissions"]

    topics = Topic.objects.filter(archived_at=None).order_by("name")
    assert [(one.topic, one.channel, one.latest) for one in shown] == [
        (topic, "email", None) for topic in topics
    ]


def test_it_previews_a_merge_carries_it_out_and_takes_it_back(
    signed_in: Client, grace: Contact, today: dt.datetime
) -> None:
    other = meet("Gracie", at=today)
    found = signed_in.get(reverse("merge_choose", args=[grace.pk]), {"q": "gracie"}).content.decode()
    preview = signed_in.get(reverse("merge_preview", args=[other.pk, grace.pk])).content.decode()

    signed_in.post(reverse("merge_people"), {"survivor": grace.pk, "absorbed": other.pk})
    merged = Contact.objects.get(pk=other.pk).merged_into_id
    merge = grace.merges_won.get()
    signed_in.post(reverse("undo_merge", args=[merge.pk]))

    assert "gracie@example.com" in found
    assert "Grace remains and takes over everything of Gracie" in preview, "who was known first"
    assert merged == grace.pk
    assert Contact.objects.get(pk=other.pk).merged_into_id is None


def test_it_refuses_to_merge_for_whoever_may_not(grace: Contact, today: dt.datetime) -> None:
    linus = User.objects.create_user("linus")
    linus.user_permissions.add(Permission.objects.get(codename="see_people"))
    client = Client()
    client.force_login(linus)
    other = meet("Gracie", at=today)

    answer = client.post(reverse("merge_people"), {"survivor": grace.pk, "absorbed": other.pk})

    assert answer.status_code == 403
    assert client.get(reverse("contacts_export")).status_code == 403


def test_it_answers_the_header_only_when_it_changed(signed_in: Client, grace: Contact) -> None:
    url = reverse("profile_header", args=[grace.pk])
    state = page(signed_in, grace).split("/header/?is=")[1].split('"')[0]

    assert signed_in.get(url, {"is": state}).status_code == 204
    Contact.objects.filter(pk=grace.pk).update(lifecycle_stage="lapsed")
    assert "Lapsed" in signed_in.get(url, {"is": state}).content.decode()


@pytest.mark.parametrize("words", ["", "ada", "example ada"])
@pytest.mark.parametrize("order", list(people.ORDERS))
def test_it_turns_the_pages_of_every_order(
    order: str, words: str, today: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "PAGE", 2)
    for number in range(5):
        meet(f"Ada{number}", at=today - dt.timedelta(days=number), last_name="L" * (number % 3))
    meet("Linus", at=today)
    search = Search(words=words, order=order)
    seen: list[int] = []
    after = ""
    while True:
        rows, count = people.listed(search, after=after)
        assert count == (5 if words else 6)
        for row in rows:
            stored = Contact.objects.select_related("activity").get(pk=row.pk)
            assert [getattr(row, name) for name in people.OF_CONTACT] == [
                getattr(stored, name) for name in people.OF_CONTACT
            ]
            assert row.activity.last_seen_at == stored.activity.last_seen_at
        seen += [one.pk for one in rows[:2]]
        if len(rows) < 3:
            break
        after = people.place(rows[1], search)

    assert len(seen) == (5 if words else 6)
    assert len(set(seen)) == len(seen)


def test_it_looks_for_short_words_where_names_begin(grace: Contact, today: dt.datetime) -> None:
    linus = meet("Linus", at=today, last_name="van de Ven", phone="+31612345678")

    def found(words: str) -> list[Contact]:
        return list(people.find(Search(words=words)))

    assert found("gr") == [grace]
    assert found("de") == found("VE li") == found("31") == found("l") == [linus]
    assert found("us") == [], "the end of a name"
    assert found("nus") == [linus]
    assert found(f"browser-{grace.pk}") == [grace], "as an identifier begins"


def test_it_narrows_the_list_and_hands_the_rest_to_a_segment(
    signed_in: Client, grace: Contact, today: dt.datetime
) -> None:
    meet("Linus", at=today, country="DE", lifecycle_stage="lapsed")
    text = signed_in.get(
        reverse("contacts"), {"stage": "new", "country": "NL", "reach": "email"}
    ).content.decode()
    search = Search(country="NL", stage="new", reach="email")
    definition = json.loads(parse_qs(search.segment)["definition"][0])

    assert "Grace" in text
    assert "Linus" not in text
    assert [one["type"] for one in definition["children"]] == ["attribute", "stage", "reach"]
    assert Search(words="grace").segment == "", "a search is no condition"


def test_it_leaves_out_whoever_cannot_be_reached(grace: Contact, today: dt.datetime) -> None:
    linus = meet("Linus", at=today)
    for contact, state in ((grace, "unsubscribed"), (linus, "unsubscribed"), (linus, "subscribed")):
        Consent.objects.create(
            contact=contact, persona_id=contact.pk, channel="email", basis="consent", state=state, at=today
        )

    assert [one.pk for one in people.find(Search(reach="email"))] == [linus.pk]


def test_it_exports_what_is_shown_and_no_formula(
    signed_in: Client, grace: Contact, today: dt.datetime
) -> None:
    meet("Linus", at=today, last_name="=1+1")
    answer = signed_in.get(reverse("contacts_export"), {"column": ["stage", "country"]})
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]

    assert lines[0] == "Number,First name,Last name,E-mail,Stage,Country"
    assert f"{grace.pk},Grace,,grace@example.com,new,NL" in lines
    assert any("'=1+1" in line for line in lines)


def test_it_asks_for_thresholds_in_their_order(signed_in: Client) -> None:
    wrong = signed_in.post(reverse("stages"), {"new_days": 30, "active_days": 200, "at_risk_days": 100})
    right = signed_in.post(reverse("stages"), {"new_days": 30, "active_days": 60, "at_risk_days": 120})

    settings = Settings.objects.get()
    assert (wrong.status_code, right.status_code) == (422, 302)
    assert (settings.active_days, settings.at_risk_days, settings.stages_after) == (60, 120, 0)
