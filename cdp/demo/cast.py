"""The people of the shop who have a name and a story; SCREENS calls them by it, and so does the tour."""

import datetime as dt
from collections.abc import Callable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from cdp.demo.crowd import HOME, PRICING
from cdp.demo.goods import ARTICLES, PLACES, Article, Place
from cdp.demo.telling import Call, Person

# In the order in which they are met; the twin is told with whom it may be one.
STORIES: Final[dict[str, Promise]] = {
    "sanne": lazy(
        "Browsed on a phone without a name, logged in, bought, opened a mail: three devices, one person."
    ),
    "thomas": lazy("Champion: two orders a month, and the next one is due on Thursday."),
    "aisha": lazy("Spent a lot and is 40 days overdue; she waits in the win-back journey."),
    "lars": lazy("Left a cart within the last hour; his reminder goes out soon."),
    "marie": lazy("Bought in the shop with her loyalty card for a year, and joined online last week."),
    "john": lazy("John Smith and J. Smith: perhaps one person under two addresses."),
    "emma": lazy("Opted out of the news, and still gets the mails about her orders."),
    "piotr": lazy("Did not get Friday's mail: he had enough of them that week."),
    "claire": lazy("Her service plan renews in 21 days."),
}
TWIN: Final = "john_twin"
PREFIX: Final = "noord-"

THOMAS_GAP: Final = 15  # days
AISHA_GAP: Final = 60
AISHA_OVERDUE: Final = 40
CLAIRE_DAYS: Final = 21
LARS_MINUTES: Final = 50
THURSDAY: Final = 3
FRIDAY: Final = 4

_SHELF: Final = {article.sku: article for article in ARTICLES}


def everybody(now: dt.datetime) -> list[Person]:
    """The named people, each with a life that is true at this moment."""
    return [life(now) for life in LIVES.values()]


def next_thursday(now: dt.datetime) -> dt.date:
    """The Thursday after today."""
    today = now.astimezone(HOME).date()
    return today + dt.timedelta(days=(THURSDAY - today.weekday() - 1) % 7 + 1)


def last_friday(now: dt.datetime) -> dt.datetime:
    """Ten o'clock in the morning of the last Friday that is over."""
    today = now.astimezone(HOME).date()
    day = today - dt.timedelta(days=(today.weekday() - FRIDAY - 1) % 7 + 1)
    return at_home(day, 10, 0)


def at_home(day: dt.date, hour: int, minute: int) -> dt.datetime:
    """A time of day by the clock of the shop."""
    return dt.datetime.combine(day, dt.time(hour, minute), HOME).astimezone(dt.UTC)


def ago(now: dt.datetime, days: float, hour: int = 11, minute: int = 20) -> dt.datetime:
    """A time of day so many days ago, by the clock of the shop."""
    return at_home((now.astimezone(HOME) - dt.timedelta(days=days)).date(), hour, minute)


def _town(city: str, language: str = "") -> Place:
    return next(one for one in PLACES if one.city == city and language in ("", one.language))


def _person(key: str, first: str, last: str, city: str, *, language: str = "", news: bool = True) -> Person:
    one = Person(f"{PREFIX}{key}", f"{PREFIX}browser-{key}", _town(city, language), first, last)
    one.email, one.wants_news = f"{key}@example.com", news
    return one


def _goods(*skus: str) -> list[Article]:
    return [_SHELF[f"NC-{sku}"] for sku in skus]


def _buy(one: Person, at: dt.datetime, *skus: str) -> None:
    goods = _goods(*skus)
    one.see(at - dt.timedelta(minutes=12), goods[0])
    one.do(at - dt.timedelta(minutes=6), "Product Added", **one.about(goods[0]))
    one.do(at - dt.timedelta(minutes=2), "Checkout Started")
    one.order(at, goods, key=f"N-{one.key.removeprefix(PREFIX).upper()}-{len(one.orders) + 1}")


def _on(kind: str, model: str, token: str) -> dict[str, object]:
    return {"context": {"device": {"type": kind, "model": model, "token": token}}}


