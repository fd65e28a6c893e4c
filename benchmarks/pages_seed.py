"""A shop with a past, for the benchmark of pages: people and what they did, segments, journeys, mails, a broadcast.

Everything comes in by the product's own doors (ingestion, rebuild, publishing, the engine, delivery), so that
counters, stages, memberships and consents are true. The same seed makes the same shop.
"""

import datetime as dt
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User

from cdp import figures, pipeline
from cdp.models import TestMail
from journeys.editor import drafting
from journeys.flow import broadcasting, engine, publishing, runs
from journeys.flow.audience import Audience, breakdown
from journeys.messages import contents, delivery
from journeys.models import Content, Journey, Sender
from profiles import ingest, lifecycle_counts
from profiles.lifecycle_counts import Ground
from profiles.models import Brand, Campaign, Contact, InboxItem, Lane, Settings, Source, Topic
from profiles.stages import Thresholds
from segments import catalog, lists, rebuild, versions
from segments.models import Segment

SEED: Final = 5
BATCH: Final = 2000
YEARS: Final = 1000  # days that the shop is old
FIRST: Final = (
    "Sanne",
    "Thomas",
    "Aisha",
    "Lars",
    "Marie",
    "John",
    "Emma",
    "Piotr",
    "Claire",
    "Bram",
    "Noor",
    "Wei",
)
LAST: Final = (
    "de Vries",
    "Jansen",
    "Bakker",
    "Müller",
    "Schmidt",
    "Dubois",
    "Peeters",
    "Smith",
    "Okafor",
    "Haddad",
)
PLACES: Final = (
    ("NL", "Utrecht", "nl"),
    ("BE", "Gent", "nl"),
    ("DE", "Köln", "de"),
    ("FR", "Lyon", "fr"),
    ("GB", "Leeds", "en"),
)
PRODUCTS: Final = (
    ("TENT-2", "Two-person tent", "Shelter", 249.0), ("BAG-30", "Rucksack", "Bags", 89.5),
    ("BOOT-W", "Walking boots", "Shoes", 139.0), ("JKT-R", "Rain jacket", "Clothing", 119.95),
    ("BTL-7", "Bottle", "Cooking", 18.5), ("LCK-U", "U-lock", "Bicycle", 59.0),
)  # fmt: skip

type Item = tuple[dt.datetime, dict[str, Any]]
type Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shop:
    """What the pages are asked for: ids of things that are there."""

    people: Sequence[int]  # contacts to look at, in no order
    segment: int
    list: int
    journey: int
    split: str  # a step of that journey
    email_step: str
    broadcast: int  # sent
    draft: int  # not sent
    email: int
    mail: int  # in the test mailbox
    campaign: int
    brand: int
    topic: int


def open_shop(count: int, *, now: dt.datetime) -> User:
    """A workspace with `count` known people and some visitors, and Ada, who may do everything."""
    ada = User.objects.filter(username="ada").first() or User.objects.create_superuser(
        "ada", "ada@kindred.example", "a long enough word"
    )
    Settings.objects.update(name="Noord & Co", time_zone="Europe/Amsterdam", currency="EUR", country="NL")
    Brand.objects.filter(is_default=True).update(postal_address="Noord & Co, Kanaalweg 12, 3526 KM Utrecht")
    Topic.objects.get_or_create(
        key="news", defaults={"brand": Brand.objects.get(is_default=True), "name": "News"}
    )
    source = Source.objects.create(name="Till and shop", kind=Source.Kind.SERVER, lane=Lane.BULK)
    items = sorted(_history(count, now=now), key=lambda item: item[0])
    for first in range(0, len(items), BATCH):
        batch = [json.dumps(said).encode() for _, said in items[first : first + BATCH]]
        accepted = ingest.accept(source=source, items=batch, sent_at=None, now=now)
        assert not accepted.refused, accepted.refused[:1]
    while InboxItem.objects.exists():
        pipeline.digest(now=now)
    while pipeline.let_time_pass(now=now):
        pass
    return ada


