"""What the shop asks of its people, and the journeys it draws: in JSON, as the editors keep them."""

from typing import Any, Final

from cdp.demo.goods import SHOP
from cdp.demo.posting import VALUABLE, WINBACK_LASTS

type Json = dict[str, Any]

# Whoever connects a real shop beside this one must not find its customers in these journeys.
OURS: Final[Json] = {"type": "attribute", "key": "shop", "operator": "is", "value": SHOP}
EVER: Final[Json] = {"type": "ever"}


def all_of(*children: Json) -> Json:
    """Every one of these."""
    return {"type": "all", "children": list(children)}


def bought(measure: str, operator: str, value: int, window: Json = EVER) -> Json:
    """A question about purchases."""
    return {"type": "purchase", "measure": measure, "operator": operator, "value": value, "window": window}


def did(event: str, *where: Json, days: int = 0) -> Json:
    """Did this at least once, ever or in the last so many days."""
    window = {"type": "last", "amount": days, "unit": "day"} if days else EVER
    return {
        "type": "event", "name": event, "frequency": "at_least", "count": 1, "window": window, "where": list(where),
    }  # fmt: skip


def segments(news: int) -> dict[str, tuple[str, str, Json]]:
    """By key: name, description and definition; `news` is the number of the topic."""
    return {
        "slipping": (
            "Slipping and valuable",
            "Bought more than once, spent a lot, and the last order is over three months ago.",
            all_of(
                {"type": "stage", "operator": "is_any_of", "value": ["at_risk"]},
                bought("orders", "gte", 2),
                bought("revenue", "gt", int(VALUABLE)),
            ),
        ),
        "london-pricing": (
            "Returning customers in London who saw the pricing page",
            "Who may like to hear more about the service plan.",
            all_of(
                {"type": "attribute", "key": "city", "operator": "is", "value": "London"},
                bought("orders", "gte", 2),
                did("Page Viewed", {"property": "path", "operator": "contains", "value": "pricing"}),
            ),
        ),
        "readers": (
            "News readers",
            "May get the newsletter by e-mail.",
            all_of(OURS, {"type": "reach", "channel": "email", "topic": news, "operator": "can"}),
        ),
        "loyal": (
            "Five orders or more",
            "The regulars.",
            all_of(bought("orders", "gte", 5)),
        ),
        "buyers-90": (
            "Bought in the last 90 days",
            "Active customers.",
            all_of(bought("orders", "gte", 1, {"type": "last", "amount": 90, "unit": "day"})),
        ),
        "plans": (
            "Service plan renews within 30 days",
            "To be asked before it renews by itself.",
            all_of(
                {
                    "type": "record", "record": "service_plan", "frequency": "at_least", "count": 1,
                    "where": [
                        {"property": "renews_on", "operator": "in_the_next", "value": {"amount": 30, "unit": "day"}}
                    ],
                }
            ),
        ),
    }  # fmt: skip


def email(name: str, content: int, *, topic: int, sender: int) -> Json:
    """A mail that people subscribed to."""
    return {
        "id": name, "kind": "email", "content": content, "purpose": "marketing", "topic": topic, "sender": sender,
    }  # fmt: skip


def notice(name: str, content: int, *, why: str, sender: int) -> Json:
    """A mail that people get without having subscribed."""
    return {
        "id": name, "kind": "email", "content": content, "purpose": "transactional", "why": why, "sender": sender,
    }  # fmt: skip


def journey(trigger: Json, *steps: Json, **settings: Any) -> Json:
    """A drawing that takes in the shop's own people and nobody real."""
    return {
        "trigger": {**trigger, "condition": all_of(OURS)},
        "settings": {"reentry": "never", **settings},
        "steps": list(steps),
    }


def journeys(ids: dict[str, int], *, topic: int, sender: int) -> dict[str, tuple[str, str, Json]]:
    """By key: name, description and drawing; `ids` are the numbers of mails and segments by their keys."""

    def mail(name: str, content: str) -> Json:
        return email(name, ids[content], topic=topic, sender=sender)

    ordered = "Order Completed"
    days = WINBACK_LASTS.days
    return {
        "winback": (
            "Win back the slipping",
            "For good customers who have not ordered for three months.",
            journey(
                {"kind": "segment", "segment": ids["slipping"], "members": "future"},
                mail("miss", "winback-hello"),
                {
                    "id": "back", "kind": "wait_for", "event": ordered, "amount": days, "unit": "day", "where": [],
                    "happened": [{"id": "won", "kind": "exit"}], "timed_out": [mail("offer", "winback-mail")],
                },
                reentry="after_days", days=180,
            ),
        ),
        "cart": (
            "Cart reminder",
            "An hour after something was left in the cart.",
            journey(
                {"kind": "event", "event": "Product Added", "where": []},
                {
                    "id": "order", "kind": "wait_for", "event": ordered, "amount": 1, "unit": "hour", "where": [],
                    "happened": [{"id": "bought", "kind": "exit"}], "timed_out": [mail("reminder", "cart-mail")],
                },
                reentry="after_exit",
            ),
        ),
        "welcome": (
            "Welcome",
            "Greets everybody who signs up.",
            journey(
                {"kind": "event", "event": "Signed Up", "where": []},
                {"id": "breath", "kind": "wait", "amount": 2, "unit": "minute"},
                mail("hello", "welcome-mail"),
            ),
        ),
        "confirmation": (
            "Order confirmation",
            "Thanks for each order.",
            journey(
                {"kind": "event", "event": ordered, "where": []},
                notice("thanks", ids["thanks-mail"], why="Order confirmation", sender=sender),
                reentry="always", key="order_id",
            ),
        ),
        "renewal": (
            "Service plan renews",
            "Two weeks before the day.",
            journey(
                {"kind": "date", "record": "service_plan", "days": -14, "at": "09:00", "yearly": False,
                 "zone": "workspace"},
                notice("notice", ids["renewal-mail"], why="Renewal of the service plan", sender=sender),
                reentry="always",
            ),
        ),
        "review": (
            "Ask for a review",
            "Paused while the review page is being rebuilt.",
            journey(
                {"kind": "event", "event": ordered, "where": []},
                {"id": "week", "kind": "wait", "amount": 7, "unit": "day"},
                mail("ask", "review-mail"),
                reentry="after_exit",
            ),
        ),
        "birthday": (
            "Birthday",
            "Not finished: the mail is still missing.",
            journey(
                {"kind": "date", "attribute": "birth_date", "days": 0, "at": "09:00", "yearly": True,
                 "zone": "contact"},
                {"id": "wish", "kind": "email", "purpose": "marketing", "topic": topic, "sender": sender},
                reentry="always",
            ),
        ),
    }  # fmt: skip


LIVE: Final = ("winback", "cart", "welcome", "confirmation", "renewal", "review")
PAUSED: Final = ("review",)
