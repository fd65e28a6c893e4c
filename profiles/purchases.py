"""Purchases: orders as they are placed, changed, refunded and cancelled, read from the events that say so."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from cdp.lib import db
from profiles import money
from profiles.arrivals import StoredEvent
from profiles.models import EventDefinition
from profiles.money import Rates
from profiles.understanding import Message, Reader

ORDERS: Final = ("Order Completed", "Order Updated")
REFUND: Final = "Order Refunded"
CANCEL: Final = "Order Cancelled"
NAMES: Final = frozenset({*ORDERS, REFUND, CANCEL})
AMOUNTS: Final = ("total", "revenue", "value")  # of an order: what was paid comes first
LONGEST_KEY: Final = 200
MOST_PIECES: Final = Decimal("999999999.999")  # of one line: what the column holds


@dataclass(slots=True)
class Order:
    """An order as it was last told."""

    persona_id: int
    contact_id: int
    source_id: int
    key: str
    event_id: int
    occurred_at: dt.datetime
    amount: Decimal
    currency: str
    amount_base: Decimal
    items: list[dict[str, Any]]


@dataclass(slots=True)
class Reversal:
    """What came back of an order: so much of it, or (None) all; or the order was cancelled."""

    amount: Decimal = Decimal(0)
    is_full: bool = False
    cancelled_at: dt.datetime | None = None

    def add(self, name: str, properties: dict[str, Any], at: dt.datetime) -> None:
        """Take one more event into account."""
        if name == CANCEL:
            self.cancelled_at = min(filter(None, (self.cancelled_at, at)))
        elif (amount := _amount(properties)) is None:
            self.is_full = True
        else:
            self.amount += abs(money.cents(amount))


@dataclass(frozen=True, slots=True)
class Changed:
    """A purchase that is new or was changed."""

    id: int
    contact_id: int


type Key = tuple[int, str]  # source, order


def store(
    events: Sequence[StoredEvent], messages: Sequence[Message], *, rates: Rates, reader: Reader
) -> list[Changed]:
    """Read what these events say of orders into purchases. A refund may come before its order."""
    orders: dict[Key, Order] = {}
    reversals: dict[Key, Reversal] = {}
    for event, message in zip(events, messages, strict=True):
        if event.name not in NAMES:
            continue
        key = (message.origin.id, _key(event))
        if event.name in ORDERS:
            order = _order(event, message, key=key, rates=rates, reader=reader)
            if order is not None:
                orders[key] = _latest(orders.get(key), order)
        else:
            reversals.setdefault(key, Reversal()).add(event.name, event.properties, event.occurred_at)
    changed: dict[int, Changed] = {}
    if orders:
        saved = _save(orders)
        changed |= {purchase.id: purchase for purchase, _ in saved.values()}
        _save_items(orders, saved)
        fresh = {key: orders[key] for key, (_, is_new) in saved.items() if is_new}
        _add_earlier(reversals, fresh, before=min(event.id for event in events))
    changed |= {purchase.id: purchase for purchase in _reverse(reversals)}
    return list(changed.values())


def _key(event: StoredEvent) -> str:
    for name in ("order_id", "orderId"):
        given = event.properties.get(name)
        if isinstance(given, str | int) and not isinstance(given, bool) and str(given).strip():
            return str(given).strip()[:LONGEST_KEY]
    return f"event-{event.id}"


def _amount(properties: dict[str, Any]) -> Decimal | None:
    for name in AMOUNTS:
        if (amount := money.amount(properties.get(name))) is not None:
            return amount
    lines = [line for line in _lines(properties) if line["price"] is not None]
    return sum((line["price"] * line["quantity"] for line in lines), Decimal(0)) if lines else None


def _order(event: StoredEvent, message: Message, *, key: Key, rates: Rates, reader: Reader) -> Order | None:
    amount = _amount(event.properties)
    if amount is None or abs(amount) >= money.MOST:
        reader.reject(
            message.item, "order_without_amount", f"The order {key[1]} has no total: it is no purchase."
        )
        return None
    currency = money.currency(event.properties.get("currency"), default=rates.base)
    rate = rates.rate(currency, event.occurred_at.date())
    if rate is None:
        reader.reject(
            message.item,
            "no_exchange_rate",
            f"The order {key[1]} is in {currency} and no rate to {rates.base} is known for that day:"
            " its revenue counts as 0 until there is one.",
        )
    worth = money.worth(amount, rate or Decimal(0))
    if worth is None:
        reader.reject(
            message.item,
            "order_too_large",
            f"The order {key[1]} is worth more than can be kept: it is no purchase.",
        )
        return None
    return Order(
        persona_id=event.persona_id,
        contact_id=event.contact_id,
        source_id=message.origin.id,
        key=key[1],
        event_id=event.id,
        occurred_at=event.occurred_at,
        amount=money.cents(amount),
        currency=currency,
        amount_base=money.cents(worth),
        items=list(_lines(event.properties)),
    )


def _latest(before: Order | None, order: Order) -> Order:
    """Two tellings of one order in one batch: the later wins, the order stays as old and whose it was."""
    if before is not None:
        order.occurred_at = min(before.occurred_at, order.occurred_at)
        order.persona_id, order.contact_id, order.event_id = (
            before.persona_id,
            before.contact_id,
            before.event_id,
        )
        order.items = order.items or before.items
    return order


def _lines(properties: dict[str, Any]) -> Iterable[dict[str, Any]]:
    products = properties.get("products")
    for product in products if isinstance(products, list) else ():
        if isinstance(product, dict):
            sku = product.get("sku") or product.get("product_id") or product.get("productId") or ""
            quantity = money.amount(product.get("quantity"))
            price = money.amount(product.get("price"))
            yield {
                "sku": str(sku)[:120],
                "name": str(product.get("name") or "")[:300],
                "maker": str(product.get("brand") or "")[:120],
                "category": str(product.get("category") or "")[:200],
                "quantity": Decimal(1) if quantity is None or abs(quantity) > MOST_PIECES else quantity,
                "price": None if price is None else money.cents(price),
            }


def _save(orders: dict[Key, Order]) -> dict[Key, tuple[Changed, bool]]:
    """Insert or update these orders; by key the purchase, and whether it is new."""
    rows = [
        (
            order.persona_id, order.contact_id, order.source_id, order.key, order.event_id, order.occurred_at,
            order.amount, order.currency, order.amount_base,
        )
        for order in orders.values()
    ]  # fmt: skip
    saved = db.fetch(
        """
        INSERT INTO profiles_purchase AS old (persona_id, contact_id, source_id, order_key, event_id, occurred_at,
            amount, currency, amount_base, refunded, refunded_base)
        SELECT *, 0, 0 FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[],
            %s::timestamptz[], %s::numeric[], %s::text[], %s::numeric[])
        ON CONFLICT (source_id, order_key) DO UPDATE SET
            occurred_at = least(old.occurred_at, EXCLUDED.occurred_at),
            amount = EXCLUDED.amount, currency = EXCLUDED.currency, amount_base = EXCLUDED.amount_base,
            refunded = least(old.refunded, EXCLUDED.amount),
            refunded_base = coalesce(
                round(EXCLUDED.amount_base * least(old.refunded, EXCLUDED.amount) / nullif(EXCLUDED.amount, 0), 2), 0)
        RETURNING id, contact_id, source_id, order_key, xmax = 0
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )
    return {(source, key): (Changed(id_, contact), is_new) for id_, contact, source, key, is_new in saved}


