"""Which message earned a purchase."""

import datetime as dt
from decimal import Decimal

import pytest

from journeys import attribution
from journeys.models import Credit, Message, Receipt, Run, Version
from profiles.models import Channel, Contact, Purchase, Source, Topic
from tests.journeys.stories import DAY, HOUR, live, on, person, wait

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(now: dt.datetime) -> Contact:
    return person("Ada", now=now)


@pytest.fixture
def run(ada: Contact, now: dt.datetime) -> Run:
    version = live(on("Signed Up"), wait(), now=now)
    return Run.objects.create(
        journey=version.journey,
        version=version,
        contact=ada,
        persona_id=ada.pk,
        step="wait",
        entered_at=now - 15 * DAY,
    )


def sent(run: Run, number: int, at: dt.datetime, channel: Channel = Channel.EMAIL) -> Message:
    return Message.objects.create(
        run=run,
        run_entered_at=run.entered_at,
        visit_number=number,
        version=Version.objects.get(),
        step=f"m{number}",
        contact_id=run.contact_id,
        persona_id=run.persona_id,
        channel=channel,
        purpose="marketing",
        topic=Topic.objects.get(),
        state="sent",
        due_at=at,
        created_at=at,
        sent_at=at,
    )


def receipt(message: Message, kind: str, at: dt.datetime, *, is_machine: bool = False) -> None:
    Receipt.objects.create(
        message_id=message.pk,
        message_entered_at=message.run_entered_at,
        kind=kind,
        at=at,
        received_at=at,
        is_machine=is_machine,
    )


def bought(ada: Contact, shop: Source, at: dt.datetime, amount: str = "80.00") -> Purchase:
    return Purchase.objects.create(
        contact=ada,
        persona_id=ada.pk,
        source=shop,
        order_key="1",
        occurred_at=at,
        amount=Decimal(amount),
        currency="EUR",
        amount_base=Decimal(amount),
    )


def earner(purchase: Purchase, now: dt.datetime) -> tuple[int, str] | None:
    attribution.credit([purchase.pk], now=now)
    credit = Credit.objects.filter(purchase=purchase).first()
    return (credit.message_id, credit.rule) if credit else None


def test_the_last_click_earns_it(ada: Contact, run: Run, shop: Source, now: dt.datetime) -> None:
    first, second = sent(run, 1, now - 9 * DAY), sent(run, 2, now - 3 * DAY)
    receipt(second, "clicked", now - 3 * DAY)
    receipt(first, "clicked", now - 8 * DAY)
    receipt(first, "clicked", now - DAY)
    purchase = bought(ada, shop, now)

    assert earner(purchase, now) == (first.pk, "click")

    credit = Credit.objects.get()
    assert (credit.version_id, credit.step, credit.amount_base) == (run.version_id, "m1", Decimal("80.00"))
    assert credit.credited_at == now


@pytest.mark.parametrize(("age", "earns"), [(5 * DAY - HOUR, True), (5 * DAY, False), (-HOUR, False)])
def test_a_click_earns_for_five_days(
    ada: Contact, run: Run, shop: Source, now: dt.datetime, age: dt.timedelta, earns: bool
) -> None:
    message = sent(run, 1, now - 9 * DAY)
    receipt(message, "clicked", now - age)

    assert (earner(bought(ada, shop, now), now) is not None) is earns


def test_a_first_click_noted_on_the_message_is_enough(
    ada: Contact, run: Run, shop: Source, now: dt.datetime
) -> None:
    message = sent(run, 1, now - 2 * DAY)
    Message.objects.filter(pk=message.pk).update(first_clicked_at=now - DAY)

    assert earner(bought(ada, shop, now), now) == (message.pk, "click")


def test_opens_and_machines_earn_nothing(ada: Contact, run: Run, shop: Source, now: dt.datetime) -> None:
    message = sent(run, 1, now - DAY)
    receipt(message, "opened", now - HOUR)
    receipt(message, "delivered", now - HOUR)
    receipt(message, "clicked", now - HOUR, is_machine=True)

    assert earner(bought(ada, shop, now), now) is None


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP, Channel.PUSH])
def test_a_text_earns_by_arriving(
    ada: Contact, run: Run, shop: Source, now: dt.datetime, channel: Channel
) -> None:
    old, new = sent(run, 1, now - 3 * DAY, channel), sent(run, 2, now - DAY, channel)
    receipt(old, "delivered", now - 25 * HOUR)
    purchase = bought(ada, shop, now)
    assert earner(purchase, now) is None

    receipt(new, "delivered", now - 23 * HOUR)
    assert earner(purchase, now) == (new.pk, "delivery")


def test_a_click_goes_before_a_later_delivery(ada: Contact, run: Run, shop: Source, now: dt.datetime) -> None:
    clicked, text = sent(run, 1, now - 4 * DAY), sent(run, 2, now - DAY, Channel.SMS)
    receipt(clicked, "clicked", now - 4 * DAY)
    receipt(text, "delivered", now - HOUR)

    assert earner(bought(ada, shop, now), now) == (clicked.pk, "click")


def test_a_refund_takes_it_back(ada: Contact, run: Run, shop: Source, now: dt.datetime) -> None:
    receipt(sent(run, 1, now - DAY), "clicked", now - HOUR)
    purchase = bought(ada, shop, now)
    attribution.credit([purchase.pk], now=now)

    Purchase.objects.update(refunded_base=Decimal("30.00"))
    assert attribution.credit([purchase.pk], now=now + DAY) == 1
    assert Credit.objects.get().amount_base == Decimal("50.00")

    Purchase.objects.update(cancelled_at=now + DAY)
    attribution.credit([purchase.pk], now=now + DAY)
    assert Credit.objects.get().amount_base == 0


def test_it_credits_once(ada: Contact, run: Run, shop: Source, now: dt.datetime) -> None:
    receipt(sent(run, 1, now - DAY), "clicked", now - HOUR)
    purchase = bought(ada, shop, now)

    assert [attribution.credit([purchase.pk], now=now) for _ in range(2)] == [1, 0]


def test_it_credits_nobody_elses_message(ada: Contact, run: Run, shop: Source, now: dt.datetime) -> None:
    receipt(sent(run, 1, now - DAY), "clicked", now - HOUR)

    assert earner(bought(person("Grace", now=now), shop, now), now) is None


def test_it_follows_a_merge_whose_rows_still_move(
    ada: Contact, run: Run, shop: Source, now: dt.datetime
) -> None:
    message = sent(run, 1, now - DAY)
    receipt(message, "clicked", now - HOUR)
    visitor = person("Visitor", now=now)
    purchase = bought(visitor, shop, now)
    Contact.objects.filter(pk=visitor.pk).update(merged_into=ada)

    assert earner(purchase, now) == (message.pk, "click")
