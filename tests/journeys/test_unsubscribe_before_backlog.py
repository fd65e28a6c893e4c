"""An unsubscription does not stand in line: it stops the next mail however much waits to be digested."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from time_machine import travel

from cdp.lib import db
from journeys.messages import delivery, links
from journeys.messages.links import Named, Subscription
from journeys.models import Message
from profiles import consent, inbox
from profiles.models import Contact, IdentityLink, InboxItem, Lane, Source, Topic
from tests import smtp_sink
from tests.journeys import cast
from tests.profiles import door
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db

WAITING = 500_000
BACKLOG = """
    INSERT INTO profiles_inboxitem (lane, source_id, message_hash, occurred_at, received_at, payload)
    SELECT %s, %s, decode(md5(number::text), 'hex'), %s, %s,
        '{"type": "track", "event": "Page Visited", "messageId": "bulk", "userId": "linus"}'
    FROM generate_series(1, %s) number
"""


@pytest.fixture
def sink(settings: Any) -> Iterator[Sink]:
    with smtp_sink.running() as server:
        settings.TEST_MAILBOX = server.address
        yield server


@pytest.fixture
def ada(now: dt.datetime) -> Contact:
    ada = cast.person("Ada", now=now)
    IdentityLink.objects.create(
        namespace="user_id", value="ada", persona_id=ada.pk, created_at=now, last_seen_at=now
    )
    return ada


def by_link(ada: Contact, shop: Source) -> None:
    """As a mail program does: one click, RFC 8058."""
    news = Topic.objects.get(key="news").pk
    page = links.unsubscribe(Subscription(Named(7, ada.created_at), ada.pk, news))
    path = page.removeprefix("http://localhost:8000")
    response = Client().post(
        path, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert response.status_code == 200


def by_the_shop(ada: Contact, shop: Source) -> None:
    """As a shop says it, through the same door as the bulk."""
    body = {"event": "Unsubscribed", "userId": "ada", "properties": {"topic": "news"}}
    assert door.post("track", body, key=door.key_for(shop)).status_code == 200


@pytest.mark.parametrize("unsubscribe", [by_link, by_the_shop])
def test_it_stops_the_next_mail_behind_half_a_million_arrivals(
    unsubscribe: Any, ada: Contact, shop: Source, sink: Sink, now: dt.datetime
) -> None:
    db.execute(BACKLOG, [Lane.BULK, shop.pk, now, now, WAITING])
    grace = cast.person("Grace", now=now)
    cast.owe(cast.drawn(now=now), [ada, grace], now=now)
    later = now + dt.timedelta(seconds=1)

    with travel(later, tick=False):
        unsubscribe(ada, shop)
    delivery.deliver(now=lambda: later)

    assert InboxItem.objects.filter(lane=Lane.BULK).count() == WAITING  # nobody has digested anything
    found = Message.objects.order_by("contact_id").values_list("contact__first_name", "state", "reason")
    assert list(found) == [("Ada", "skipped", "unsubscribed"), ("Grace", "sent", "")]
    assert [mail.recipient for mail in sink.mails] == ["grace@example.com"]


def test_it_is_in_the_very_next_batch(ada: Contact, shop: Source, now: dt.datetime) -> None:
    db.execute(BACKLOG, [Lane.BULK, shop.pk, now, now, 5_000])
    with travel(now, tick=False):
        by_the_shop(ada, shop)

    (urgent,) = [item for item in inbox.take(limit=2_000, now=now).items if item.lane == Lane.URGENT]

    assert "Unsubscribed" in urgent.payload
    assert consent.current(ada.pk)[0].state == "unsubscribed"
