"""Real input: the public CDNOW history, asked and mailed, while workers are killed.

Every tenth customer in every run; all of them in the long tests.
"""

import datetime as dt
import lzma
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from cdp import cdnow
from tests import smtp_sink
from tests.journeys.test_delivery_crash import LEAVES_DOUBT
from tests.walks import drawing
from tests.walks.stack import Stack
from tests.walks.toll import Toll

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(600)]

FILE = Path(__file__).parents[1] / "data" / "CDNOW_master.txt.xz"
SEED = 20261118
RANDOM_KILLS = 3
OWED = "SELECT count(*) FROM journeys_message WHERE state = 'queued'"
SENT = "SELECT count(*) FROM journeys_message WHERE state = 'sent'"


@dataclass(frozen=True)
class Share:
    """How much of the file: every so many-th customer, and what is known of these."""

    every: int
    customers: int
    purchases: int
    dollars: Decimal
    mail_seconds: float  # what a mail takes the server, until the last kill: a few must last for all of them
    at_the_end: int  # messages still owed when the last one is killed, at most


ALL = Share(1, 23_570, 69_659, Decimal("2500315.63"), mail_seconds=0, at_the_end=6_000)
TENTH = Share(10, 2_357, 6_787, Decimal("240267.14"), mail_seconds=0.04, at_the_end=2_357)


@dataclass(frozen=True)
class Shop:
    """A product with this share of the history in it, and the history as the product got it."""

    stack: Stack
    share: Share
    bought: list[cdnow.Bought]


@contextmanager
def _opened(ground: Path, share: Share) -> Iterator[Shop]:
    """The product with a share of CDNOW in it, sent over HTTP."""
    file = ground / "cdnow.txt"
    file.write_text("\n".join(_lines(share)))
    with Stack(ground / "kindred") as stack:
        print(stack.manage("load_cdnow", str(file), "--url", stack.url))
        started = time.monotonic()
        stack.wait_until_idle(seconds=300)
        print(f"digested within {time.monotonic() - started:.0f} s of the last call")
        until = stack.one("SELECT (max(occurred_at) AT TIME ZONE 'UTC')::date FROM profiles_purchase")
        yield Shop(stack, share, cdnow.read(file, until=until))


def _lines(share: Share) -> list[str]:
    """The file's heading, and its lines about these customers."""
    with lzma.open(FILE, "rt", encoding="ascii") as history:
        heading, *lines = history.read().splitlines()
    return [heading, *(line for line in lines if line and int(line.split()[0]) % share.every == 0)]


@pytest.fixture(scope="module")
def shop(common_ground: Path) -> Iterator[Shop]:
    """Every tenth customer's shop."""
    with _opened(common_ground, TENTH) as shop:
        yield shop


def test_it_keeps_every_customer_purchase_and_cent(shop: Shop) -> None:
    keeps_every_customer_purchase_and_cent(shop)


def test_it_answers_as_a_direct_computation_does(shop: Shop) -> None:
    answers_as_a_direct_computation_does(shop)


def test_it_mails_the_lapsed_once_while_workers_are_killed(shop: Shop) -> None:
    mails_the_lapsed_once_while_workers_are_killed(shop)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_it_does_all_that_with_all_of_it(ground: Path) -> None:
    with _opened(ground, ALL) as shop:
        keeps_every_customer_purchase_and_cent(shop)
        answers_as_a_direct_computation_does(shop)
        mails_the_lapsed_once_while_workers_are_killed(shop)


def keeps_every_customer_purchase_and_cent(shop: Shop) -> None:
    """Contacts, purchases and revenue are those of the file."""
    stack, share, bought = shop.stack, shop.share, shop.bought
    # A bare count first: the file itself is what it is known to be.
    assert len({each.customer for each in bought}) == share.customers
    assert len(bought) == share.purchases
    assert sum(each.dollars for each in bought) == share.dollars

    known = "SELECT count(*) FROM profiles_contact WHERE known_since_at IS NOT NULL"
    assert stack.one(known) == share.customers
    assert stack.one("SELECT count(*) FROM profiles_purchase") == share.purchases
    assert stack.one("SELECT sum(amount_base) FROM profiles_purchase") == share.dollars
    assert stack.one("SELECT count(*) FROM profiles_rejecteditem") == 0
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for each in bought:
        spent[each.email] += each.dollars
    kept = stack.rows("""
        SELECT contact.email, sum(purchase.amount_base) FROM profiles_purchase purchase
        JOIN profiles_contact contact ON contact.id = purchase.contact_id GROUP BY 1
    """)
    assert dict(kept) == dict(spent)


QUESTIONS = {
    "bought at least 3 times": {
        "type": "event", "name": "Order Completed", "frequency": "at_least", "count": 3, "window": {"type": "ever"},
    },
    "spent over 200 in the last year": {
        "type": "purchase", "measure": "revenue", "operator": "gt", "value": 200,
        "window": {"type": "last", "amount": 365, "unit": "day"},
    },
    "no order in 90 days": {
        "type": "event", "name": "Order Completed", "frequency": "never",
        "window": {"type": "last", "amount": 90, "unit": "day"},
    },
}  # fmt: skip


