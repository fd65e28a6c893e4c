"""What the shop's journeys and its one broadcast sent, before today: told beside the lives, by the same rules.

Who may be written to, and how often in a week, is decided here as delivery decides it, so that the numbers on every
page agree.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from cdp.demo import cast
from cdp.demo.telling import Order, Person

CAP: Final = 3  # marketing messages
CAP_DAYS: Final = 7
WELCOMES: Final = dt.timedelta(days=90)
REMINDERS: Final = dt.timedelta(days=90)
CONFIRMATIONS: Final = dt.timedelta(days=45)
CREDIT: Final = dt.timedelta(days=4)  # somebody who orders so soon after a mail most likely clicked in it

SLIPPING_AFTER: Final = dt.timedelta(days=90)
LAPSED_AFTER: Final = dt.timedelta(days=180)
VALUABLE: Final = Decimal(250)  # euros in all
WINBACK_LASTS: Final = dt.timedelta(days=21)  # between its two mails
MEETING: Final = dt.timedelta(days=75)  # winback is live for so long

type Name = Literal["welcome", "cart", "confirmation", "winback", "sent"]


@dataclass(slots=True)
class Posted:
    """One mail of a journey or broadcast to one person: when, what became of it, and what they did with it."""

    person: str  # their user id
    name: Name
    step: str
    entered: dt.datetime  # when they came into the journey
    at: dt.datetime
    reason: str = ""  # why it was not sent
    opened: dt.datetime | None = None
    clicked: dt.datetime | None = None
    stays: bool = False  # they wait in the journey, behind this mail
    key: str = ""  # once per order: the order


def is_marketing(name: Name) -> bool:
    """Whether the mail counts for the cap."""
    return name != "confirmation"


class Post:
    """Writes down what one person got, in order of time."""

    def __init__(self, *, seed: int, now: dt.datetime) -> None:
        self.seed, self.now = seed, now
        self.friday = cast.last_friday(now)

    def of(self, one: Person) -> list[Posted]:
        """Every mail to this person."""
        if one.joined is None:
            return []
        owed = sorted(self._owed(one), key=lambda mail: mail.at)
        sent: list[Posted] = []
        for mail in owed:
            recent = [
                before
                for before in sent
                if is_marketing(before.name) and mail.at - before.at < dt.timedelta(days=CAP_DAYS)
            ]
            if is_marketing(mail.name) and len([one for one in recent if not one.reason]) >= CAP:
                mail.reason = "capped"
            else:
                self._read(one, mail)
            sent.append(mail)
        return sent

    def _owed(self, one: Person) -> Iterator[Posted]:
        assert one.joined is not None
        key, now = one.key, self.now
        if one.reads_news(one.joined) and one.joined > now - WELCOMES:
            yield Posted(key, "welcome", "hello", one.joined, one.joined + dt.timedelta(minutes=2))
        for left in one.carts:
            due = left + dt.timedelta(hours=1)
            bought = any(left < order.at <= due for order in one.orders)
            if now - REMINDERS < left and due < now and one.reads_news(due) and not bought:
                yield Posted(key, "cart", "reminder", left, due)
        for order in one.orders:
            if order.at > now - CONFIRMATIONS and order.at >= one.joined:
                yield Posted(
                    key, "confirmation", "thanks", order.at, order.at + dt.timedelta(minutes=1), key=order.key
                )
        if (entered := slipped(one, now)) and entered > now - MEETING and one.reads_news(entered):
            yield from self._won_back(one, entered)
        if one.joined < self.friday and one.reads_news(self.friday):
            chance = random.Random(f"{self.seed}-{key}-minute")  # noqa: S311
            yield Posted(
                key, "sent", "email", self.friday, self.friday + dt.timedelta(seconds=chance.randrange(5, 90))
            )

    def _won_back(self, one: Person, entered: dt.datetime) -> Iterator[Posted]:
        second = entered + WINBACK_LASTS
        yield Posted(
            one.key, "winback", "miss", entered, entered + dt.timedelta(minutes=1), stays=second > self.now
        )
        if second < self.now:
            yield Posted(one.key, "winback", "offer", entered, second)

    def _read(self, one: Person, mail: Posted) -> None:
        """Whether it was opened, and clicked in."""
        chance = random.Random(f"{self.seed}-{one.key}-{mail.name}-{mail.at.isoformat()}")  # noqa: S311
        soon = _soon(one.orders, mail.at)
        if mail.name in ("sent", "cart", "winback", "welcome") and soon and chance.random() < 0.75:
            mail.clicked = mail.at + (soon.at - mail.at) * chance.uniform(0.4, 0.95)
            mail.opened = mail.clicked - dt.timedelta(seconds=chance.randrange(5, 50))
            mail.opened = max(mail.opened, mail.at + dt.timedelta(seconds=20))
            return
        opens = {"confirmation": 0.7, "welcome": 0.55, "cart": 0.5, "sent": 0.5, "winback": 0.33}[mail.name]
        clicks = {"confirmation": 0.08, "welcome": 0.25, "cart": 0.22, "sent": 0.3, "winback": 0.15}[
            mail.name
        ]
        named = one.key == f"{cast.PREFIX}sanne" and mail.name == "sent"
        if named or chance.random() < opens:
            mail.opened = mail.at + dt.timedelta(minutes=3 + chance.expovariate(1 / 400))
            if named or chance.random() < clicks:
                mail.clicked = mail.opened + dt.timedelta(seconds=chance.randrange(8, 90))
        mail.opened = mail.opened if mail.opened and mail.opened < self.now else None
        mail.clicked = mail.clicked if mail.opened and mail.clicked and mail.clicked < self.now else None


def slipped(one: Person, now: dt.datetime) -> dt.datetime | None:
    """Since when they are at risk and were worth something; None where they are not."""
    if not one.orders:
        return None
    entered = max(order.at for order in one.orders) + SLIPPING_AFTER
    spent = sum(
        (order.total * (1 if order.currency == "EUR" else Decimal("1.15")) for order in one.orders),
        Decimal(0),
    )
    is_slipping = entered < now < entered - SLIPPING_AFTER + LAPSED_AFTER
    return entered if is_slipping and spent > VALUABLE and len(one.orders) > 1 else None


def _soon(orders: Sequence[Order], at: dt.datetime) -> Order | None:
    """The first order that came soon after a mail."""
    later = [order for order in orders if at + dt.timedelta(minutes=40) < order.at < at + CREDIT]
    return min(later, key=lambda order: order.at, default=None)
