"""Segments to start from, and to learn the builder by."""

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as lazy

from cdp.lib.json import JsonObject
from segments.controls import Text


@dataclass(frozen=True, slots=True)
class Preset:
    """One example."""

    name: Text
    sentence: Text
    icon: str
    definition: JsonObject


BOUGHT: Final[JsonObject] = {
    "type": "purchase",
    "measure": "orders",
    "operator": "gte",
    "value": 1,
    "window": {"type": "last", "amount": 90, "unit": "day"},
}
LAPSED: Final[JsonObject] = {"type": "stage", "operator": "is_any_of", "value": ["lapsed"]}
REACHED: Final[JsonObject] = {"type": "reach", "channel": "email", "topic": None, "operator": "can"}
BIRTHDAY: Final[JsonObject] = {
    "type": "attribute",
    "key": "birth_date",
    "operator": "anniversary",
    "value": {"kind": "this_month"},
}
SPENT: Final[JsonObject] = {
    "type": "purchase",
    "measure": "revenue",
    "operator": "gte",
    "value": 200,
    "window": {"type": "last", "amount": 365, "unit": "day"},
}
AT_RISK: Final[JsonObject] = {"type": "stage", "operator": "is_any_of", "value": ["at_risk"]}
BOUGHT_ONCE: Final[JsonObject] = {
    "type": "purchase",
    "measure": "orders",
    "operator": "eq",
    "value": 1,
    "window": {"type": "ever"},
}
NEVER_BOUGHT: Final[JsonObject] = {"type": "stage", "operator": "is_any_of", "value": ["never_bought"]}
CART_FILLED: Final[JsonObject] = {
    "type": "event",
    "name": "Product Added",
    "frequency": "at_least",
    "count": 1,
    "window": {"type": "last", "amount": 7, "unit": "day"},
    "where": [],
}

PRESETS: Final = (
    Preset(
        lazy("Bought in the last 90 days"),
        lazy("People with at least one order; yours to narrow down."),
        "shopping-cart",
        {"type": "all", "children": [BOUGHT]},
    ),
    Preset(
        lazy("Lapsed but subscribed"),
        lazy("They stopped buying, and you may still write to them."),
        "mail",
        {"type": "all", "children": [LAPSED, REACHED]},
    ),
    Preset(
        lazy("Birthday this month"),
        lazy("For a card, or something small in their next order."),
        "calendar",
        {"type": "all", "children": [BIRTHDAY]},
    ),
    Preset(
        lazy("Slipping and valuable"),
        lazy("They spent 200 or more this year and are about to leave."),
        "trending-up",
        {"type": "all", "children": [AT_RISK, SPENT]},
    ),
    Preset(
        lazy("Bought once"),
        lazy("The second order decides whether somebody stays."),
        "heart",
        {"type": "all", "children": [BOUGHT_ONCE]},
    ),
    Preset(
        lazy("Interested, not bought yet"),
        lazy("They filled a cart this week and never ordered."),
        "hourglass",
        {"type": "all", "children": [NEVER_BOUGHT, CART_FILLED]},
    ),
)
