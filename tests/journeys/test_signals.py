"""No wake-up is lost, however the digest and the engine get in each other's way: two real connections."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from cdp.lib import db
from journeys.flow import engine, signals, triggers
from journeys.models import Bookmark, Run, Signal, Version
from profiles.models import Contact
from tests.journeys.clean import committing
from tests.journeys.stories import HOUR, advance_all, digest, happening, live, on, person, wait_for, way

PATIENCE = 20.0


class Elsewhere:
    """Does something in another thread, on a connection of its own."""

    def __init__(self, deed: Callable[[], object]) -> None:
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._do, args=[deed], daemon=True)
        self.thread.start()

    def _do(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except BaseException as error:  # noqa: BLE001 - told by join()
            self.error = error
        finally:
            connection.close()

    def join(self) -> None:
        """Wait for its end, and fail as it failed."""
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "it hangs"
        if self.error:
            raise self.error


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Tests here commit, for two connections have to see each other."""
    with committing(django_db_blocker):
        yield


@pytest.fixture
def ada(committed: None, now: dt.datetime) -> Contact:
    return person("Ada", now=now)


@pytest.fixture
def version(committed: None, now: dt.datetime) -> Version:
    return live(on("Cart Updated"), wait_for(), now=now)


@pytest.mark.django_db
def test_it_wakes_whom_a_signal_concerns_and_reads_it_once(now: dt.datetime) -> None:
    live(on("Cart Updated"), wait_for(), now=now)
    ada, grace = person("Ada", now=now), person("Grace", now=now)
    digest([happening(one, "Cart Updated", now) for one in (ada, grace)], now=now)
    advance_all(now)
    digest([happening(ada, "Order Completed", now + HOUR)], now=now + HOUR)

    assert [signals.wake(now=now + HOUR) for _ in range(2)] == [1, 0]

    assert list(Run.objects.filter(wake_at=now + HOUR).values_list("contact_id", flat=True)) == [ada.pk]


def test_it_sees_an_order_that_commits_while_the_wait_begins(
    ada: Contact, version: Version, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order becomes visible after the engine has looked and before it commits."""
    digest([happening(ada, "Cart Updated", now)], now=now)
    plain = engine._write

    def write_after_the_order(*arguments: Any, **named: Any) -> None:
        order = Elsewhere(lambda: digest([happening(ada, "Order Completed", now)], now=now))
        order.join()  # committed, and our look is over
        plain(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(engine, "_write", write_after_the_order)
        engine.advance(now=now)
    assert Run.objects.get().state == "waiting"

    engine.advance(now=now)

    assert way(Run.objects.get()) == [("order", "happened")]


def test_a_waker_waits_for_the_wait_that_is_beginning(
    ada: Contact, version: Version, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Engine A begins the wait; the order commits; engine B reads the feed before A has committed."""
    digest([happening(ada, "Cart Updated", now)], now=now)
    plain = engine._write
    wakers: list[Elsewhere] = []

    def write_with_a_waker_about(*arguments: Any, **named: Any) -> None:
        Elsewhere(lambda: digest([happening(ada, "Order Completed", now)], now=now)).join()
        wakers.append(Elsewhere(lambda: signals.wake(now=now)))
        wakers[0].thread.join(0.3)
        assert wakers[0].thread.is_alive(), "the waker must wait until this wait is committed"
        plain(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(engine, "_write", write_with_a_waker_about)
        engine.advance(now=now)
    wakers[0].join()

    assert Bookmark.objects.get().seq == Signal.objects.get().seq
    assert Run.objects.get().wake_at == now
    engine.advance(now=now)
    assert way(Run.objects.get()) == [("order", "happened")]


def test_it_does_not_step_over_a_run_that_somebody_holds(
    ada: Contact, version: Version, now: dt.datetime
) -> None:
    """Whoever holds the run may roll back: the bookmark stays before the signal until the run is free."""
    digest([happening(ada, "Cart Updated", now)], now=now)
    advance_all(now)
    digest([happening(ada, "Order Completed", now + HOUR)], now=now + HOUR)

    with transaction.atomic():
        Run.objects.select_for_update().get()
        Elsewhere(lambda: signals.wake(now=now + HOUR)).join()
    assert signals.unread()

    advance_all(now + HOUR)
    assert way(Run.objects.get()) == [("order", "happened")]
    assert not signals.unread()


def test_it_does_not_take_the_number_of_an_uncommitted_order_for_the_past(
    ada: Contact, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A digest has numbered its signal and not committed when the run wakes up from an earlier wait."""
    live(on("Cart Updated"), wait_for("first", "Product Viewed"), wait_for("order"), now=now)
    digest([happening(ada, "Cart Updated", now)], now=now)
    advance_all(now)
    digest([happening(ada, "Product Viewed", now + HOUR)], now=now + HOUR)
    numbered, finish = threading.Event(), threading.Event()

    def slow_digest() -> None:
        with db.transaction_with_lock(db.DIGEST_LOCK):
            triggers.enrol([happening(ada, "Order Completed", now + HOUR)], [], now=now + HOUR)
            numbered.set()
            assert finish.wait(PATIENCE)

    slow = Elsewhere(slow_digest)
    assert numbered.wait(PATIENCE)
    engine.advance(now=now + HOUR)
    finish.set()
    slow.join()
    advance_all(now + HOUR)

    assert way(Run.objects.get()) == [("first", "happened"), ("order", "happened")]


def test_two_engines_never_move_one_run_twice(committed: None, now: dt.datetime) -> None:
    live(on("Cart Updated"), wait_for(), now=now)
    digest([happening(person(f"P{n}", now=now), "Cart Updated", now) for n in range(40)], now=now)
    start = threading.Barrier(3)
    moved: list[int] = []

    def work() -> None:
        start.wait(PATIENCE)
        for _ in range(30):
            moved.append(engine.advance(now=now, limit=3))

    engines = [Elsewhere(work) for _ in range(2)]
    start.wait(PATIENCE)
    for one in engines:
        one.join()

    assert sum(moved) == 40
    assert Run.objects.filter(state="waiting").count() == 40
