"""What belongs to a contact beside events: products looked at, carted and bought, records, devices."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext as _

from cdp.lib import db
from profiles.models import RecordLink, RecordType

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


class Field(NamedTuple):
    """One thing known of a record; `link` where its value is an address of the web."""

    label: str
    value: Any
    link: str


@dataclass(slots=True)
class Part:
    """Somebody's part in one record: since when, in which roles."""

    type: str
    name: str
    key: str
    due_on: dt.date | None
    due_label: str
    since_at: dt.datetime
    roles: list[str]
    fields: list[Field]


def parts(contacts: Sequence[int]) -> list[Part]:
    """The records that belong to somebody, each once; the types in the order of their names."""
    links = RecordLink.objects.filter(contact__in=list(contacts)).select_related("record__type")
    found: dict[int, Part] = {}
    for link in links.order_by("record__type__label", "id")[:MOST]:
        record = link.record
        part = found.get(record.pk)
        if part is None:
            type_ = record.type
            shown = [
                _field(one.get("label") or one["key"], record.fields[one["key"]])
                for one in type_.fields
                if one["key"] in record.fields and one["key"] != "name"
            ]
            part = Part(
                type_.label,
                record.name,
                record.key,
                record.due_on,
                date_label(type_),
                link.since_at,
                [],
                shown,
            )
            found[record.pk] = part
        part.since_at = min(part.since_at, link.since_at)
        if link.role and link.role not in part.roles:
            part.roles.append(link.role)
    return list(found.values())


def date_label(kind: RecordType) -> str:
    """What the date that matters of such a record is called."""
    labels = {one["key"]: one.get("label") or one["key"] for one in kind.fields}
    return str(labels.get(kind.date_field) or _("Due"))


def _field(label: str, value: Any) -> Field:
    if isinstance(value, list):
        value = ", ".join(str(one) for one in value)
    elif isinstance(value, dict):
        value = ", ".join(str(one) for one in value.values() if one not in (None, ""))
    is_link = isinstance(value, str) and value.startswith(("https://", "http://"))
    return Field(label, value, value if is_link else "")


def interests(contacts: Sequence[int]) -> list[Interest]:
    """The products that somebody looked at, carted or bought; what was bought most comes first."""
    return [Interest(*row) for row in db.fetch(PRODUCTS, {"contacts": list(contacts), "most": MOST})]
