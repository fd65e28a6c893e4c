"""The inbox deals fairly: the urgent first, and nobody waits behind somebody else's million."""

import datetime as dt

import pytest

from profiles import inbox
from profiles.models import Lane, Source
from tests.profiles.arriving import Sender

pytestmark = pytest.mark.django_db


def test_it_takes_urgent_before_live_before_bulk(shop: Source, now: dt.datetime) -> None:
    till = Sender(shop, now)
    for lane in (Lane.BULK, Lane.LIVE, Lane.URGENT):
        till.track("X", userId="ada", lane=lane)

    taken = [inbox.take(limit=limit, now=now).items for limit in (1, 2, 3)]

    assert [sorted(item.lane for item in items) for items in taken] == [[0], [0, 1], [0, 1, 2]]


def test_it_gives_each_source_its_share_and_the_rest_to_who_has_more(
    shop: Source, website: Source, now: dt.datetime
) -> None:
    for _ in range(20):
        Sender(shop, now).track("X", userId="ada")
    for _ in range(3):
        Sender(website, now).track("X", userId="grace")

    batch = inbox.take(limit=10, now=now)

    assert sorted(item.source_id for item in batch.items) == sorted([website.pk] * 3 + [shop.pk] * 7)
    assert [item.id for item in batch.items] == sorted(item.id for item in batch.items)
