"""Killed at the worst moments, a worker loses nothing, sends nothing twice, and leaves at most one window in doubt."""

import datetime as dt
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journeys.messages import delivery
from journeys.models import Message, Version
from profiles import partitions
from profiles.models import Consent, Contact, InboxItem, Settings
from tests import smtp_sink, victim
from tests.journeys import cast
from tests.journeys.clean import committing
from tests.smtp_sink import Sink

pytestmark = pytest.mark.xdist_group("crash")

ROOT = Path(__file__).resolve().parents[2]
OWED = 120
WINDOW = 16
LEASE_SECONDS = 3
# Where a deliverer may die, and whether it then leaves doubt.
LEAVES_DOUBT = {
    "delivery.claimed": False,
    "delivery.handing_over:2": True,
    "delivery.sent:20": True,
    "delivery.recorded:1": True,
    "delivery.recorded:3": False,  # the end of a portion: everything before it is written down
}


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink.running() as server:
        yield server


@pytest.fixture
def version(now: dt.datetime, django_db_setup: None, django_db_blocker: Any) -> Iterator[Version]:
    """A live journey that owes everybody a mail, really committed, and taken away afterwards."""
    with committing(django_db_blocker):
        try:
            partitions.ensure([], now=dt.datetime.now(dt.UTC))
            version = cast.drawn(now=now)
            people = [cast.person(f"Ada{number}", now=now) for number in range(OWED)]
            cast.owe(version, people, now=now)
            yield version
        finally:
            Consent.objects.all().delete()


def work(sink: Sink, *, failpoint: str = "") -> int:
    """Run a worker to its end; how it ended."""
    return victim.ended(
        deliver_all,
        failpoint=failpoint,
        TEST_MAILBOX=sink.address,
        DELIVERY_WINDOW=WINDOW,
        DELIVERY_LEASE_SECONDS=LEASE_SECONDS,
    )


def deliver_all() -> None:
    """Deliver until nothing is under way any more."""

    def clock() -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    delivery.recover(now=clock())
    while delivery.next_due(now=clock()) is not None:
        if not delivery.deliver(now=clock, limit=100).claimed:
            time.sleep(0.1)  # what a crash interrupted is due again in a few seconds
            delivery.recover(now=clock())


def audit(sink: Sink, *, kills: int) -> Counter[str]:
    """Nothing lost, nothing twice, at most a window in doubt for each kill; how many messages are in which state."""
    states = Counter(Message.objects.values_list("state", flat=True))
    assert states["sent"] + states["uncertain"] == OWED
    assert states["uncertain"] <= WINDOW * kills
    received = sink.times_received()
    assert set(received.values()) <= {1}
    assert states["sent"] <= len(received) <= OWED  # a doubtful one may have arrived
    told = Counter(name for name, _ in cast.happened())
    assert told == {
        name: count
        for name, count in (("Email Sent", states["sent"]), ("Email Maybe Sent", states["uncertain"]))
        if count
    }
    return states


def test_it_knows_of_every_place_to_die() -> None:
    code = [path.read_text() for path in (ROOT / "journeys").rglob("*.py")]
    places = {place for text in code for place in re.findall(r'failpoints\.hit\("(delivery\.\w+)"\)', text)}

    assert places == {failpoint.partition(":")[0] for failpoint in LEAVES_DOUBT}


@pytest.mark.parametrize(("failpoint", "doubtful"), LEAVES_DOUBT.items())
def test_it_survives_being_killed(sink: Sink, version: Version, failpoint: str, doubtful: bool) -> None:
    killed = work(sink, failpoint=failpoint)

    ended = work(sink)

    assert killed == victim.KILLED
    assert ended == 0
    states = audit(sink, kills=1)
    assert (states["uncertain"] > 0) is doubtful


@pytest.mark.long
def test_it_survives_being_killed_again_and_again(sink: Sink, version: Version) -> None:
    kills = 0
    for failpoint in ("delivery.sent:5", "delivery.handing_over", "delivery.claimed", "delivery.sent:30"):
        kills += work(sink, failpoint=failpoint) == victim.KILLED
        time.sleep(LEASE_SECONDS + 0.2)

    work(sink)

    assert kills == 4
    audit(sink, kills=kills)
    assert InboxItem.objects.count() == OWED


@pytest.mark.long
def test_it_survives_being_killed_while_some_are_asleep(sink: Sink, version: Version) -> None:
    clock = dt.datetime.now(dt.UTC)
    awake = list(Contact.objects.order_by("pk").values_list("pk", flat=True))[::2]
    Contact.objects.filter(pk__in=awake).update(timezone="Asia/Tokyo")
    begin, end = (clock - dt.timedelta(hours=1)).time(), (clock + dt.timedelta(seconds=40)).time()
    Settings.objects.update(quiet_from=begin, quiet_until=end, time_zone="UTC")

    try:
        killed = [work(sink, failpoint=place) for place in ("delivery.claimed", "delivery.recorded:1")]
        held = Message.objects.filter(state="held").count()
        time.sleep(LEASE_SECONDS + 0.2)
        work(sink)
    finally:
        Settings.objects.update(quiet_from=None, quiet_until=None)

    assert killed == [victim.KILLED] * 2
    assert held > 0
    audit(sink, kills=2)
