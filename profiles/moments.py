"""What happened, as a person reads it: "Ordered Two-person tent and 2 more", not a name and its properties."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from profiles.models import Topic
from profiles.purchases import CANCEL, NAMES, ORDERS, REFUND
from profiles.stages import Stage

KINDS: Final[dict[str, Promise]] = {
    "orders": lazy("Orders"),
    "messages": lazy("Messages"),
    "consent": lazy("Consent"),
    "journeys": lazy("Journeys"),
    "profile": lazy("Profile"),
    "activity": lazy("Activity"),
}
ICONS: Final = {
    "orders": "shopping-cart", "messages": "mail", "consent": "check", "journeys": "route", "profile": "user",
    "activity": "bolt",
}  # fmt: skip
MESSAGE: Final = re.compile(r"(Email|SMS|WhatsApp|Push|Web Push) \w")
CHOICES: Final = frozenset({"Subscribed", "Unsubscribed", "Consent Given", "Consent Withdrawn"})
OURSELVES: Final = frozenset({"Lifecycle Stage Changed", "Merge Refused"})
LONGEST: Final = 140

type Words = tuple[str, str]  # what happened; more about it
type Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """One event in words."""

    title: str
    detail: str
    icon: str


def kind_of(name: str) -> str:
    """The kind that an event belongs to, by its name."""
    if name in NAMES:
        return "orders"
    if MESSAGE.match(name):
        return "messages"
    if name in CHOICES:
        return "consent"
    if name.startswith("Journey ") or name == "Step Reached":
        return "journeys"
    return "profile" if name in OURSELVES else "activity"


def topics() -> dict[str, str]:
    """What topics are called, by their key and by their number."""
    return by_either(Topic.objects.values_list("key", "pk", "name"))


def by_either(topics: Iterable[tuple[str, int, str]]) -> dict[str, str]:
    """Names of topics by their key and by their number; `topics` are key, number, name."""
    named: dict[str, str] = {}
    for key, number, name in topics:
        named |= {key: name, str(number): name}
    return named


def tell(name: str, label: str, properties: Properties, *, named: Mapping[str, str]) -> Moment:
    """An event in words; `named` are the topics' names."""
    kind = kind_of(name)
    if kind == "messages":
        title, detail = _message(name, label, properties)
    elif kind == "consent":
        title, detail = _choice(name, properties, named)
    elif name in SAID:
        title, detail = SAID[name](properties)
    else:
        title, detail = label, ""
    return Moment(
        title[:LONGEST], (detail or ("" if title != label else brief(properties)))[:200], ICONS[kind]
    )


def brief(properties: Properties) -> str:
    """The first few simple properties on one line."""
    simple = [
        f"{key}: {value}"
        for key, value in properties.items()
        if isinstance(value, str | int | float) and value != "" and not key.startswith("$")
    ]
    return " · ".join(text if len(text) <= 60 else f"{text[:59]}…" for text in simple[:3])


def products(properties: Properties) -> list[str]:
    """The names of an order's products."""
    given = properties.get("products")
    lines: Iterable[Any] = given if isinstance(given, list) else ()
    return [str(line.get("name") or line.get("sku") or "") for line in lines if isinstance(line, dict)]


def _and_more(names: list[str]) -> str:
    names = [name for name in names if name]
    if len(names) < 2:
        return names[0] if names else ""
    rest = len(names) - 1
    return ngettext("%(first)s and %(count)d more", "%(first)s and %(count)d more", rest) % {
        "first": names[0],
        "count": rest,
    }


def _number(properties: Properties) -> str:
    return str(properties.get("order_id") or properties.get("orderId") or "")


def _ordered(properties: Properties) -> Words:
    what = _and_more(products(properties))
    title = _("Ordered %(what)s") % {"what": what} if what else _("Placed an order")
    return title, _number(properties)


def _order(sentence: Promise) -> Callable[[Properties], Words]:
    return lambda properties: (str(sentence), _number(properties))


def _product(sentence: Promise, without: Promise) -> Callable[[Properties], Words]:
    def say(properties: Properties) -> Words:
        name = properties.get("name") or properties.get("title") or properties.get("sku")
        return (str(sentence) % {"what": name}) if name else str(without), str(
            properties.get("category") or ""
        )

    return say


def _page(properties: Properties) -> Words:
    where = (
        properties.get("title") or properties.get("path") or properties.get("url") or properties.get("name")
    )
    return (_("Visited %(where)s") % {"where": where} if where else _("Visited a page")), ""


def _stage(properties: Properties) -> Words:
    labels = {one.value: str(one.label) for one in Stage}
    before, after = (labels.get(str(properties.get(key)), "–") for key in ("from", "to"))
    return _("Stage: %(stage)s") % {"stage": after}, _("before: %(stage)s") % {"stage": before}


def _journey(sentence: Promise) -> Callable[[Properties], Words]:
    def say(properties: Properties) -> Words:
        name = properties.get("journey") or _("a journey")
        return str(sentence) % {"what": name}, str(properties.get("reason") or "").replace("_", " ")

    return say


SAID: Final[dict[str, Callable[[Properties], Words]]] = {
    ORDERS[0]: _ordered,
    ORDERS[1]: _order(lazy("Changed an order")),
    REFUND: _order(lazy("Got money back for an order")),
    CANCEL: _order(lazy("Cancelled an order")),
    "Product Viewed": _product(lazy("Looked at %(what)s"), lazy("Looked at a product")),
    "Product Added": _product(lazy("Put %(what)s in the cart"), lazy("Put something in the cart")),
    "Product Removed": _product(
        lazy("Took %(what)s out of the cart"), lazy("Took something out of the cart")
    ),
    "Page Viewed": _page,
    "Lifecycle Stage Changed": _stage,
    "Journey Entered": _journey(lazy("Entered the journey %(what)s")),
    "Step Reached": _journey(lazy("Waits in the journey %(what)s")),
    "Journey Exited": _journey(lazy("Left the journey %(what)s")),
}
DONE: Final[dict[str, Promise]] = {
    "Sent": lazy("Sent “%(subject)s”"),
    "Delivered": lazy("Delivered “%(subject)s”"),
    "Opened": lazy("Opened “%(subject)s”"),
    "Link Clicked": lazy("Clicked in “%(subject)s”"),
    "Clicked": lazy("Clicked in “%(subject)s”"),
    "Bounced": lazy("“%(subject)s” bounced"),
    "Not Sent": lazy("Not sent: “%(subject)s”"),
    "Maybe Sent": lazy("May have been sent: “%(subject)s”"),
    "Marked as Spam": lazy("Marked “%(subject)s” as spam"),
}


def _message(name: str, label: str, properties: Properties) -> Words:
    what = name.partition(" ")[2]
    subject = properties.get("subject")
    title = str(DONE[what]) % {"subject": subject} if subject and what in DONE else label
    if properties.get("machine"):
        return title, _("by a machine")
    about = [
        properties.get("detail") or str(properties.get("reason") or "").replace("_", " "),
        properties.get("url"),
        properties.get("journey"),
    ]
    return title, " · ".join(str(part) for part in about if part)


def _choice(name: str, properties: Properties, named: Mapping[str, str]) -> Words:
    topic = str(properties.get("topic") or "all")
    everything = _("everything")
    what = {"what": everything if topic == "all" else named.get(topic, topic)}
    gave = name in ("Subscribed", "Consent Given")
    title = _("Subscribed to %(what)s") % what if gave else _("Unsubscribed from %(what)s") % what
    return title, str(properties.get("channel") or "")