def _sanne(now: dt.datetime) -> Person:
    one = _person("sanne", "Sanne", "de Vries", "Utrecht")
    one.birthday = "1988-04-12"
    phone, tablet = "noord-phone-sanne", "noord-tablet-sanne"
    iphone = _on("ios", "iPhone 16", "sample-iphone-sanne")
    ipad = _on("ios", "iPad Air", "sample-ipad-sanne")
    first = ago(now, 63, 21, 5)
    one.anonymous = phone
    one.see_page(first, "/", "Home", **iphone)
    one.see(first + dt.timedelta(minutes=3), _SHELF["NC-BAGS"], **iphone)
    one.see(first + dt.timedelta(days=2), _SHELF["NC-TOUR"], **iphone)
    one.anonymous = f"{PREFIX}browser-sanne"
    one.join(ago(now, 56, 20, 10))
    _buy(one, ago(now, 56, 20, 31), "BAGS", "LIGHT")
    # She logs in on the phone as well: what was browsed there without a name is hers from now on.
    login = ago(now, 40, 8, 15)
    one.calls.append(_login(one, login, phone, iphone))
    one.see(login + dt.timedelta(minutes=1), _SHELF["NC-HELMET"], **iphone)
    one.calls.append(_login(one, ago(now, 21, 21, 40), tablet, ipad))
    one.see(ago(now, 21, 21, 44), _SHELF["NC-TOUR"], **ipad)
    _buy(one, ago(now, 12, 20, 2), "HELMET", "GLOVES")
    one.see(ago(now, 2, 19, 30), _SHELF["NC-JACKET"], **ipad)
    return one


def _login(one: Person, at: dt.datetime, anonymous: str, more: dict[str, object]) -> Call:
    return Call(at, {"type": "identify", "userId": one.key, "anonymousId": anonymous, "traits": {}, **more})


def _thomas(now: dt.datetime) -> Person:
    one = _person("thomas", "Thomas", "Becker", "Köln")
    one.birthday, one.card = "1979-09-30", "NC700101"
    due = next_thursday(now)
    days = [due - dt.timedelta(days=THOMAS_GAP * number) for number in range(26, 0, -1)]
    one.see_page(at_home(days[0], 17, 2), "/bicycles", "Bicycles")
    one.join(at_home(days[0], 17, 20))
    baskets = (
        ("TYRE", "CHAIN"),
        ("SOCKS",),
        ("FLEECE", "BOTTLE"),
        ("LAMP",),
        ("GLOVES", "SOCKS"),
        ("PACK30",),
    )
    for number, day in enumerate(days):
        _buy(one, at_home(day, 18, 5 + number), *baskets[number % len(baskets)])
    return one


def _aisha(now: dt.datetime) -> Person:
    one = _person("aisha", "Aisha", "Rahman", "London")
    one.birthday, one.phone = "1985-02-17", "+447700900991"
    # To the hour, so that at any time of day she is overdue by so many whole days.
    last = now - dt.timedelta(days=AISHA_GAP + AISHA_OVERDUE, hours=2)
    begins = last - dt.timedelta(days=7 * AISHA_GAP)
    one.see_page(begins - dt.timedelta(minutes=50), "/", "Home")
    one.join(begins - dt.timedelta(minutes=40))
    baskets = (("TENT2", "SLEEP"), ("BOOTS", "FLEECE", "JACKET"), ("TENT4",), ("PACK55", "SLEEP", "LAMP"))
    for number in range(8):
        _buy(one, begins + dt.timedelta(days=number * AISHA_GAP), *baskets[number % len(baskets)])
    one.see_page(ago(now, 70, 21, 10), *PRICING)
    one.see(ago(now, 33, 21, 15), _SHELF["NC-TENT4"])
    return one


def _lars(now: dt.datetime) -> Person:
    one = _person("lars", "Lars", "Jansen", "Groningen")
    one.see_page(ago(now, 171, 19, 0), "/", "Home")
    one.join(ago(now, 170, 19, 15))
    _buy(one, ago(now, 170, 19, 40), "TYRE", "LOCK")
    _buy(one, ago(now, 48, 20, 12), "LIGHT")
    return one


def lars_at_his_cart(left: dt.datetime) -> Person:
    """Lars again, with nothing but the cart that he leaves at this moment."""
    one = _person("lars", "Lars", "Jansen", "Groningen")
    one.joined = left - dt.timedelta(days=1)
    one.see_page(left - dt.timedelta(minutes=9), "/bicycles", "Bicycles")
    one.see(left - dt.timedelta(minutes=6), _SHELF["NC-JACKET"])
    one.do(left, "Product Added", **one.about(_SHELF["NC-JACKET"]))
    return one


def lars_buys(at: dt.datetime) -> Person:
    """Lars again, with nothing but the order that he places at this moment."""
    one = _person("lars", "Lars", "Jansen", "Groningen")
    one.joined = at - dt.timedelta(days=1)
    one.order(at, _goods("JACKET"), key=f"N-LARS-{int(at.timestamp())}")
    return one


def thomas_buys(at: dt.datetime) -> Person:
    """Thomas again, with nothing but the order that he places at this moment."""
    one = _person("thomas", "Thomas", "Becker", "Köln")
    one.joined = at - dt.timedelta(days=1)
    one.order(at, _goods("SOCKS", "BOTTLE"), key=f"N-THOMAS-{at:%Y%m%d}")
    return one


