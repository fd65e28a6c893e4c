"""Good mails to start from, so that nobody faces an empty page."""

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import override

from journeys.messages import blocks
from journeys.messages.chips import Chip, liquid
from journeys.messages.drafting import Words

# What a start is called, what it is for, and the icon that stands for it.
STARTS: Final[dict[str, tuple[Promise, Promise, str]]] = {
    "blank": (lazy("Empty"), lazy("Nothing but your brand's logo and the footer."), "file"),
    "welcome": (lazy("Welcome"), lazy("Greet somebody new and show the first step."), "confetti"),
    "news": (lazy("News"), lazy("One story with a picture, two smaller ones below."), "news"),
    "thanks": (lazy("Thanks for an order"), lazy("Say thank you and suggest something that fits."), "heart"),
    "cart": (lazy("Cart left behind"), lazy("Remind of what was chosen, without pushing."), "shopping-cart"),
    "win-back": (
        lazy("We miss you"),
        lazy("Say what is new to somebody who has not been back."),
        "trending-up",
    ),
}


def words(start: str, language: str) -> Words:
    """A mail to begin with, in this language where we speak it."""
    with override(language.split("-")[0]):
        subject, preheader, rows = _DRAWN.get(start, _blank)()
    return Words(subject, preheader, blocks.load(rows))


def _name() -> str:
    return liquid(Chip("first_name", _("there")))


def _blank() -> tuple[str, str, list[dict[str, Any]]]:
    return "", "", []


def _welcome() -> tuple[str, str, list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = [
        {"kind": "heading", "text": _("Welcome, %(name)s") % {"name": _name()}, "level": 1},
        {"kind": "text", "html": f"<p>{_('It is good to have you here. This is what you can expect from us:')}</p>"
         f"<ul><li>{_('News when there is some, not more often')}</li><li>{_('Offers that fit you')}</li></ul>"},
        {"kind": "button", "label": _("Have a look around"), "url": ""},
        {"kind": "divider"},
        {"kind": "text", "html": f"<p>{_('Any questions? Just answer this mail.')}</p>"},
    ]  # fmt: skip
    return _("Welcome, %(name)s") % {"name": _name()}, _("This is what you can expect from us"), rows


def _news() -> tuple[str, str, list[dict[str, Any]]]:
    story = [
        {"kind": "heading", "text": _("A smaller story"), "level": 3},
        {"kind": "text", "html": f"<p>{_('Two sentences are enough.')}</p>"},
    ]
    rows: list[dict[str, Any]] = [
        {"kind": "heading", "text": _("What is new"), "level": 1},
        {"kind": "image", "width": 100},
        {
            "kind": "text",
            "html": f"<p>{_('Tell the most important story here, in three or four sentences.')}</p>",
        },
        {"kind": "button", "label": _("Read more"), "url": ""},
        {"kind": "divider"},
        {"kind": "columns", "ratio": "1:1", "left": story, "right": story},
    ]
    return _("What is new this month"), _("The story of the month, and two more"), rows


def _thanks() -> tuple[str, str, list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = [
        {"kind": "heading", "text": _("Thank you, %(name)s") % {"name": _name()}, "level": 1},
        {"kind": "text", "html": f"<p>{_('Your order is on its way. We hope that you will enjoy it.')}</p>"},
        {"kind": "spacer", "height": 16},
        {"kind": "heading", "text": _("This goes well with it"), "level": 2},
        {"kind": "product", "label": _("Have a look")},
    ]
    return _("Thank you for your order"), _("It is on its way"), rows


def _cart() -> tuple[str, str, list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = [
        {"kind": "heading", "text": _("Still thinking, %(name)s?") % {"name": _name()}, "level": 1},
        {"kind": "text", "html": f"<p>{_('We kept what you chose. It is one step away.')}</p>"},
        {"kind": "button", "label": _("Back to your cart"), "url": ""},
        {"kind": "text", "html": f"<p>{_('Any questions? Just answer this mail.')}</p>"},
    ]
    return _("Your cart is waiting"), _("We kept what you chose"), rows


def _win_back() -> tuple[str, str, list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = [
        {"kind": "heading", "text": _("It has been a while, %(name)s") % {"name": _name()}, "level": 1},
        {"kind": "text", "html": f"<p>{_('Some things are new since you were here. This could be for you:')}</p>"},
        {"kind": "product", "label": _("Have a look")},
        {"kind": "button", "label": _("See what is new"), "url": ""},
    ]  # fmt: skip
    return _("It has been a while, %(name)s") % {"name": _name()}, _("See what is new"), rows


_DRAWN: Final = {
    "blank": _blank,
    "welcome": _welcome,
    "news": _news,
    "thanks": _thanks,
    "cart": _cart,
    "win-back": _win_back,
}
