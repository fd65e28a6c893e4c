"""What stands beside each step: who came, waits, went on or left, and what the mails came to."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journeys import board, numbers
from journeys.flow import runs
from journeys.models import Credit, Message, Receipt, Run, Version
from profiles.models import Purchase, Source
from tests.journeys.stories import (
    DAY,
    HOUR,
    advance_all,
    digest,
    happening,
    leave,
    live,
    mail,
    mails,
    on,
    person,
    split,
    wait,
)

pytestmark = pytest.mark.django_db
GOLD = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}


@pytest.fixture
def version(now: dt.datetime) -> Version:
    """Ada and Grace are gold and get a mail, Linus and Ken are not and leave; Barbara came a week before."""
    made = live(
        on("Signed Up"),
        wait(),
        split(GOLD, yes=[mail(), wait("rest", 5)], no=[leave("out")]),
        now=now - 9 * DAY,
    )
    barbara = person("Barbara", now=now)
    digest([happening(barbara, "Signed Up", now - 7 * DAY)], now=now - 7 * DAY)
    advance_all(now - 7 * DAY)
    advance_all(now - 6 * DAY)
    cast = [
        person(name, now=now, plan=plan) for name, plan in (("Ada", "gold"), ("Grace", "gold"), ("Linus", ""))
    ]
    digest([happening(one, "Signed Up", now) for one in (*cast, person("Ken", now=now))], now=now)
    advance_all(now)
    runs.take_out(Run.objects.get(contact__first_name="Ken"), by=None, now=now + HOUR)
    advance_all(now + DAY)
    return made


def test_it_counts_people_by_step(version: Version, now: dt.datetime) -> None:
    found = numbers.of(version.journey, since=now - HOUR, until=now + 2 * DAY)

    assert {name: (one.entered, one.waiting, one.passed, dict(one.left)) for name, one in found.items()} == {
        "wait": (4, 0, 3, {"by_hand": 1}),
        "split": (3, 0, 3, {}),
        "mail": (2, 0, 2, {}),
        "rest": (2, 2, 0, {}),
        "out": (1, 0, 0, {"exit": 1}),
    }
    assert found["split"].outcomes == {"yes": 2, "no": 1}
    everything = numbers.of(version.journey, until=now + 2 * DAY)
    assert everything["wait"].entered == 5
    assert everything["out"].left == {"exit": 2}


def test_it_counts_what_became_of_mails(version: Version, now: dt.datetime) -> None:
    ada, grace = mails()
    Message.objects.filter(pk=ada.pk).update(
        state="sent", sent_at=now + DAY, first_opened_at=now + DAY, first_clicked_at=now + DAY
    )
    Message.objects.filter(pk=grace.pk).update(state="skipped", reason="unsubscribed")
    Receipt.objects.create(
        message_id=ada.pk,
        message_entered_at=ada.run_entered_at,
        kind="bounced",
        at=now + DAY,
        received_at=now + DAY,
    )
    shop = Source.objects.create(name="Shop", kind=Source.Kind.SERVER)
    order = Purchase.objects.create(
        source=shop,
        contact_id=ada.contact_id, persona_id=ada.persona_id, order_key="1", occurred_at=now + DAY, amount=50,
        currency="EUR", amount_base=50,
    )  # fmt: skip
    Credit.objects.create(
        purchase=order, message_id=ada.pk, message_entered_at=ada.run_entered_at, version=version, step="mail",
        rule="click", amount_base=Decimal(50), credited_at=now + DAY,
    )  # fmt: skip

    here = numbers.of(version.journey, since=now - HOUR, until=now + 2 * DAY)["mail"]

    assert (here.sent, here.delivered, here.opened, here.clicked, here.bounced) == (1, 0, 1, 1, 1)
    assert here.not_sent == {"unsubscribed": 1}
    assert (here.orders, here.revenue) == (1, Decimal(50))


def test_it_asks_twice_however_large_the_journey(version: Version, now: dt.datetime) -> None:
    with CaptureQueriesContext(connection) as asked:
        numbers.of(version.journey, until=now)

    assert len(asked) == 2


def test_it_says_where_people_are_inside_branches(version: Version, now: dt.datetime) -> None:
    shown = board.travellers(list(Run.objects.select_related("version", "contact").order_by("pk")))

    assert {one.run.contact.first_name: one.where for one in shown if one.where} == {
        "Ada": "Wait 5 days",
        "Grace": "Wait 5 days",
    }