def _marie(now: dt.datetime) -> Person:
    one = _person("marie", "Marie", "Laurent", "Lille")
    one.card, one.anonymous = "NC700102", "noord-till-NC700102"
    till = {"context": {"externalIds": [{"id": one.card, "type": "loyalty_card", "collection": "users"}]}}
    for number, days in enumerate((371, 309, 240, 188, 121, 64, 23)):
        goods = _goods(*(("SOCKS", "BOTTLE"), ("FLEECE",), ("BOOTS", "SOCKS"))[number % 3])
        one.order(ago(now, days, 15, 10 + number), goods, key=f"TILL-{number + 41}", **till)
    one.anonymous = f"{PREFIX}browser-marie"
    one.see_page(ago(now, 6, 20, 40), "/stores", "Our stores")
    one.join(ago(now, 6, 20, 52))
    one.see(ago(now, 3, 21, 3), _SHELF["NC-SLEEP"])
    return one


def _john(now: dt.datetime) -> Person:
    one = _person("john", "John", "Smith", "Leeds")
    one.email, one.birthday = "john.smith@example.com", "1990-06-08"
    one.see_page(ago(now, 301, 12, 0), "/sale", "Sale")
    one.join(ago(now, 300, 12, 15))
    _buy(one, ago(now, 300, 12, 40), "TRAIL")
    _buy(one, ago(now, 78, 13, 12), "SOCKS", "BOTTLE")
    return one


def _twin(now: dt.datetime) -> Person:
    one = _person("john-2", "J.", "Smith", "Leeds", news=False)
    one.email, one.birthday = "j.smith@example.org", "1990-06-08"
    one.see_page(ago(now, 41, 21, 0), "/", "Home")
    one.join(ago(now, 41, 21, 9))
    _buy(one, ago(now, 41, 21, 30), "STOVE")
    return one


def _emma(now: dt.datetime) -> Person:
    one = _person("emma", "Emma", "Peeters", "Gent")
    one.see_page(ago(now, 240, 10, 0), "/", "Home")
    one.join(ago(now, 240, 10, 20))
    _buy(one, ago(now, 239, 10, 45), "PACK30")
    _buy(one, ago(now, 110, 9, 30), "MAT", "LAMP")
    one.opted_out = ago(now, 20, 8, 5)
    _buy(one, ago(now, 4, 9, 48), "GLOVES", "HELMET")
    return one


def _piotr(now: dt.datetime) -> Person:
    one = _person("piotr", "Piotr", "Nowak", "Rotterdam", language="pl")
    one.see_page(ago(now, 130, 18, 0), "/bicycles", "Bicycles")
    one.join(ago(now, 130, 18, 15))
    _buy(one, ago(now, 130, 18, 40), "TYRE", "CHAIN")
    _buy(one, ago(now, 61, 18, 12), "LOCK")
    friday = last_friday(now)
    for days, sku in ((4, "LIGHT"), (3, "BAGS"), (1, "TOUR")):  # three reminders before that Friday
        left = friday - dt.timedelta(days=days, hours=-8)
        one.see(left - dt.timedelta(minutes=5), _SHELF[f"NC-{sku}"])
        one.do(left, "Product Added", **one.about(_SHELF[f"NC-{sku}"]))
        one.carts.append(left)
    return one


def _claire(now: dt.datetime) -> Person:
    one = _person("claire", "Claire", "Dubois", "Lyon")
    one.birthday = "1993-11-03"
    one.see_page(ago(now, 346, 12, 30), "/bicycles", "Bicycles")
    one.join(ago(now, 345, 12, 45))
    _buy(one, ago(now, 345, 13, 2), "CITY", "LOCK")
    _buy(one, ago(now, 130, 18, 30), "TYRE")
    _buy(one, ago(now, 52, 12, 22), "LIGHT", "GLOVES")
    one.see_page(ago(now, 9, 20, 15), *PRICING)
    one.renews_on = now.astimezone(HOME).date() + dt.timedelta(days=CLAIRE_DAYS)
    return one


LIVES: Final[dict[str, Callable[[dt.datetime], Person]]] = {
    "sanne": _sanne, "thomas": _thomas, "aisha": _aisha, "lars": _lars, "marie": _marie, "john": _john,
    TWIN: _twin, "emma": _emma, "piotr": _piotr, "claire": _claire,
}  # fmt: skip


def user_id(key: str) -> str:
    """By what the shop knows this person."""
    return f"{PREFIX}{'john-2' if key == TWIN else key}"