def _save_items(orders: dict[Key, Order], saved: dict[Key, tuple[Changed, bool]]) -> None:
    retold = [saved[key][0].id for key, order in orders.items() if order.items and not saved[key][1]]
    if retold:
        db.execute("DELETE FROM profiles_purchaseitem WHERE purchase_id = ANY(%s)", [retold])
    lines = [(saved[key][0].id, *line.values()) for key, order in orders.items() for line in order.items]
    if lines:
        columns = ("purchase_id", "sku", "name", "maker", "category", "quantity", "price")
        db.copy("profiles_purchaseitem", columns, lines)


def _add_earlier(reversals: dict[Key, Reversal], fresh: dict[Key, Order], *, before: int) -> None:
    """Refunds and cancellations of new orders may lie on their contacts' timelines already."""
    definitions = dict(EventDefinition.objects.filter(name__in=[REFUND, CANCEL]).values_list("id", "name"))
    if not definitions or not fresh:
        return
    rows = _on_timelines({order.contact_id for order in fresh.values()}, list(definitions), before=before)
    for source, definition, properties, at, id_ in rows:
        event = StoredEvent(id_, 0, 0, definition, "", at, None, None, _json(properties))  # type: ignore[arg-type]
        key = (source, _key(event))
        if key in fresh:
            reversals.setdefault(key, Reversal()).add(definitions[definition], event.properties, at)


def _on_timelines(contacts: set[int], definitions: list[int], *, before: int) -> list[tuple[Any, ...]]:
    """What these contacts have of such events: (source, definition, properties, when, id).

    The counters are asked first: nearly always there is nothing, and planning a join with every month of events
    would cost a small batch more than the rest of its stage. Then the months are few.
    """
    tallies = db.fetch(
        "SELECT contact_id, first_at, last_at FROM profiles_eventcount"
        " WHERE contact_id = ANY(%s) AND definition_id = ANY(%s)",
        [list(contacts), definitions],
    )
    if not tallies:
        return []
    owners, firsts, lasts = zip(*tallies, strict=True)
    return db.fetch(
        """
        SELECT source_id, definition_id, properties::text, occurred_at, id FROM profiles_event
        WHERE contact_id = ANY(%s) AND definition_id = ANY(%s) AND occurred_at BETWEEN %s AND %s AND id < %s
        """,
        [list(set(owners)), definitions, min(firsts), max(lasts), before],
    )


def _json(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(text, parse_float=str)
    return loaded


def _reverse(reversals: dict[Key, Reversal]) -> list[Changed]:
    """Take back what was refunded or cancelled; orders that have not arrived yet are left for `_add_earlier`."""
    if not reversals:
        return []
    rows = [
        (source, key, back.amount, back.is_full, back.cancelled_at)
        for (source, key), back in reversals.items()
    ]
    changed = db.fetch(
        """
        UPDATE profiles_purchase purchase SET
            refunded = back.total,
            refunded_base = coalesce(
                round(purchase.amount_base * back.total / nullif(purchase.amount, 0), 2), 0),
            cancelled_at = least(purchase.cancelled_at, back.cancelled_at)
        FROM (
            SELECT old.id, given.cancelled_at, CASE WHEN given.is_full THEN old.amount
                ELSE least(old.amount, old.refunded + given.amount) END AS total
            FROM unnest(%s::bigint[], %s::text[], %s::numeric[], %s::boolean[], %s::timestamptz[])
                AS given(source, key, amount, is_full, cancelled_at)
            JOIN profiles_purchase old ON old.source_id = given.source AND old.order_key = given.key
        ) back
        WHERE purchase.id = back.id
        RETURNING purchase.id, purchase.contact_id
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )
    return [Changed(*row) for row in changed]