def _history(count: int, *, now: dt.datetime) -> Iterator[Item]:
    chance = random.Random(SEED)
    for number in range(count + count // 10):
        at = now - dt.timedelta(days=chance.random() ** 0.7 * YEARS, hours=1)
        life = _visitor(number, at, chance)
        if number < count:
            life += _customer(number, at + dt.timedelta(hours=1), chance)
        for step, (moment, said) in enumerate(life):
            if moment < now:
                yield moment, {"messageId": f"m-{number}-{step}", "timestamp": moment.isoformat(), **said}


def _visitor(number: int, at: dt.datetime, chance: random.Random) -> list[Item]:
    sku, name, category, price = chance.choice(PRODUCTS)
    properties = {"product_id": sku, "name": name, "category": category, "price": price}
    said = {
        "type": "track",
        "event": "Product Viewed",
        "anonymousId": f"a-{number}",
        "properties": properties,
    }
    return [(at + dt.timedelta(minutes=minutes), said) for minutes in range(chance.randint(1, 3))]


def _customer(number: int, at: dt.datetime, chance: random.Random) -> list[Item]:
    user = f"c-{number}"
    first, last = chance.choice(FIRST), chance.choice(LAST)
    country, city, language = chance.choice(PLACES)
    traits: dict[str, Any] = {
        "email": f"person{number}@example.com", "firstName": first, "lastName": last, "country": country,
        "city": city, "language": language, "plan": chance.choice(["basic", "basic", "gold"]),
        "loyalty_points": chance.randint(0, 900),
    }  # fmt: skip
    life: list[Item] = [
        (at, {"type": "identify", "userId": user, "anonymousId": f"a-{number}", "traits": traits})
    ]
    if chance.random() < 0.7:
        consent = {"topic": "news", "channel": "email"}
        life.append((at, {"type": "track", "userId": user, "event": "Subscribed", "properties": consent}))
    orders = 0 if chance.random() < 0.45 else 1 if chance.random() < 0.5 else chance.randint(2, 7)
    gap = chance.choice([18, 35, 60, 90, 150])
    for order in range(orders):
        at += dt.timedelta(days=max(3, chance.gauss(gap, gap / 4)))
        life.append((at, {"type": "track", "userId": user, **_order(f"N{number}-{order}", chance)}))
    return life


def _order(name: str, chance: random.Random) -> dict[str, Any]:
    bought = chance.sample(PRODUCTS, chance.randint(1, 3))
    products = [
        {"product_id": sku, "name": name, "category": category, "price": price, "quantity": 1}
        for sku, name, category, price in bought
    ]
    total = round(sum(price for *_, price in bought), 2)
    properties = {"order_id": name, "total": total, "currency": "EUR", "products": products}
    return {"event": "Order Completed", "properties": properties}


def put_to_work(ada: User, *, now: dt.datetime) -> Shop:
    """A dozen segments, a list, journeys with people in them, mails sent, a broadcast sent and one in the making.

    Wants settings.TEST_MAILBOX to be a server that takes mails.
    """
    segments = [_segment(name, tree, ada, now=now) for name, tree in _questions()]
    campaign = Campaign.objects.create(name="Spring")
    picked = Segment.objects.create(name="Friends of the shop", kind=Segment.Kind.STATIC, owner=ada)
    known = Contact.objects.filter(known_since_at__isnull=False, merged_into__isnull=True).order_by("pk")
    people = list(known.values_list("pk", flat=True))
    lists.add(picked, people[:: max(1, len(people) // 300)], by=ada, now=now)
    mails = [contents.begin(f"Mail {n}", "thanks" if n % 2 else "welcome", by=ada, now=now) for n in range(8)]
    for mail in mails:
        _finish(mail, ada, now=now)
    journeys = [_journey(n, mails[n % 8], segments[n % 12], ada, now=now) for n in range(8)]
    for number, journey in enumerate(journeys[:5]):
        version = publishing.publish(journey, by=ada, now=now)
        runs.put_in(version, people[number::5][: len(people) // 10], by=ada, now=now)
    sent = _broadcast("Autumn news", segments[0], mails[0], campaign, ada, now=now)
    _send(sent, mails[0], ada, now=now)
    draft = _broadcast("Winter news", segments[1], mails[1], campaign, ada, now=now)
    _let_it_run(now=now)
    kept = TestMail.objects.bulk_create(
        TestMail(mail_from="a@b.example", recipient=f"person{n}@example.com", subject="Hello", content=LETTER)
        for n in range(200)
    )
    count_in_background(now=now)
    steps = {step["kind"]: step["id"] for step in journeys[0].draft["steps"]}
    chance = random.Random(SEED)
    return Shop(
        people=chance.sample(people, min(len(people), 2000)), segment=segments[0].pk, list=picked.pk,
        journey=journeys[0].pk, split=steps["split"], email_step=steps["email"], broadcast=sent.pk,
        draft=draft.pk, email=mails[1].pk, mail=kept[0].pk, campaign=campaign.pk,
        brand=Brand.objects.get(is_default=True).pk,
        topic=Topic.objects.get(key="news").pk,
    )  # fmt: skip


def count_in_background(*, now: dt.datetime) -> None:
    """What the maintenance worker counts every few minutes."""
    figures.count(now=now, zone=catalog.zone())
    lifecycle_counts.count(Ground(Thresholds.of(Settings.objects.get()), catalog.zone(), now))


LETTER: Final = b"Content-Type: text/html\n\n<p>Hello</p>"
EVER: Final = {"type": "ever"}


def _questions() -> Iterator[tuple[str, Tree]]:
    lately = {"type": "last", "amount": 90, "unit": "day"}
    order = {"type": "event", "name": "Order Completed", "frequency": "at_least", "count": 1, "where": []}
    yield "Bought lately", {**order, "window": lately}
    for code, *_ in PLACES:
        yield f"From {code}", {"type": "attribute", "key": "country", "operator": "is", "value": code}
    for amount in (100, 250, 500):
        yield (
            f"Spent over {amount}",
            {"type": "purchase", "measure": "revenue", "operator": "gt", "value": amount, "window": EVER},
        )
    yield "At risk", {"type": "stage", "operator": "is_any_of", "value": ["at_risk"]}
    yield "Gold", {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}
    yield "Twice a customer", {**order, "count": 2, "window": EVER}


def _segment(name: str, leaf: Tree, ada: User, *, now: dt.datetime) -> Segment:
    tree = {"type": "all", "children": [leaf]}
    segment = Segment.objects.create(name=name, definition=tree, owner=ada)
    versions.keep(segment, by=ada, now=now)
    rebuild.rebuild(segment, now=now)
    return segment


def _finish(mail: Content, ada: User, *, now: dt.datetime) -> None:
    """Fill in what a starting layout leaves open: where its buttons lead, which product it shows."""
    draft = json.loads(json.dumps(mail.draft))
    for words in draft["languages"].values():
        words["blocks"] = [one for one in words["blocks"] if one["kind"] != "product"]
        for block in words["blocks"]:
            if block["kind"] == "button":
                block["url"] = "https://noord.example/"
    mail.draft = draft
    mail.save()


def _journey(number: int, mail: Content, segment: Segment, ada: User, *, now: dt.datetime) -> Journey:
    condition = {"type": "segment", "segment": segment.pk, "operator": "in"}
    email = drafting.fresh("email") | {"content": mail.pk}
    again = drafting.fresh("email") | {"content": mail.pk}
    wait = drafting.fresh("wait") | {"amount": 3}
    split = drafting.fresh("split") | {"condition": {"type": "all", "children": [condition]}, "yes": [again]}
    drawn = {
        "trigger": {"kind": "event", "event": "Signed Up", "where": []},
        "settings": {"reentry": "never"},
        "steps": [email, wait, split, drafting.fresh("wait") | {"amount": 1}, drafting.fresh("exit")],
    }
    journey = Journey.objects.create(name=f"Welcome {number}", owner=ada)
    drafting.save(journey, drawn, by=ada, now=now)
    return journey


def _broadcast(
    name: str, segment: Segment, mail: Content, campaign: Campaign, ada: User, *, now: dt.datetime
) -> Journey:
    draft = {
        "include": [segment.pk], "exclude": [], "purpose": "marketing", "content": mail.pk, "at": now.isoformat(),
        "topic": Topic.objects.get(key="news").pk, "sender": Sender.objects.get(is_default=True).pk,
    }  # fmt: skip
    return Journey.objects.create(
        name=name, kind=Journey.Kind.BROADCAST, owner=ada, draft=draft, campaign=campaign
    )


def _send(broadcast: Journey, mail: Content, ada: User, *, now: dt.datetime) -> None:
    revision = contents.freeze(mail, by=ada, now=now)
    draft = broadcast.draft
    gets = breakdown(Audience.read(draft), topic_id=draft["topic"], purpose="marketing", now=now)
    broadcasting.confirm(broadcast, revision=revision.pk, expected=gets, at=now, by=ada, now=now)


def _let_it_run(*, now: dt.datetime) -> None:
    while broadcasting.take_in(now=now) or engine.advance(now=now):
        pass
    while delivery.deliver(now=lambda: now).claimed:
        pass
    while InboxItem.objects.exists():
        pipeline.digest(now=now)
