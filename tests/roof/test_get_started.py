"""The list to get started counts what people did themselves: the sample shop has done nothing for them."""

import datetime as dt
from copy import copy
from functools import partial

import pytest
from django.contrib.auth.models import User

from cdp import dashboard
from cdp.demo import registry
from journeys.models import Journey
from profiles.models import Contact, Source, WriteKey
from segments.models import Segment

pytestmark = pytest.mark.django_db
EVERYBODY = {"type": "all", "children": []}


def done(now: dt.datetime) -> list[bool]:
    admin = User.objects.create_superuser(f"ada-{User.objects.count()}")
    return [one.is_done for one in dashboard.draw(admin, now=now).start]


def something_of_each(now: dt.datetime, *, number: int, is_sample: bool) -> tuple[Segment, Journey]:
    """A source with a key, a person, a segment, a live journey."""
    source = Source.objects.create(name=f"Shop {number}", kind=Source.Kind.SERVER, is_sample=is_sample)
    WriteKey.objects.create(source=source, digest=bytes([number]) * 32, hint="abcd")
    Contact.objects.create(
        id=number, created_at=now, known_since_at=now, random_bucket=0, is_sample=is_sample
    )
    segment = Segment.objects.create(name=f"Everybody {number}", definition=EVERYBODY)
    return segment, Journey.objects.create(name=f"Welcome {number}", status=Journey.Status.LIVE)


def made_for_the_shop(*things: Segment | Journey) -> None:
    """As the sample shop makes its things."""
    for key, thing in zip("ab", things, strict=True):
        registry.made(key, partial(copy, thing))


def test_it_takes_no_step_that_only_the_sample_shop_took(now: dt.datetime) -> None:
    made_for_the_shop(*something_of_each(now, number=1, is_sample=True))

    assert done(now) == [False] * 4


def test_it_shows_nothing_but_how_to_start_while_nothing_is_there(now: dt.datetime) -> None:
    admin = User.objects.create_superuser("ada")
    empty = dashboard.draw(admin, now=now)
    something_of_each(now, number=1, is_sample=False)

    assert empty.is_fresh
    assert not dashboard.draw(admin, now=now).is_fresh


def test_it_is_done_when_somebody_did_all_of_it_beside_the_sample_shop(now: dt.datetime) -> None:
    made_for_the_shop(*something_of_each(now, number=1, is_sample=True))
    something_of_each(now, number=2, is_sample=False)

    assert done(now) == [True] * 4
