"""An unsubscription that a shop reports does not stand in line behind what the same shop sent in bulk."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from time_machine import travel

from cdp.lib import db
from journeys.messages import delivery
from journeys.models import Message
from profiles import consent, inbox
from profiles.models import Contact, IdentityLink, InboxItem, Lane, Source
from tests import smtp_sink
from tests.journeys import cast
from tests.profiles import door
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db

WAITING = 5_000
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


def unsubscribe(shop: Source) -> None:
    """As a shop says it, through the same door as the bulk."""
    body = {"event": "Unsubscribed", "userId": "ada", "properties": {"topic": "news"}}
    assert door.post("track", body, key=door.key_for(shop)).status_code == 200


def test_it_stops_the_next_mail(ada: Contact, shop: Source, sink: Sink, now: dt.datetime) -> None:
    db.execute(BACKLOG, [Lane.BULK, shop.pk, now, now, WAITING])
    grace = cast.person("Grace", now=now)
    cast.owe(cast.drawn(now=now), [ada, grace], now=now)
    later = now + dt.timedelta(seconds=1)

    with travel(later, tick=False):
        unsubscribe(shop)
    delivery.deliver(now=lambda: later)

    assert InboxItem.objects.filter(lane=Lane.BULK).count() == WAITING  # nobody has digested anything
    found = Message.objects.order_by("contact_id").values_list("contact__first_name", "state", "reason")
    assert list(found) == [("Ada", "skipped", "unsubscribed"), ("Grace", "sent", "")]
    assert [mail.recipient for mail in sink.mails] == ["grace@example.com"]


def test_it_is_in_the_very_next_batch(ada: Contact, shop: Source, now: dt.datetime) -> None:
    db.execute(BACKLOG, [Lane.BULK, shop.pk, now, now, WAITING])
    with travel(now, tick=False):
        unsubscribe(shop)

    (urgent,) = [item for item in inbox.take(limit=2_000, now=now).items if item.lane == Lane.URGENT]

    assert "Unsubscribed" in urgent.payload
    assert consent.current(ada.pk)[0].state == "unsubscribed"
