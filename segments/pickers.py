"""What "Add condition" offers, and the values that are known of an attribute or of a detail of an event."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cdp.lib import db
from cdp.lib.json import Json, JsonObject
from profiles.models import AttributeDefinition
from segments.choices import BOUGHT, MEASURES, PHRASES
from segments.controls import Text
from segments.offers import Offers
from segments.sentences import FAMILIES, fitting

DRAWN: Final = 3_000  # the latest facts that are looked through for known values
MOST: Final = 60


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the picker: choosing it adds `node`. `words` are what else finds it."""

    label: str
    hint: str
    icon: str
    words: str
    node: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Lines that belong together."""

    key: str
    label: str
    items: Sequence[Item]


# What else finds a condition, by the key or name of what it is about.
SYNONYMS: Final[Mapping[str, Text]] = {
    "birth_date": lazy("birthday age born anniversary"),
    "country": lazy("where nation market"),
    "city": lazy("where town place"),
    "language": lazy("locale speaks"),
    "email": lazy("e-mail mail address"),
    "phone": lazy("mobile telephone number"),
    "gender": lazy("sex man woman"),
    "Order Completed": lazy("bought purchase ordered buyer customer"),
    "Product Added": lazy("basket cart abandoned"),
    "orders": lazy("bought purchases times frequency buyer never bought"),
    "revenue": lazy("spent money value total worth"),
    "average_order": lazy("basket size mean AOV"),
    "days_since_last": lazy("recency inactive lapsed last purchase"),
}
HINTS: Final[Mapping[str, Text]] = {
    "birth_date": lazy("birthday this month"),
    "country": lazy("is any of NL, BE"),
    "orders": lazy("at least 2 in the last 90 days"),
    "revenue": lazy("more than 500 at any time"),
    "average_order": lazy("more than 80"),
    "days_since_last": lazy("more than 90"),
}


def shelves(offers: Offers) -> list[Shelf]:
    """Every condition that can be added, by family."""
    found = [
        Shelf("purchases", _("What they bought"), list(_purchases())),
        Shelf("events", _("What they did"), list(_events(offers))),
        Shelf("attributes", _("Who they are"), list(_attributes(offers))),
        Shelf("allowed", _("What they allow"), list(_allowed(offers))),
        Shelf("records", _("What they have"), list(_records(offers))),
        Shelf("segments", _("Where they belong"), list(_segments(offers))),
        Shelf(
            "other", _("Other"), [_item("bucket", {}, _("Random sample"), _("one in ten"), _("test split"))]
        ),
    ]
    return [shelf for shelf in found if shelf.items]


def _item(family: str, said: JsonObject, label: str, hint: str, words: str = "") -> Item:
    node: JsonObject = {"type": family, **said}
    return Item(label, hint, FAMILIES[family].icon, f"{label} {hint} {words}".lower(), json.dumps(node))


def _purchases() -> Iterator[Item]:
    for measure, label in MEASURES:
        key = str(measure)
        said: JsonObject = {"measure": key}
        if key != "orders":
            said |= {"operator": "gt", "value": {"revenue": 500, "average_order": 80}.get(key, 90)}
        yield _item("purchase", said, _capital(label), str(HINTS[key]), str(SYNONYMS[key]))
    for what, label in BOUGHT:
        yield _item(
            "bought",
            {"what": what},
            _("Bought a %(what)s") % {"what": label},
            _("at least once in the last 90 days"),
            _("never bought ordered item"),
        )


def _events(offers: Offers) -> Iterator[Item]:
    for name, label in sorted(offers.catalogue.events.items(), key=lambda one: one[1].lower()):
        said = _capital(PHRASES[name]) if name in PHRASES and label == name else label
        hint = name if said != name else _("at least once in the last 90 days")
        yield _item("event", {"name": name}, said, hint, f"{name} {SYNONYMS.get(name, '')}")


def _attributes(offers: Offers) -> Iterator[Item]:
    labels = offers.catalogue.attributes
    for key, label in sorted(labels.items(), key=lambda one: one[1].lower()):
        if key == "lifecycle_stage":
            continue  # a family of its own
        type_ = offers.catalogue.types[key]
        said: JsonObject = {"key": key, "operator": _first_operator(key, type_)}
        yield _item(
            "attribute", said, label, str(HINTS.get(key) or _kind_of(type_)), f"{key} {SYNONYMS.get(key, '')}"
        )
    yield _item(
        "stage", {}, _("Lifecycle stage"), _("is lapsed"), _("new active at risk lapsed won back churn")
    )
    moments: Sequence[tuple[str, str, str, str]] = (
        ("last_seen", _("Last seen"), _("in the last 30 days"), _("active visited recently")),
        ("first_seen", _("First seen"), _("before a date"), _("visited")),
        ("known", _("Known since"), _("in the last 7 days"), _("registered joined signed up")),
        ("created", _("First heard of"), _("in the last 7 days"), _("created added")),
    )
    for what, label, hint, words in moments:
        yield _item("moment", {"what": what}, label, hint, words)


def _first_operator(key: str, type_: str) -> str:
    """What a new condition about this attribute says first."""
    several = fitting(type_)
    if key == "birth_date" and "anniversary" in several:
        return "anniversary"
    return several[0] if several else "is_set"


def _kind_of(type_: str) -> str:
    return str(dict(AttributeDefinition.Type.choices).get(type_, type_))


def _allowed(offers: Offers) -> Iterator[Item]:
    for number, name in offers.topics.items():
        yield _item(
            "consent",
            {"topic": number},
            name,
            _("is subscribed by e-mail"),
            _("consent topic opt-in newsletter"),
        )
    yield _item(
        "reach",
        {},
        _("Can be reached"),
        _("by e-mail: has an address, is subscribed, is not blocked"),
        _("consent reachable subscribed bounced"),
    )


def _records(offers: Offers) -> Iterator[Item]:
    for key, record in offers.records.items():
        yield _item("record", {"record": key}, record.label, _("has at least one"), key)


def _segments(offers: Offers) -> Iterator[Item]:
    for number, name in sorted(offers.catalogue.segments.items(), key=lambda one: one[1].lower()):
        hint = _("is in this list") if number in offers.lists else _("is in this segment")
        yield _item("segment", {"segment": number}, name, hint, _("segment list member"))


def _capital(label: Text) -> str:
    said = str(label)
    return said[:1].upper() + said[1:]


# --- Known values. The latest facts are looked through: quick at any size, and what is said now is there.

OF_ATTRIBUTE: Final = """
WITH lately AS (
    SELECT attributes -> %(key)s AS value FROM profiles_contact
    WHERE known_since_at IS NOT NULL AND merged_into_id IS NULL ORDER BY known_since_at DESC, id DESC LIMIT %(drawn)s
)
"""
OF_COLUMN: Final = """
WITH lately AS (
    SELECT to_jsonb({column}) AS value FROM profiles_contact
    WHERE known_since_at IS NOT NULL AND merged_into_id IS NULL ORDER BY known_since_at DESC, id DESC LIMIT %(drawn)s
)
"""
OF_EVENT: Final = """
WITH lately AS (
    SELECT e.properties -> %(key)s AS value FROM profiles_event e
    JOIN profiles_eventdefinition d ON d.id = e.definition_id AND d.name = %(event)s
    ORDER BY e.occurred_at DESC LIMIT %(drawn)s
)
"""
OF_ITEMS: Final = """
WITH lately AS (
    SELECT to_jsonb({column}) AS value FROM (
        SELECT {column} FROM profiles_purchaseitem ORDER BY id DESC LIMIT %(drawn)s
    ) AS items
)
"""
COMMON: Final = """
, words AS (
    SELECT value #>> '{{}}' AS word FROM lately WHERE jsonb_typeof(value) IN ('string', 'number')
    UNION ALL
    SELECT one.word FROM lately, jsonb_array_elements_text(
        CASE WHEN jsonb_typeof(lately.value) = 'array' THEN lately.value ELSE '[]' END
    ) AS one (word)
)
SELECT word FROM words WHERE word <> '' AND length(word) <= 100
GROUP BY word ORDER BY count(*) DESC, word LIMIT %(most)s
"""
COLUMNS: Final = frozenset({"gender", "language", "timezone", "country", "region", "city"})
ITEM_COLUMNS: Final = {"product": "name", "category": "category", "maker": "maker"}


def known_values(query: Mapping[str, str], *, personal: Iterable[str], sees_people: bool) -> list[str]:
    """What is said most of an attribute, a detail of an event, or bought things; nothing of named people."""
    key = query.get("attribute", "")
    if key:
        if key in set(personal) and not sees_people:
            return []
        source = OF_COLUMN.format(column=key) if key in COLUMNS else OF_ATTRIBUTE
        return _common(source, {"key": key})
    if query.get("event"):
        return _common(OF_EVENT, {"event": query["event"], "key": query.get("property", "")})
    column = ITEM_COLUMNS.get(query.get("bought", ""))
    return _common(OF_ITEMS.format(column=column), {}) if column else []


def _common(source: str, parameters: Mapping[str, Json]) -> list[str]:
    rows = db.fetch(source + COMMON.format(), {**parameters, "drawn": DRAWN, "most": MOST})
    return [str(word) for (word,) in rows]
