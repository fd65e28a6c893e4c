"""The second walk: an edit becomes a count, a count becomes a segment, and the segment follows what happens.

Over HTTP, against rows that are really committed; the oracle of the segment language says what every number must be.
"""

import datetime as dt
import json
import random
import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from cdp import pipeline
from cdp.lib.json import JsonObject
from profiles import keys, partitions
from profiles.models import Contact, EventDefinition, IdentityLink, Source
from segments import ast, catalog, describe
from segments.models import Membership, Segment
from segments.tasks import build_waiting
from tests.profiles.door import key_for
from tests.segments import oracle
from tests.segments.world import NEWS, World, base, store

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

GOLD: JsonObject = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}
BUYERS: JsonObject = {
    "type": "event",
    "name": "Order Completed",
    "frequency": "at_least",
    "count": 1,
    "window": {"type": "last", "amount": 90, "unit": "day"},
    "where": [{"property": "total", "operator": "gt", "value": 50}],
}
RING: JsonObject = {
    "type": "bought",
    "what": "category",
    "operator": "is_any_of",
    "value": ["Rings"],
    "frequency": "at_least",
    "count": 1,
    "window": {"type": "ever"},
}
READERS: JsonObject = {"type": "reach", "channel": "email", "topic": NEWS, "operator": "can"}
BELGIANS: JsonObject = {"type": "attribute", "key": "country", "operator": "is", "value": "BE"}
LEFT_OUT: JsonObject = {"type": "none", "children": [BELGIANS]}
EDITS: list[list[JsonObject]] = [
    [GOLD],
    [GOLD, BUYERS],
    [GOLD, {"type": "any", "children": [BUYERS, RING]}],
    [GOLD, {"type": "any", "children": [BUYERS, RING]}, READERS],
    [BUYERS, READERS, LEFT_OUT],
]


def people(now: dt.datetime, seed: int) -> World:
    """Sixty people with a few facts each, none near the edge of a window."""
    chance = random.Random(seed)
    world = World()
    for number in range(1001, 1061):
        plan = chance.choice(["gold", "gold", "basic", None])
        world.contacts[number] = {
            "known": chance.random() < 0.9,
            "columns": {"country": chance.choice(["NL", "BE"]), "email": f"p{number}@example.com"},
            "attributes": {"plan": plan} if plan else {},
            "merged_into": None,
            "created": now - dt.timedelta(days=30),
            "known_at": now - dt.timedelta(days=30),
        }
        world.owner[number] = number
        ago = dt.timedelta(days=chance.choice([3, 40, 85, 95]))
        if chance.random() < 0.6:
            order = {"total": chance.choice([20, 80])}
            world.events.append(
                {"persona": number, "name": "Order Completed", "at": now - ago, "properties": order}
            )
        if chance.random() < 0.4:
            world.purchases.append(bought(number, now - ago, chance.choice(["Rings", "Tents"])))
        if chance.random() < 0.7:
            world.consents.append(
                {"persona": number, "topic": NEWS, "channel": "email", "state": "subscribed", "at": now - ago}
            )
        if chance.random() < 0.1:
            world.blocked["email", f"p{number}@example.com"] = None
    return world


def bought(persona: int, at: dt.datetime, category: str) -> dict[str, Any]:
    """An order with one item."""
    item = {"sku": "1", "name": "Thing", "category": category, "maker": ""}
    order = {"persona": persona, "at": at, "amount": Decimal(50), "refunded": Decimal(0), "cancelled": False}
    return {**order, "items": [item]}


def numbers(html: str, pattern: str) -> list[int]:
    """Every number that the pattern finds on a page."""
    return [int(found.replace(",", "")) for found in re.findall(pattern, html, re.DOTALL)]


@pytest.fixture
def now() -> dt.datetime:
    """The real moment: pages look at the clock."""
    moment = timezone.now()
    partitions.ensure([moment - dt.timedelta(days=days) for days in range(0, 120, 15)], now=moment)
    return moment


@pytest.fixture
def world(now: dt.datetime, capsys: pytest.CaptureFixture[str]) -> World:
    """The people, in the database."""
    seed = random.SystemRandom().randrange(10**6)
    with capsys.disabled():
        print(f"\nseed of the walk: {seed}")
    world = people(now, seed)
    store(world, source=base(), now=now)
    IdentityLink.objects.bulk_create(
        IdentityLink(namespace="user_id", value=f"u{one}", persona_id=one, created_at=now, last_seen_at=now)
        for one in world.owner
    )
    return world


