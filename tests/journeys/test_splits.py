"""Where ways part: by a question, by chance, by what happened; and where they lead back."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdp import pipeline
from journeys.flow import engine, steps
from journeys.flow.shapes import Branch, Random
from journeys.models import Run
from tests.journeys.stories import (
    DAY,
    HOUR,
    advance_all,
    digest,
    goto,
    happened_before,
    happening,
    leave,
    live,
    mail,
    mails,
    on,
    person,
    shuffle,
    split,
    stored,
    told,
    wait,
    wait_for,
    way,
)

pytestmark = pytest.mark.django_db
GOLD = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}


def test_it_asks_about_everybody_at_once_and_brings_them_together_again(now: dt.datetime) -> None:
    live(on("Signed Up"), split(GOLD, yes=[mail("thanks")], no=[mail("offer")]), mail("both"), now=now)
    ada, grace = person("Ada", now=now, plan="gold"), person("Grace", now=now)

    digest([happening(one, "Signed Up", now) for one in (ada, grace)], now=now)
    advance_all(now)

    assert way(Run.objects.get(contact=ada)) == [("split", "yes"), ("thanks", "queued"), ("both", "queued")]
    assert [message.step for message in mails(grace)] == ["offer", "both"]


def test_it_asks_of_this_moment(now: dt.datetime) -> None:
    live(on("Signed Up"), wait(), split(GOLD, yes=[mail("thanks")]), now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Signed Up", now)], now=now)
    advance_all(now)

    ada.attributes = {"plan": "gold"}
    ada.save()
    advance_all(now + DAY)

    assert [message.step for message in mails(ada)] == ["thanks"]


def test_it_asks_about_visitors_too(now: dt.datetime) -> None:
    live(
        on("Page Viewed"),
        split({"type": "attribute", "key": "city", "operator": "is", "value": "Oslo"}),
        now=now,
    )
    visitor = person("Visitor", now=now)
    type(visitor).objects.filter(pk=visitor.pk).update(known_since_at=None, city="Oslo")

    digest([happening(visitor, "Page Viewed", now)], now=now)
    advance_all(now)

    assert way(Run.objects.get()) == [("split", "yes")]


def test_a_question_about_events_counts_what_is_stored(now: dt.datetime) -> None:
    ordered = {
        "type": "event", "name": "Order Completed", "frequency": "at_least", "count": 1,
        "window": {"type": "last", "amount": 1, "unit": "hour"}, "where": [],
    }  # fmt: skip
    live(on("Signed Up"), split(ordered), now=now)
    ada, grace = person("Ada", now=now), person("Grace", now=now)
    happened_before(ada, "Order Completed", now - HOUR / 2)
    happened_before(grace, "Order Completed", now - 2 * HOUR)

    digest([happening(one, "Signed Up", now) for one in (ada, grace)], now=now)
    advance_all(now)

    assert way(Run.objects.get(contact=ada)) == [("split", "yes")]
    assert way(Run.objects.get(contact=grace)) == [("split", "no")]


def test_an_exit_in_a_branch_ends_only_that_way(now: dt.datetime) -> None:
    live(on("Signed Up"), split(GOLD, yes=[leave("out")], no=[]), mail(), now=now)
    ada, grace = person("Ada", now=now, plan="gold"), person("Grace", now=now)
    digest([happening(one, "Signed Up", now) for one in (ada, grace)], now=now)

    advance_all(now)

    assert way(Run.objects.get(contact=ada)) == [("split", "yes"), ("out", "exit")]
    assert [message.contact for message in mails()] == [grace]


def test_chance_is_drawn_once_for_each_run(now: dt.datetime) -> None:
    live(
        on("Signed Up"), shuffle(("A", 3, [mail("a")]), ("B", 1, [mail("b")]), ("C", 0, [mail("c")])), now=now
    )
    crowd = [person(f"P{n}", now=now) for n in range(120)]
    digest([happening(one, "Signed Up", now) for one in crowd], now=now)

    advance_all(now)

    seen = Counter(message.step for message in mails())
    assert seen["c"] == 0
    assert 60 < seen["a"] < 115
    drawn = Random("chance", (Branch("A", 3), Branch("B", 1), Branch("C", 0)))
    for message in mails():
        assert message.step == "abc"[steps.draw(drawn, message.run_id) - 1]


def test_weights_may_be_of_any_size() -> None:
    small = Random("x", (Branch("A", 0.2), Branch("B", 0.1), Branch("C", 0.7)))
    large = Random("x", (Branch("A", 200), Branch("B", 100), Branch("C", 700)))

    assert [steps.draw(small, run) for run in range(300)] == [steps.draw(large, run) for run in range(300)]
    shares = Counter(steps.draw(large, run) for run in range(20_000))
    assert [round(shares[number] / 20_000, 1) for number in (1, 2, 3)] == [0.2, 0.1, 0.7]


def test_what_happened_takes_another_path_than_time(now: dt.datetime) -> None:
    live(
        on("Cart Updated"),
        {**wait_for(amount=1), "happened": [mail("thanks")], "timed_out": [mail("reminder")]},
        mail("both"),
        now=now,
    )
    ada, grace = person("Ada", now=now), person("Grace", now=now)
    digest([happening(one, "Cart Updated", now) for one in (ada, grace)], now=now)
    advance_all(now)

    digest([happening(ada, "Order Completed", now + HOUR)], now=now + HOUR)
    advance_all(now + HOUR)
    advance_all(now + DAY)

    assert [message.step for message in mails(ada)] == ["thanks", "both"]
    assert [message.step for message in mails(grace)] == ["reminder", "both"]


def test_a_wait_looks_at_what_the_event_says(now: dt.datetime) -> None:
    large: Any = {"property": "total", "operator": "gt", "value": 100}
    live(on("Cart Updated"), {**wait_for(), "where": [large]}, mail(), now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Cart Updated", now)], now=now)
    advance_all(now)

    digest([stored(happening(ada, "Order Completed", now + HOUR, total=20))], now=now + HOUR)
    advance_all(now + HOUR)
    assert way(Run.objects.get()) == []
    assert Run.objects.get().wake_at == now + 3 * DAY

    digest([stored(happening(ada, "Order Completed", now + 2 * HOUR, total=120))], now=now + 2 * HOUR)
    advance_all(now + 2 * HOUR)
    assert way(Run.objects.get()) == [("order", "happened"), ("mail", "queued")]


def test_a_loop_sends_one_mail_a_round(now: dt.datetime) -> None:
    live(on("Signed Up"), wait(), mail(), split(GOLD, yes=[leave()], no=[goto("wait")]), now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Signed Up", now)], now=now)
    for day in range(4):
        advance_all(now + day * DAY)
    ada.attributes = {"plan": "gold"}
    ada.save()
    advance_all(now + 4 * DAY)

    assert [message.visit_number for message in mails()] == [2, 6, 10, 14]
    assert Run.objects.get().exit_reason == "exit"


def test_a_loop_of_waits_uses_up_all_that_happened_however_much(now: dt.datetime) -> None:
    live(on("Signed Up"), wait_for("view", "Page Viewed"), goto("view"), now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Signed Up", now)], now=now)
    advance_all(now)

    digest([happening(ada, "Page Viewed", now + HOUR) for _ in range(130)], now=now + HOUR)
    advance_all(now + HOUR)

    run = Run.objects.get()
    assert (run.state, run.step, run.visit_number) == ("waiting", "view", 261)


def test_an_attribute_is_stated_through_the_inbox_once(now: dt.datetime) -> None:
    live(on("Signed Up"), {"id": "vip", "kind": "set", "attribute": "plan", "value": "gold"}, now=now)
    ada = person("Ada", now=now)
    digest([happening(ada, "Signed Up", now)], now=now)

    advance_all(now)

    pipeline.digest(now=now)
    ada.refresh_from_db()
    assert ada.attributes == {"plan": "gold"}
    assert way(Run.objects.get()) == [("vip", "set")]


def test_it_tells_where_people_stay_and_nothing_of_where_they_pass(now: dt.datetime) -> None:
    version = live(on("Signed Up"), mail(), split(GOLD), wait("rest"), wait_for("order"), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)

    advance_all(now)
    advance_all(now + DAY)

    assert [(one["step"], one["journey_id"]) for one in told("Step Reached")] == [
        ("rest", version.journey_id),
        ("order", version.journey_id),
    ]


def test_it_asks_the_database_as_often_for_many_as_for_few(now: dt.datetime) -> None:
    window = {"id": "hours", "kind": "window", "days": [0, 1, 2, 3, 4, 5, 6]}
    live(
        on("Signed Up"),
        window,
        split(GOLD, yes=[mail("a")], no=[shuffle(("A", 1, []), ("B", 1, []))]),
        now=now,
    )
    counts = []
    for crowd in (3, 4, 60):  # the first finds out what is then kept
        cast = [person(f"P{crowd}x{n}", now=now, plan="gold" if n % 2 else "") for n in range(crowd)]
        digest([happening(one, "Signed Up", now) for one in cast], now=now)
        with CaptureQueriesContext(connection) as asked:
            assert engine.advance(now=now) == crowd
        counts.append(len(asked))

    assert counts[1] == counts[2]
