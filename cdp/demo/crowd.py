"""Two thousand people nobody knows: drawn by chance from a seed, so that their figures look like a shop's.

55 of a hundred buy, 45 of a hundred buyers buy again. Each November has its peak, and seven months ago many who had
been buying stopped.
"""

import datetime as dt
import random
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

from cdp.demo.goods import ARTICLES, DOMAINS, FIRST, LAST, PLACES, WEBSITE, ZONE, Article, Place
from cdp.demo.telling import Person, address

HISTORY: Final = 730  # days
BUYERS: Final = 0.55
AGAIN: Final = 0.45  # of the buyers
VISITORS: Final = 0.1  # beside the known ones
WAVE: Final = 215  # days ago
WAVE_SHARE: Final = 0.5  # of those who bought again, and had begun by then
GAPS: Final = ((15, 1), (26, 3), (40, 5), (58, 6), (80, 5), (120, 3))  # days between orders, and how common
CAMPAIGNS: Final = ("", "", "", "newsletter", "spring", "google")
HOURS: Final = (8, 9, 10, 11, 12, 12, 13, 14, 15, 16, 17, 19, 20, 20, 21, 21, 22)
HOME: Final = ZoneInfo(ZONE)
PAGES: Final = (("/", "Home"), ("/bicycles", "Bicycles"), ("/sale", "Sale"), ("/stores", "Our stores"))
PRICING: Final = ("/service-plan/pricing", "Service plan: pricing")


