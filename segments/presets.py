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
)
