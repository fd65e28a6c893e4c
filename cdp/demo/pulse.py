"""The shop's heartbeat: a few events a minute through the same door, so that pages move.

Everything is drawn from the moment, and each call has a fixed id: a beat that is told twice happened once.
"""

import datetime as dt
import random
from typing import Final

from cdp.demo import cast, finding, furnishing, stirring, story
from cdp.demo.crowd import HOME, Crowd
from cdp.demo.goods import DOMAINS, FIRST, LAST, PLACES
from cdp.demo.models import Demo
from cdp.demo.story import Story
from cdp.demo.telling import Person, address, raw
from journeys.models import Message
from profiles import ingest
from profiles.models import Lane, Purchase

EVERY: Final = 20  # seconds
NIGHT: Final = range(1, 6)  # hours in which hardly anybody shops
BACK: Final = dt.timedelta(hours=2)  # after so long, Lars leaves another cart


def beat(*, now: dt.datetime) -> int:
    """One beat, while the shop is there; how many calls went through the door."""
    demo = Demo.objects.filter(pk=1, phase=Demo.Phase.READY).first()
    if demo is None or demo.began_at is None:
        return 0
    number = int(now.timestamp()) // EVERY
    told = story.tell(seed=demo.seed, now=demo.began_at, size=demo.people)
    one = _somebody(told, number, now=now)
    calls = [call for call in one.calls if call.at <= now] if one else []
    source = furnishing.source()
    source.lane = Lane.LIVE
    items = [raw(call, f"pulse-{number}-{place}") for place, call in enumerate(calls)]
    if items:
        ingest.accept(source=source, items=items, sent_at=None, now=now)
    _keep_stories(now=now)
    Demo.objects.filter(pk=1).update(beat_at=now)
    return len(items)


def _somebody(told: Story, number: int, *, now: dt.datetime) -> Person | None:
    """Who does something now, and what; nobody, in most of the beats of the night."""
    chance = random.Random(f"pulse-{number}")  # noqa: S311
    if now.astimezone(HOME).hour in NIGHT and chance.random() < 0.8:
        return None
    if chance.random() < 0.04:
        return _newcomer(chance, number, now=now)
    known = told.people[len(cast.LIVES) :]
    whole = chance.choice([one for one in known[-800:] if one.key] or known)
    one = Person(whole.key, whole.anonymous, whole.place, whole.first_name, whole.last_name, whole.email)
    one.joined = whole.joined
    _does(one, chance, now=now)
    return one


def _newcomer(chance: random.Random, number: int, *, now: dt.datetime) -> Person:
    place = chance.choices(PLACES, [one.weight for one in PLACES])[0]
    first, last = chance.choice(FIRST[place.language]), chance.choice(LAST[place.language])
    one = Person(f"{cast.PREFIX}new-{number}", f"{cast.PREFIX}browser-new-{number}", place, first, last)
    one.email, one.wants_news = address(first, last, number, chance.choice(DOMAINS)), chance.random() < 0.7
    one.see_page(now - dt.timedelta(seconds=12), "/", "Home")
    one.join(now - dt.timedelta(seconds=6))
    return one


def _does(one: Person, chance: random.Random, *, now: dt.datetime) -> None:
    """They look, fill a cart, or order."""
    crowd = Crowd(seed=chance.randrange(10**6), now=now, size=1)
    what = chance.random()
    if what < 0.05:
        goods = crowd.basket(1 + chance.randrange(2))
        one.order(now - dt.timedelta(seconds=1), goods, key=f"N-{int(now.timestamp())}")
        return
    article = crowd.basket(1)[0]
    one.see(now - dt.timedelta(seconds=9), article)
    if what < 0.12:
        one.do(now - dt.timedelta(seconds=2), "Product Added", **one.about(article))


def _keep_stories(*, now: dt.datetime) -> None:
    """Lars has a cart again once his reminder is a while ago; Thomas orders when he is due."""
    lars, thomas = finding.person("lars"), finding.person("thomas")
    if lars and not stirring.is_waiting():
        latest = Message.objects.filter(contact=lars, purpose="marketing").order_by("-created_at").first()
        bought = Purchase.objects.filter(contact=lars, occurred_at__gt=now - BACK).exists()
        if not bought and (latest is None or latest.created_at < now - BACK):
            stirring.fill_cart(now=now)
    if thomas:
        last = Purchase.objects.filter(contact=thomas).order_by("-occurred_at").first()
        if last and last.occurred_at < now - dt.timedelta(days=cast.THOMAS_GAP):
            stirring.send(cast.thomas_buys(now), f"thomas-{now:%Y%m%d}", lane=Lane.LIVE, now=now)
