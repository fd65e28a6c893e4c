"""What can be chosen in a condition, whatever the workspace holds: frequencies, windows, stages and the like."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as lazy

from segments.controls import Options, Text

FREQUENCIES: Final[Options] = (
    ("at_least", lazy("at least")),
    ("at_most", lazy("at most")),
    ("exactly", lazy("exactly")),
    ("on_days", lazy("on at least")),
    ("never", lazy("never")),
)
# Of records: they belong to somebody, and do not happen on days.
HAVE: Final[Options] = (
    ("at_least", lazy("at least")),
    ("at_most", lazy("at most")),
    ("exactly", lazy("exactly")),
    ("never", lazy("none at all")),
)
WINDOWS: Final[Options] = (
    ("ever", lazy("at any time")),
    ("last", lazy("in the last")),
    ("between", lazy("between")),
)
MEASURES: Final[Options] = (
    ("orders", lazy("number of orders")),
    ("revenue", lazy("revenue")),
    ("average_order", lazy("average order value")),
    ("days_since_last", lazy("days since the last order")),
)
STAGES: Final[Options] = (
    ("never_bought", lazy("never bought")),
    ("new", lazy("new")),
    ("active", lazy("active")),
    ("at_risk", lazy("at risk")),
    ("lapsed", lazy("lapsed")),
    ("won_back", lazy("won back")),
)
STATES: Final[Options] = (
    ("subscribed", lazy("is subscribed to")),
    ("unsubscribed", lazy("has unsubscribed from")),
    ("pending", lazy("has yet to confirm")),
    ("never_asked", lazy("was never asked about")),
)
MOMENTS: Final[Options] = (
    ("created", lazy("first heard of")),
    ("known", lazy("known since")),
    ("first_seen", lazy("first seen")),
    ("last_seen", lazy("last seen")),
)
BOUGHT: Final[Options] = (
    ("product", lazy("product")),
    ("category", lazy("category")),
    ("maker", lazy("brand of product")),
)
# How events that every shop has are said; others are called by their name.
PHRASES: Final[Mapping[str, Text]] = {
    "Order Completed": lazy("placed an order"),
    "Order Refunded": lazy("got money back"),
    "Product Viewed": lazy("viewed a product"),
    "Product Added": lazy("put a product in the cart"),
    "Page Viewed": lazy("viewed a page"),
    "Signed Up": lazy("signed up"),
    "Email Opened": lazy("opened an e-mail"),
    "Email Clicked": lazy("clicked in an e-mail"),
    "Subscribed": lazy("subscribed"),
    "Unsubscribed": lazy("unsubscribed"),
}