@pytest.fixture
def browser(live_server: LiveServer, admin_client: Client) -> Iterator[httpx.Client]:
    """Somebody signed in, over real HTTP."""
    token = "a" * 32
    cookies = {name: morsel.value for name, morsel in admin_client.cookies.items()} | {"csrftoken": token}
    headers = {"X-CSRFToken": token, "Referer": live_server.url}
    with httpx.Client(base_url=live_server.url, cookies=cookies, headers=headers, timeout=30) as client:
        yield client


def test_it_turns_an_edit_into_a_count_and_keeps_the_segment_true(
    world: World, browser: httpx.Client, live_server: LiveServer, now: dt.datetime
) -> None:
    for conditions in EDITS:
        check_count(browser, conditions, world, now)

    segment = save(browser, EDITS[3])
    tree = ast.load({"type": "all", "children": list(EDITS[3])})
    assert members(segment) == oracle.members(tree, world, now)

    newcomer = next(one for one in sorted(world.contacts) if could_enter(one, world, now, tree))
    order(live_server, newcomer, world, now)
    assert newcomer in members(segment)
    assert members(segment) == oracle.members(tree, world, timezone.now())


def check_count(browser: httpx.Client, conditions: list[JsonObject], world: World, now: dt.datetime) -> None:
    """One edit: what the rail shows is what the oracle says."""
    tree = ast.load({"type": "all", "children": list(conditions)})
    answer = browser.post("/segments/preview/", data={"definition": json.dumps(ast.dump(tree))})

    assert answer.status_code == 200
    page = unescape(answer.text)
    wanted = oracle.members(tree, world, now)
    known = sum(one["known"] for one in world.contacts.values())
    assert numbers(page, r'id="rail-number"[^>]*>([\d,]+)<') == [len(wanted)]
    assert f"of {known} people" in page
    emails = wanted & oracle.members(ast.Reach(ast.Reachable.EMAIL), world, now)
    assert numbers(page, r'class="rail-list">.*?<dd>([\d,]+) ')[:1] == [len(emails)]
    steps = numbers(page, r'class="rail-step">.*?</span><span>([\d,]+)</span>')
    assert steps == [
        len(oracle.members(ast.load({"type": "all", "children": list(conditions[: n + 1])}), world, now))
        for n in range(len(conditions))
    ]
    shown = set(numbers(page, r'class="person" href="/[a-z]+/(\d+)/'))
    assert shown <= wanted
    assert len(shown) == min(10, len(wanted))
    assert describe.in_words(tree, catalog.catalogue()) in page


def save(browser: httpx.Client, conditions: list[JsonObject]) -> Segment:
    """Save it under a name, and let the background build it."""
    definition = {"type": "all", "children": conditions}
    answer = browser.post(
        "/segments/new/", data={"name": "Gold readers", "definition": json.dumps(definition)}
    )
    assert answer.status_code == 302, answer.text[:500]
    build_waiting()
    return Segment.objects.get(name="Gold readers")


def members(segment: Segment) -> set[int]:
    return set(Membership.objects.filter(segment=segment).values_list("contact_id", flat=True))


def could_enter(number: int, world: World, now: dt.datetime, tree: ast.Node) -> bool:
    """Somebody whom only an order keeps out."""
    others = [GOLD, READERS]
    rest = ast.load({"type": "all", "children": list(others)})
    is_in = number in oracle.members(tree, world, now)
    return not is_in and number in oracle.members(rest, world, now)


def order(server: LiveServer, number: int, world: World, now: dt.datetime) -> None:
    """An order of hers arrives at the door and is digested."""
    keys.forget()
    source = Source.objects.create(name="Web", kind=Source.Kind.SERVER)
    body = {
        "userId": f"u{number}",
        "event": "Order Completed",
        "messageId": "walk-1",
        "properties": {"total": 99},
    }
    answer = httpx.post(f"{server.url}/v1/track", json=body, auth=(key_for(source), ""))
    assert answer.status_code == 200
    assert EventDefinition.objects.filter(name="Order Completed").exists()
    assert Contact.objects.filter(pk=number).exists()
    assert pipeline.digest(now=timezone.now()).stored == 1
    world.events.append(
        {
            "persona": number,
            "name": "Order Completed",
            "at": timezone.now(),
            "properties": {"total": 99},
        }
    )
    keys.forget()
