"""What happens next with somebody, a part of their profile: journeys, what is held back, and what is to be expected."""

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from journeys.models import Message, Run
from profiles.models import Contact, Merge, Purchase, Record, RecordLink, RecordType, Source
from tests.journeys import cast

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def bought(contact: Contact, *moments: dt.datetime) -> None:
    shop = Source.objects.create(name=f"Shop of {contact.pk}", kind="server")
    for number, at in enumerate(moments):
        Purchase.objects.create(
            contact=contact, persona_id=contact.pk, source=shop, order_key=f"{contact.pk}-{number}",
            occurred_at=at, amount=10, amount_base=10, currency="EUR",
        )  # fmt: skip


def owns(contact: Contact, key: str, *, due: dt.date, now: dt.datetime, **fields: str) -> None:
    plan = RecordType.objects.get_or_create(
        key="plan",
        label="Service plan",
        date_field="renews_on",
        fields=[{"key": "renews_on", "label": "Renews", "type": "date"}],
    )[0]
    record = Record.objects.create(type=plan, key=key, due_on=due, fields=fields, updated_at=now)
    for role in ("owner", "payer"):
        RecordLink.objects.create(
            record=record, contact=contact, persona_id=contact.pk, role=role, since_at=now
        )


def test_it_tells_of_journeys_messages_orders_and_dates(
    signed_in: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = timezone.now()
    ada, grace = (cast.person(name, now=now) for name in ("Ada", "Grace"))
    cast.owe(cast.drawn(now=now), [ada], now=now)
    Message.objects.update(state="held", reason="quiet_hours", due_at=now + DAY / 3)
    Run.objects.update(state="waiting", wake_at=now + DAY)
    # Grace's rows still move to Ada.
    Contact.objects.filter(pk=grace.pk).update(merged_into=ada)
    Merge.objects.create(survivor=ada, absorbed=grace, personas=[grace.pk], cause="by_hand", merged_at=now)
    bought(ada, *(now - days * DAY for days in (30, 20)))
    bought(grace, *(now - days * DAY for days in (50, 40)))
    for key, days in (("P1", 21), ("P2", -1)):
        owns(grace, key, due=(now + days * DAY).date(), now=now)
    owns(ada, "P3", due=(now + 30 * DAY).date(), now=now, name="Bike of Ada")

    signed_in.get(f"/journeys/next/{grace.pk}/")  # the session is noted once

    with django_assert_num_queries(8):
        page = signed_in.get(f"/journeys/next/{ada.pk}/").content.decode()

    assert page.count("Service plan") == 1
    assert page.index("Renews: ") < page.index("Bike of Ada")
    assert "in 21 days" in page
    assert "10 days later than usual, by their own rhythm" in page
    assert "goes on <time" in page
    assert "A mail is held back because it was a quiet hour" in page
    assert page.count('<a class="table-link" href="/journeys/') == 2


def test_it_says_that_nothing_is_planned_and_knows_nobody_who_is_not_there(signed_in: Client) -> None:
    linus = cast.person("Linus", now=timezone.now())

    assert "Nothing is planned" in signed_in.get(f"/journeys/next/{linus.pk}/").content.decode()
    assert signed_in.get(f"/journeys/next/{linus.pk + 1}/").status_code == 404
