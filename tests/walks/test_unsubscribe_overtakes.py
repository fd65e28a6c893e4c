"""Somebody unsubscribes while half a million arrivals wait to be digested: the next mail stays away."""

import datetime as dt

import pytest
from django.test import Client

from cdp.lib import db
from journeys.messages import delivery, links
from journeys.messages.links import Named, Subscription
from journeys.models import Message
from profiles.models import InboxItem, Lane, Source, Topic
from tests import smtp_sink
from tests.journeys import cast

BULK = 500_000


@pytest.mark.django_db
def test_it_stops_the_next_mail_behind_half_a_million_arrivals(
    client: Client, shop: Source, now: dt.datetime, settings: object
) -> None:
    db.execute(
        """
        INSERT INTO profiles_inboxitem (lane, source_id, message_hash, occurred_at, received_at, payload)
        SELECT %s, %s, decode(md5(number::text), 'hex'), %s, %s,
               json_build_object('type', 'track', 'event', 'Page Viewed', 'userId', number)::text
        FROM generate_series(1, %s) number
        """,
        [Lane.BULK, shop.pk, now, now, BULK],
    )
    ada, grace = cast.person("Ada", now=now), cast.person("Grace", now=now)
    news = Topic.objects.get(key="news")
    to_ada, _ = cast.owe(cast.drawn(now=now, topic=news.pk), [ada, grace], now=now)
    link = links.unsubscribe(Subscription(Named(to_ada.pk, to_ada.run_entered_at), ada.pk, news.pk))

    answer = client.post(link.removeprefix("http://localhost:8000"), {"List-Unsubscribe": "One-Click"})
    with smtp_sink.running() as sink:
        settings.TEST_MAILBOX = sink.address  # type: ignore[attr-defined]
        delivery.deliver(now=lambda: now)

    assert answer.status_code == 200
    assert InboxItem.objects.filter(lane=Lane.BULK).count() == BULK
    assert [mail.recipient for mail in sink.mails] == ["grace@example.com"]
    states = dict(Message.objects.values_list("contact", "state"))
    assert states == {ada.pk: "skipped", grace.pk: "sent"}
    assert Message.objects.get(contact=ada.pk).reason == "unsubscribed"
