"""Where a new journey begins: on an empty canvas, or on a drawing that many have drawn before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from journeys.editor import drafting
from journeys.editor.drawing import Definition, Step


@dataclass(frozen=True, slots=True)
class Starter:
    """A drawing to start from."""

    label: Promise
    sentence: Promise
    icon: str
    draw: Callable[[], Definition]


def start(name: str) -> Definition:
    """The drawing of this starter; an empty one where there is none of that name."""
    return STARTERS.get(name, STARTERS["blank"]).draw()


def _drawn(trigger: Step, *steps: Step, reentry: str = "never") -> Definition:
    return {"trigger": trigger, "settings": {"reentry": reentry}, "steps": list(steps)}


def _blank() -> Definition:
    return _drawn({})


def _welcome() -> Definition:
    reminder = [drafting.fresh("email")]
    opened = drafting.fresh("email")
    wait = drafting.fresh("wait_for") | {
        "event": "Email Opened",
        "where": [
            {"property": "step", "operator": "is", "value": opened["id"]},
            {"property": "machine", "operator": "is_false"},
        ],
        "timed_out": reminder,
    }
    return _drawn({"kind": "event", "event": "Signed Up", "where": []}, opened, wait)


def _cart() -> Definition:
    order = drafting.fresh("wait_for") | {
        "event": "Order Completed",
        "amount": 1,
        "unit": "hour",
        "happened": [drafting.fresh("exit")],
        "timed_out": [drafting.fresh("email")],
    }
    trigger = {"kind": "event", "event": "Product Added", "where": []}
    return _drawn(trigger, order, reentry="after_exit")


def _birthday() -> Definition:
    trigger = {
        "kind": "date",
        "attribute": "birth_date",
        "days": 0,
        "at": "09:00",
        "yearly": True,
        "zone": "contact",
    }
    return _drawn(trigger, drafting.fresh("email"), reentry="always")


def _second_order() -> Definition:
    thanks, nudge = drafting.fresh("email"), drafting.fresh("email")
    order = drafting.fresh("wait_for") | {
        "event": "Order Completed",
        "amount": 30,
        "unit": "day",
        "happened": [drafting.fresh("exit")],
        "timed_out": [nudge],
    }
    return _drawn(
        {"kind": "event", "event": "Order Completed", "where": []}, thanks, order, reentry="after_exit"
    )


def _win_back() -> Definition:
    letter = drafting.fresh("email")
    order = drafting.fresh("wait_for") | {
        "event": "Order Completed",
        "amount": 7,
        "unit": "day",
        "happened": [drafting.fresh("exit")],
        "timed_out": [drafting.fresh("email")],
    }
    return _drawn({"kind": "segment"}, letter, order, reentry="after_exit")


STARTERS: Final[Mapping[str, Starter]] = {
    "blank": Starter(lazy("Empty canvas"), lazy("Step by step, as you like."), "plus", _blank),
    "welcome": Starter(
        lazy("Welcome"),
        lazy("Greet who signs up, and remind who did not open the first mail."),
        "mail",
        _welcome,
    ),
    "cart": Starter(
        lazy("Cart left behind"),
        lazy("Wait an hour for the order; write if none comes."),
        "shopping-cart",
        _cart,
    ),
    "birthday": Starter(
        lazy("Birthday"), lazy("Congratulate in the morning, every year."), "calendar", _birthday
    ),
    "second-order": Starter(
        lazy("Second order"),
        lazy("Thank for an order; suggest something if none follows within 30 days."),
        "heart",
        _second_order,
    ),
    "win-back": Starter(
        lazy("Win back"),
        lazy("Write to who enters a segment of slipping customers; once more if no order comes."),
        "trending-up",
        _win_back,
    ),
}