def _answers(bought: list[cdnow.Bought], now: dt.datetime) -> dict[str, set[str]]:
    """The same three questions, answered from the file."""
    orders: Counter[str] = Counter(each.email for each in bought)
    year: dict[str, Decimal] = defaultdict(Decimal)
    recent = set()
    for each in bought:
        at = dt.datetime.combine(each.day, dt.time(), dt.UTC)
        if at > now - dt.timedelta(days=365):
            year[each.email] += each.dollars
        if at > now - dt.timedelta(days=90):
            recent.add(each.email)
    return {
        "bought at least 3 times": {email for email, count in orders.items() if count >= 3},
        "spent over 200 in the last year": {email for email, dollars in year.items() if dollars > 200},
        "no order in 90 days": set(orders) - recent,
    }


def answers_as_a_direct_computation_does(shop: Shop) -> None:
    """Three segments hold whom the file says."""
    answers = shop.stack.python(f"""
from django.utils import timezone
from segments import rebuild
from segments.models import Membership, Segment

answer = {{}}
for question, condition in {QUESTIONS!r}.items():
    segment = Segment.objects.create(name=question, definition={{"type": "all", "children": [condition]}})
    now = timezone.now()
    rebuild.rebuild(segment, now=now)
    people = Membership.objects.filter(segment=segment).values_list("contact__email", flat=True)
    answer[question] = {{"now": now.isoformat(), "people": list(people)}}
""")

    for question, answer in answers.items():
        expected = _answers(shop.bought, dt.datetime.fromisoformat(answer["now"]))[question]
        assert len(answer["people"]) == len(set(answer["people"])), question
        assert set(answer["people"]) == expected, question
        assert 0 < len(expected) < shop.share.customers
    assert answers.keys() == QUESTIONS.keys()


def mails_the_lapsed_once_while_workers_are_killed(shop: Shop) -> None:
    """A win-back reaches everybody who lapsed at most once, whoever dies on the way."""
    stack = shop.stack
    with smtp_sink.running() as sink:
        sink.mail_seconds = shop.share.mail_seconds
        asked_at = stack.one("SELECT now()")
        stack.python(drawing.WIN_BACK.format(port=sink.port))
        lapsed = _answers(shop.bought, asked_at)["no order in 90 days"]
        stack.wait_for(
            lambda: stack.one("SELECT count(*) FROM journeys_message") == len(lapsed), "a message for each"
        )

        toll = _killed_on_the_way(stack, at_the_end=shop.share.at_the_end)
        assert stack.one(OWED) > 0, "nothing was under way when the last one was killed"
        sink.mail_seconds = 0
        killed = time.monotonic()
        stack.wait_until_idle(seconds=60)
        print(f"idle {time.monotonic() - killed:.0f} s after the last kill")

        states = dict(stack.rows("SELECT state, count(*) FROM journeys_message GROUP BY state"))
        received = sink.times_received()
        print(f"seed {SEED}: {len(lapsed)} lapsed, {states}, received {len(received)}")
        assert set(states) <= {"sent", "uncertain"}
        assert sum(states.values()) == len(lapsed)
        assert max(received.values()) == 1, "sent twice"
        assert states["sent"] <= len(received) <= len(lapsed)
        doubtful = stack.rows("SELECT id FROM journeys_message WHERE state = 'uncertain'")
        print(toll.explain([number for (number,) in doubtful], window=settings.DELIVERY_WINDOW))
        assert {mail.recipient for mail in sink.mails} <= lapsed
        addressed = stack.rows("""
            SELECT contact.email FROM journeys_message message
            JOIN profiles_contact contact ON contact.id = message.contact_id
        """)
        assert {email for (email,) in addressed} == lapsed, (
            "somebody was mailed who had not lapsed, or was missed"
        )


def _killed_on_the_way(stack: Stack, *, at_the_end: int) -> Toll:
    """Kill deliverers at every fail-point and at random, while there is much to deliver."""
    chance, toll = random.Random(SEED), Toll(stack)
    for failpoint, leaves_doubt in LEAVES_DOUBT.items():
        time.sleep(chance.uniform(0.2, 1.0))
        toll.worker("delivery")
        if chance.random() < 0.5:
            toll.worker("journeys")
        toll.deliverer_at(failpoint, may_leave_doubt=leaves_doubt)
    for number in range(1, RANDOM_KILLS + 1):
        _wait_for_a_worker_that_sends(stack)
        if number == RANDOM_KILLS:  # so late that even a busy machine is done within the minute after it
            stack.wait_for(lambda: stack.one(OWED) <= at_the_end, "the last part", seconds=240)
        time.sleep(chance.uniform(0.1, 1.5))
        toll.worker("delivery")
    return toll


def _wait_for_a_worker_that_sends(stack: Stack) -> None:
    """A killed worker comes back by itself and goes on."""
    before = stack.one(SENT)
    stack.wait_for(lambda: stack.one(SENT) > before, "a worker that sends again")
