"""What happens is owed to whoever wants it, in the transaction in which it happens, and to nobody else."""

import datetime as dt
import json
from typing import Any

import pytest

from cdp import pipeline
from cdp.webhooks.models import WebhookDelivery, WebhookMessage
from profiles.models import Lane, Merge, Source
from segments.models import Segment
from tests.profiles.arriving import Sender, contact
from tests.webhooks.conftest import Listen

pytestmark = pytest.mark.django_db

ADA = "ada@example.com"


@pytest.fixture
def till(shop: Source, now: dt.datetime) -> Sender:
    return Sender(shop, now)


def told(kind: str = "") -> list[dict[str, Any]]:
    """The bodies of what is owed, in order."""
    messages = WebhookMessage.objects.order_by("id")
    return [json.loads(one.body) for one in (messages.filter(kind=kind) if kind else messages)]


def test_it_owes_nothing_where_nobody_listens(till: Sender, now: dt.datetime) -> None:
    till.identify({"email": ADA}, userId="ada")

    pipeline.digest(now=now)

    assert told() == []


def test_it_tells_of_new_contacts_and_of_changes(till: Sender, now: dt.datetime, listen: Listen) -> None:
    listen("contact.created", "contact.updated")
    till.track("Page Viewed", anonymousId="a1")
    till.identify({"email": ADA, "plan": "gold"}, userId="ada")
    pipeline.digest(now=now)
    till.identify({"email": ADA, "plan": "tin"}, userId="ada")
    till.identify({"plan": "tin"}, userId="ada")

    pipeline.digest(now=now)

    ada = {
        "id": contact("user_id", "ada").pk,
        "email": ADA,
        "phone": None,
        "first_name": None,
        "last_name": None,
        "user_id": "ada",
    }
    created, updated = told()
    assert (created["type"], created["data"]) == ("contact.created", {"contact": ada})
    assert (updated["type"], updated["data"]) == (
        "contact.updated",
        {"changed": {"plan": "tin"}, "contact": ada},
    )


def test_it_tells_of_a_merge_and_of_its_undo(till: Sender, now: dt.datetime, listen: Listen) -> None:
    listen("contact.merged", "contact.unmerged")
    till.identify({"email": ADA}, anonymousId="a1")
    till.identify(userId="ada")
    pipeline.digest(now=now)
    till.alias("ada", "a1")
    pipeline.digest(now=now)

    pipeline.undo_merge(Merge.objects.get().pk, by=None, now=now)

    merged, unmerged = told()
    assert (merged["type"], unmerged["type"]) == ("contact.merged", "contact.unmerged")
    people = {contact("user_id", "ada").pk, contact("anonymous_id", "a1").pk}
    assert {merged["data"]["contact"]["id"], merged["data"]["other"]["id"]} == people


def test_it_tells_who_comes_and_goes(till: Sender, now: dt.datetime, listen: Listen) -> None:
    listen("segment.entered", "segment.left")
    is_gold = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}
    till.identify({"plan": "gold"}, userId="ada")
    pipeline.digest(now=now)
    segment = Segment.objects.create(name="Gold", definition=is_gold, built_at=now)
    till.identify({"email": ADA}, userId="ada")
    till.identify({"plan": "gold"}, userId="grace")
    pipeline.digest(now=now)

    till.identify({"plan": "tin"}, userId="grace")
    pipeline.digest(now=now)

    grace = contact("user_id", "grace").pk
    entered = [one for one in told("segment.entered") if one["data"]["contact"]["id"] == grace]
    [left] = told("segment.left")
    assert len(entered) == 1
    assert left["data"]["segment"] == {"id": segment.pk, "name": "Gold"}
    assert left["data"]["contact"]["user_id"] == "grace"


def test_it_tells_of_events_that_are_news(till: Sender, now: dt.datetime, listen: Listen) -> None:
    orders = listen("event.happened", event_names=["Order Completed"])
    every = listen("event.happened", "message.bounced", "contact.unsubscribed")
    till.track("Order Completed", {"total": 42.5, "currency": "EUR"}, userId="ada")
    till.track("Page Viewed", userId="ada")
    till.track("Email Bounced", {"reason": "no such mailbox"}, userId="ada")
    till.track("Unsubscribed", {"channel": "email"}, userId="ada")
    till.track("Order Completed", userId="ada", at=now - dt.timedelta(days=3))
    till.track("Order Completed", userId="ada", lane=Lane.BULK)

    pipeline.digest(now=now)

    def owed(endpoint_id: int) -> list[str]:
        found = WebhookDelivery.objects.filter(endpoint=endpoint_id).order_by("message")
        bodies = [json.loads(one.message.body) for one in found.select_related("message")]
        return [f"{one['type']} {one['data']['event']}" for one in bodies]

    assert owed(orders.pk) == ["event.happened Order Completed"]
    assert sorted(owed(every.pk)) == [
        "contact.unsubscribed Unsubscribed",
        "event.happened Email Bounced",
        "event.happened Order Completed",
        "event.happened Page Viewed",
        "event.happened Unsubscribed",
        "message.bounced Email Bounced",
    ]
    [order] = [one for one in told() if one["data"]["event"] == "Order Completed"]
    assert (order["data"]["value"], order["data"]["properties"]["total"]) == (42.5, 42.5)


def test_it_happens_with_its_fact_or_not_at_all(
    till: Sender, now: dt.datetime, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen("event.happened")
    till.track("Order Completed", userId="ada")
    monkeypatch.setattr(pipeline, "OURS", 0)
    monkeypatch.setattr("cdp.webhooks.noting.db.copy", lambda *_: 1 / 0)
    with pytest.raises(pipeline.DigestFault):
        pipeline.digest(now=now)
    monkeypatch.undo()
    assert told() == []

    pipeline.digest(now=now)

    assert len(told()) == 1