class Crowd:
    """Draws people, one after the other; the same seed and moment draw the same."""

    def __init__(self, *, seed: int, now: dt.datetime, size: int) -> None:
        self.chance = random.Random(f"noord-{seed}")  # noqa: S311  # a story, no secret
        self.now, self.size = now, size
        self.orders = 0
        self.days = list(range(HISTORY))
        self.pull = [self._pull(now - dt.timedelta(days=HISTORY - day)) for day in self.days]

    def people(self) -> Iterator[Person]:
        """Everybody, and the visitors."""
        buyers = round(self.size * BUYERS)
        again = round(buyers * AGAIN)
        roles = ["again"] * again + ["once"] * (buyers - again) + ["never"] * (self.size - buyers)
        self.chance.shuffle(roles)
        for number, role in enumerate(roles, start=1):
            yield self._person(number, role)
        for number in range(round(self.size * VISITORS)):
            yield self._visitor(number)

    def _pull(self, day: dt.datetime) -> float:
        """How many people find the shop on a day, beside other days: it grows, and shines in November."""
        grown = 1 + (HISTORY - (self.now - day).days) / HISTORY
        season = {4: 1.3, 5: 1.4, 6: 1.25, 11: 1.0, 1: 0.7}.get(day.month, 1.0)
        return grown * (2.6 if is_peak(day.date()) else season)

    def moment(self, day: dt.datetime) -> dt.datetime:
        """A time on that day, by the clock of the shop, not after now."""
        at = day.astimezone(HOME).replace(
            hour=self.chance.choice(HOURS), minute=self.chance.randrange(60), second=self.chance.randrange(60)
        )
        latest = self.now - dt.timedelta(minutes=self.chance.randrange(60, 60 * 20))
        return min(at.astimezone(dt.UTC), latest)

    def _began(self, *, at_least: int) -> dt.datetime:
        """When somebody first came: at least so many days ago."""
        last = HISTORY - at_least
        day = self.chance.choices(self.days[:last], self.pull[:last])[0]
        return self.moment(self.now - dt.timedelta(days=HISTORY - day))

    def _visitor(self, number: int) -> Person:
        one = Person("", f"noord-visitor-{number}", self._place())
        day = self.now - dt.timedelta(days=self.chance.randrange(1, 60))
        self._visit(one, self.moment(day))
        return one

    def _place(self) -> Place:
        return self.chance.choices(PLACES, [place.weight for place in PLACES])[0]

    def _person(self, number: int, role: str) -> Person:
        chance, place = self.chance, self._place()
        first, last = chance.choice(FIRST[place.language]), chance.choice(LAST[place.language])
        one = Person(f"noord-{number}", f"noord-browser-{number}", place, first, last)
        one.email = address(first, last, number, chance.choice(DOMAINS))
        one.wants_news = chance.random() < (0.8 if role != "never" else 0.65)
        if chance.random() < 0.7:
            one.birthday = (
                f"{chance.randint(1952, 2004)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            )
        if chance.random() < 0.35 and role != "never":
            one.card = f"NC{700000 + number}"
        if place.country == "GB" and number < 1000 and chance.random() < 0.6:
            one.phone = f"+447700900{number:03}"  # Ofcom keeps these numbers for stories
        began = self._began(at_least={"again": 45, "once": 4, "never": 1}[role])
        self._visit(one, began, campaign=chance.choice(CAMPAIGNS))
        joined = began + dt.timedelta(hours=chance.random() * 40)
        one.join(min(joined, self.now - dt.timedelta(minutes=chance.randrange(45, 900))))
        for at in self._orders(role, began):
            self.buy(one, at)
        self._look_around(one)
        if one.wants_news and chance.random() < 0.07:
            assert one.joined is not None
            one.opted_out = one.joined + (self.now - one.joined) * chance.random()
        if one.orders and chance.random() < 0.16:
            one.renews_on = self.now.date() + dt.timedelta(days=chance.randrange(2, 363))
        return one

    def _orders(self, role: str, began: dt.datetime) -> list[dt.datetime]:
        if role == "never":
            return []
        chance = self.chance
        first = self.moment(began + dt.timedelta(days=chance.random() * 5))
        first = max(first, began + dt.timedelta(hours=41))
        first = min(first, self.now - dt.timedelta(hours=chance.uniform(5, 30)))
        if role == "once":
            return [first]
        wave = self.now - dt.timedelta(days=WAVE)
        ends = wave if first < wave and chance.random() < WAVE_SHARE else self.now
        gap = chance.choices([days for days, _ in GAPS], [weight for _, weight in GAPS])[0]
        found, at = [first], first
        while len(found) < 22:
            at = self.moment(at + dt.timedelta(days=max(4.0, chance.gauss(gap, gap / 4))))
            if at >= ends - dt.timedelta(hours=21) or chance.random() < 0.05:
                break
            found.append(at)
        found += [at for at in self._peaks(first, ends) if chance.random() < 0.55]
        if len(found) == 1:
            found.append(first + (ends - first) * chance.uniform(0.2, 0.8))
        return sorted(found)

    def _peaks(self, first: dt.datetime, ends: dt.datetime) -> Iterator[dt.datetime]:
        """A moment in the peak of each November in between."""
        for year in range(first.year, ends.year + 1):
            day = dt.datetime(year, 11, 16, tzinfo=dt.UTC) + dt.timedelta(days=self.chance.randrange(14))
            at = self.moment(day)
            if first + dt.timedelta(days=5) < at < ends - dt.timedelta(hours=21) and is_peak(at.date()):
                yield at

    def buy(self, one: Person, at: dt.datetime, *, most: int = 3) -> None:
        """Look, choose, pay."""
        chance = self.chance
        chosen = self.basket(min(most, chance.choice((1, 1, 2, 2, 3))))
        for place, article in enumerate(chosen):
            one.see(at - dt.timedelta(minutes=22 - 4 * place), article)
        if chance.random() < 0.75:
            one.do(at - dt.timedelta(minutes=7), "Product Added", **one.about(chosen[0]))
        if chance.random() < 0.4:
            one.do(at - dt.timedelta(minutes=3), "Checkout Started")
        self.orders += 1
        placed = one.order(at, chosen, key=f"N{self.orders:05}")
        if chance.random() < 0.04 and at < self.now - dt.timedelta(days=12):
            back = {"order_id": placed.key, "total": float(placed.total), "currency": placed.currency}
            one.do(at + dt.timedelta(days=chance.randint(3, 11)), "Order Refunded", **back)
        if chance.random() < 0.2 and at < self.now - dt.timedelta(days=8):
            one.do(
                at + dt.timedelta(days=chance.randint(2, 7)),
                "Review Written",
                stars=chance.choice((3, 4, 4, 5, 5)),
            )

    def basket(self, size: int) -> list[Article]:
        """So many articles, the common ones more often."""
        return self.chance.choices(ARTICLES, [article.weight for article in ARTICLES], k=size)

    def _visit(self, one: Person, at: dt.datetime, *, campaign: str = "") -> None:
        context = {"campaign": {"name": campaign, "source": campaign}} if campaign else {}
        path, title = self.chance.choice(PAGES)
        one.see_page(at, path, title, **({"context": context} if context else {}))
        for number in range(self.chance.choice((0, 1, 1, 2))):
            one.see(at + dt.timedelta(minutes=2 + 3 * number), self.chance.choice(ARTICLES))

    def _look_around(self, one: Person) -> None:
        """Visits that lead to nothing, or to a cart that is left behind."""
        assert one.joined is not None
        last = max((order.at for order in one.orders), default=one.joined)
        until = min(self.now, last + dt.timedelta(days=140))
        span = (until - one.joined) / dt.timedelta(days=1)
        for _ in range(min(9, int(self.chance.expovariate(1 / (1 + span / 60))))):
            at = self.moment(one.joined + dt.timedelta(days=self.chance.random() * span))
            if at <= one.joined + dt.timedelta(hours=1):
                continue
            self._visit(one, at)
            if len(one.orders) > 1 and self.chance.random() < (0.5 if one.place.city == "London" else 0.08):
                one.see_page(at + dt.timedelta(minutes=9), *PRICING)
            if self.chance.random() < 0.12:
                self._leave_cart(one, at)

    def _leave_cart(self, one: Person, at: dt.datetime) -> None:
        left = at + dt.timedelta(minutes=14)
        one.do(left, "Product Added", **one.about(self.chance.choice(ARTICLES)))
        one.carts.append(left)
        back = left + dt.timedelta(hours=self.chance.uniform(3, 40))
        if len(one.orders) > 1 and back < self.now - dt.timedelta(hours=2) and self.chance.random() < 0.35:
            self.buy(one, back, most=2)


def is_peak(day: dt.date) -> bool:
    """Whether it is the busy time of November."""
    return day.month == 11 and day.day >= 14


__all__ = ["AGAIN", "BUYERS", "HISTORY", "HOME", "PRICING", "WAVE", "WEBSITE", "Crowd", "is_peak"]
