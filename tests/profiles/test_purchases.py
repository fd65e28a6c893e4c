"""Purchases: what orders were worth, in which money, and what came back of them."""

import datetime as dt
from decimal import Decimal

import pytest

from profiles.models import EventDefinition, ExchangeRate, Purchase, PurchaseItem, RejectedItem, Source
from tests.profiles.arriving import Sender, contact, digested

pytestmark = pytest.mark.django_db


@pytest.fixture
def till(shop: Source, now: dt.datetime) -> Sender:
    """The shop's server, sending."""
    return Sender(shop, now)


def test_it_makes_a_purchase_with_its_lines(till: Sender, now: dt.datetime) -> None:
    products = [{"sku": "s1", "name": "Tea", "price": 2.5, "quantity": 2}, {"product_id": "p2", "price": 5}]
    till.track(
        "Order Completed",
        {"order_id": "1", "total": 10, "currency": "EUR", "products": products},
        userId="ada",
    )

    arrivals = digested(now=now)

    order = Purchase.objects.get()
    assert (order.amount, order.currency, order.amount_base) == (Decimal(10), "EUR", Decimal(10))
    assert list(order.items.order_by("id").values_list("sku", "quantity", "price")) == [
        ("s1", Decimal(2), Decimal("2.50")),
        ("p2", Decimal(1), Decimal(5)),
    ]
    assert arrivals.purchases == [order.pk]
    assert arrivals.touched[contact("user_id", "ada").pk].purchases


def test_it_updates_an_order_that_is_told_again(till: Sender, now: dt.datetime) -> None:
    till.track("Order Completed", {"order_id": "1", "total": 10, "products": [{"sku": "a"}]}, userId="ada")
    digested(now=now)
    till.track("Order Updated", {"order_id": "1", "total": 12, "products": [{"sku": "b"}]}, userId="ada")
    till.track("Order Updated", {"order_id": "1", "total": 13, "products": [{"sku": "c"}]}, userId="ada")
    digested(now=now)

    assert Purchase.objects.get().amount == Decimal(13)
    assert PurchaseItem.objects.get().sku == "c"


def test_it_counts_orders_without_an_id_one_by_one(till: Sender, now: dt.datetime) -> None:
    till.track("Order Completed", {"total": 10}, userId="ada")
    till.track("Order Completed", {"total": 10}, userId="ada")

    digested(now=now)

    assert Purchase.objects.count() == 2


def test_it_takes_back_a_part_or_all(till: Sender, now: dt.datetime) -> None:
    ExchangeRate.objects.create(currency="USD", on=now.date(), rate=Decimal("0.5"))
    for order in ("part", "all", "gone"):
        till.track("Order Completed", {"order_id": order, "total": 10, "currency": "USD"}, userId="ada")
    till.track("Order Refunded", {"order_id": "part", "total": 4}, userId="ada")
    till.track("Order Refunded", {"order_id": "all"}, userId="ada")
    till.track("Order Cancelled", {"order_id": "gone"}, userId="ada")

    digested(now=now)

    rows = {order.order_key: order for order in Purchase.objects.all()}
    assert (rows["part"].refunded, rows["part"].refunded_base) == (Decimal(4), Decimal(2))
    assert (rows["all"].refunded, rows["all"].refunded_base) == (Decimal(10), Decimal(5))
    assert rows["gone"].cancelled_at == now
    assert rows["part"].cancelled_at is None


@pytest.mark.parametrize("batches", [1, 2])
def test_it_remembers_a_refund_that_comes_before_its_order(
    till: Sender, now: dt.datetime, batches: int
) -> None:
    till.track("Order Refunded", {"order_id": "1", "total": 4}, userId="ada")
    if batches == 2:
        digested(now=now)
    till.track("Order Completed", {"order_id": "1", "total": 10}, userId="ada")
    digested(now=now)

    assert Purchase.objects.get().refunded == Decimal(4)


def test_it_never_guesses_a_rate(till: Sender, now: dt.datetime) -> None:
    till.track("Order Completed", {"order_id": "1", "total": 10, "currency": "GBP"}, userId="ada")

    digested(now=now)

    order = Purchase.objects.get()
    assert (order.amount, order.currency, order.amount_base) == (Decimal(10), "GBP", Decimal(0))
    assert RejectedItem.objects.get().reason == "no_exchange_rate"


def test_it_says_when_an_order_has_no_amount(till: Sender, now: dt.datetime) -> None:
    till.track("Order Completed", {"order_id": "1"}, userId="ada")

    assert digested(now=now).stored == 1
    assert Purchase.objects.count() == 0
    assert RejectedItem.objects.get().reason == "order_without_amount"
    assert EventDefinition.objects.filter(name="Order Completed").exists()
