"""What belongs to a contact beside events: products looked at, carted and bought, records, devices."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cdp.lib import db

MOST: Final = 60
# By name, because a shop's events and its orders need not agree on ids.
PRODUCTS: Final = """
    WITH seen AS (
        SELECT coalesce(nullif(event.properties ->> 'name', ''), event.properties ->> 'product_id') AS name,
            definition.name = 'Product Viewed' AS is_view, event.occurred_at AS at
        FROM profiles_event event JOIN profiles_eventdefinition definition ON definition.id = event.definition_id
        WHERE event.contact_id = ANY(%(contacts)s) AND definition.name IN ('Product Viewed', 'Product Added')
    ), bought AS (
        SELECT coalesce(nullif(item.name, ''), item.sku) AS name, item.quantity, purchase.occurred_at AS at
        FROM profiles_purchaseitem item JOIN profiles_purchase purchase ON purchase.id = item.purchase_id
        WHERE purchase.contact_id = ANY(%(contacts)s) AND purchase.cancelled_at IS NULL
    ), told AS (
        SELECT name, is_view::int AS viewed, (NOT is_view)::int AS carted, 0::numeric AS bought, at FROM seen
        UNION ALL SELECT name, 0, 0, quantity, at FROM bought
    )
    SELECT name, sum(viewed)::int, sum(carted)::int, sum(bought), max(at) FROM told WHERE name <> ''
    GROUP BY name ORDER BY sum(bought) DESC, sum(carted) DESC, sum(viewed) DESC, name LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Interest:
    """One product and how far somebody went with it."""

    name: str
    viewed: int
    carted: int
    bought: Decimal
    last_at: dt.datetime


def interests(contacts: Sequence[int]) -> list[Interest]:
    """The products that somebody looked at, carted or bought; what was bought most comes first."""
    return [Interest(*row) for row in db.fetch(PRODUCTS, {"contacts": list(contacts), "most": MOST})]
