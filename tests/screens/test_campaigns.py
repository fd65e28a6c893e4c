"""Campaigns on the one list page: what belongs to them, what came of them, copies of the whole."""

import datetime as dt
from typing import Any, Final

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from cdp.shelves import SHELVES
from journeys.models import Journey, Message, Version
from profiles.models import Campaign
from segments.models import Segment
from tests.screens.conftest import meet
from tests.screens.test_shelf import listed, told, undo

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("furnished")]

DUTCH: Final = {"type": "attribute", "key": "country", "operator": "is", "value": "NL"}


def receive(journey: Journey, *names: str, at: dt.datetime) -> None:
    """Each of these people got it, twice."""
    version = Version.objects.create(journey=journey, number=1, definition={}, published_at=at)
    for number, name in enumerate(names):
        contact = meet(name, at=at)
        for visit in (1, 2):
            Message.objects.create(
                run_id=number + 1, visit_number=visit, version=version, step="email", channel="email",
                purpose="transactional", state="sent", due_at=at, created_at=at, sent_at=at, run_entered_at=at,
                contact=contact, persona_id=contact.pk,
            )  # fmt: skip


def campaign(name: str = "Black Friday", **fields: Any) -> Campaign:
    """A campaign with a segment, a broadcast that was sent, a live journey and a draft that was put away."""
    made = Campaign.objects.create(name=name, **fields)
    Segment.objects.create(name="Gold", definition=DUTCH, campaign=made)
    Journey.objects.create(
        name="News", kind="broadcast", status="completed", campaign=made, draft={"at": "x"}
    )
    Journey.objects.create(name="Thanks", status="live", campaign=made)
    Journey.objects.create(name="Old", campaign=made, archived_at=timezone.now())
    return made


def test_it_lists_campaigns_by_when_they_run(signed_in: Client) -> None:
    today, week = timezone.localdate(), dt.timedelta(days=7)
    friday = campaign(starts_on=today - week, ends_on=today + week, tags=["sale"])
    Campaign.objects.create(name="Spring", starts_on=today + week)
    Campaign.objects.create(name="Autumn", starts_on=today - 2 * week, ends_on=today - week)
    Campaign.objects.create(name="Always")

    page = signed_in.get("/campaigns/", {"sort": "dates"})

    assert listed(signed_in, "/campaigns/", sort="dates") == ["Autumn", "Black Friday", "Always", "Spring"]
    assert listed(signed_in, "/campaigns/", status="running") == ["Black Friday"]
    assert listed(signed_in, "/campaigns/", status="coming") == ["Spring"]
    assert listed(signed_in, "/campaigns/", status="over") == ["Autumn"]
    assert listed(signed_in, "/campaigns/", tag="sale", campaign="99") == ["Black Friday"]
    assert not {"campaign", "uses"} & {head.key for head in page.context["headings"]}
    uses = SHELVES["campaigns"].uses([friday.pk])[friday.pk]
    assert [use.label for use in uses] == ["Gold", "News", "Thanks"]
    assert "Put in this campaign" not in page.content.decode()


def test_it_says_what_came_of_a_campaign(signed_in: Client, now: dt.datetime) -> None:
    friday = campaign()
    receive(Journey.objects.get(name="News"), "Grace", "Linus", at=now)

    page = signed_in.get("/campaigns/")
    alone = signed_in.get(f"/campaigns/{friday.pk}/").content.decode()

    assert [cell.value for cell in page.context["page"].rows[0].cells[2:4]] == [3, 2]
    assert all(words in alone for words in ("People reached", "News", "Thanks", "Live"))


def test_it_copies_a_campaign_with_its_broadcasts_and_journeys_until_undo(
    signed_in: Client, ada: User
) -> None:
    friday = campaign(starts_on=dt.date(2026, 11, 23), ends_on=dt.date(2026, 11, 30), utm_campaign="bf")

    answer = signed_in.post(f"/campaigns/{friday.pk}/copy/")

    copy = Campaign.objects.get(name="Copy of Black Friday")
    made = Journey.objects.filter(campaign=copy).order_by("name")
    assert (copy.owner, copy.starts_on, copy.utm_campaign) == (ada, None, "")
    assert [(one.name, one.status, one.draft) for one in made] == [
        ("Copy of News", "draft", {}),
        ("Copy of Thanks", "draft", {}),
    ]
    assert "copies of 2 broadcasts and journeys as drafts" in told(answer)[0]
    undo(signed_in, answer)
    assert not Journey.objects.filter(campaign=copy, archived_at=None).exists()
    assert Campaign.objects.get(archived_at=None) == friday


def test_it_puts_a_campaign_away_and_leaves_what_belongs_to_it(signed_in: Client) -> None:
    friday = campaign()

    answer = signed_in.post(f"/campaigns/{friday.pk}/archive/")

    assert told(answer) == ["“Black Friday” is in the archive."]
    assert Journey.objects.get(name="Thanks").campaign == friday
    undo(signed_in, answer)
    assert listed(signed_in, "/campaigns/") == ["Black Friday"]


def test_it_makes_a_campaign_from_an_example_and_changes_it(signed_in: Client, ada: User) -> None:
    begun = signed_in.get("/campaigns/new/?start=example").context["form"].initial
    signed_in.post("/campaigns/new/", {"name": "Sale Week", "tags": "a, b", "owner": ada.pk})
    made = Campaign.objects.get()
    wrong = {"name": "Sale Week", "starts_on": "2026-12-02", "ends_on": "2026-12-01"}

    refused = signed_in.post(f"/campaigns/{made.pk}/details/", wrong)
    signed_in.post(f"/campaigns/{made.pk}/details/", {**wrong, "ends_on": "2026-12-03", "tags": "c"})

    assert (begun["starts_on"].weekday(), begun["ends_on"] - begun["starts_on"]) == (0, dt.timedelta(days=7))
    assert (made.owner, made.edited_by, made.tags, made.utm_campaign) == (ada, ada, ["a", "b"], "sale-week")
    assert "It ends before it begins." in refused.content.decode()
    made.refresh_from_db()
    assert (made.ends_on, made.tags) == (dt.date(2026, 12, 3), ["c"])
