"""Health for machines: alive without asking anybody, ready only when the whole line moves."""

import datetime as dt

import pytest
from django.test import Client
from pytest_django import Settings
from time_machine import travel

from cdp import health, heartbeat
from journeys.flow import publishing
from journeys.models import Run
from profiles.models import Contact, InboxItem, Lane, Persona, Source
from segments.models import Flip, Leaf
from tests.journeys import cast


@pytest.fixture
def beating(db: None, now: dt.datetime) -> None:
    """All loops were round a moment ago."""
    for name in health.EXPECTED:
        heartbeat.beat(name, now=now - dt.timedelta(seconds=1))


def test_it_is_alive_without_a_database(client: Client) -> None:
    answer = client.get("/health")  # pytest-django refuses every query here

    assert answer.json() == {"status": "ok"}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.usefixtures("beating")
def test_it_is_ready_while_all_loops_beat(client: Client, now: dt.datetime) -> None:
    with travel(now, tick=False):
        answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json()["heartbeats"]["digest"] == {"ok": True, "age_seconds": 1.0}


@pytest.mark.usefixtures("beating")
def test_it_is_not_ready_when_a_loop_stopped(client: Client, now: dt.datetime) -> None:
    with travel(now + dt.timedelta(minutes=1), tick=False):
        answer = client.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["heartbeats"]["engine"] == {"ok": False, "age_seconds": 61.0}


@pytest.mark.django_db
def test_it_is_not_ready_before_the_first_beat(now: dt.datetime) -> None:
    report = health.examine(now=now)

    assert report["status"] == "not ready"
    assert report["heartbeats"]["digest"] == {"ok": False, "age_seconds": None}


@pytest.mark.usefixtures("beating")
def test_it_is_not_ready_without_its_broker_and_tells_no_password(
    now: dt.datetime, settings: Settings
) -> None:
    settings.REDIS_URL = "redis://:geheim@127.0.0.1:1/0"

    report = health.examine(now=now)

    assert report["status"] == "not ready"
    assert report["broker"]["problem"] == "no connection"
    assert "geheim" not in str(report)


@pytest.mark.usefixtures("beating")
def test_it_tells_how_long_the_oldest_arrival_of_each_lane_waits(shop: Source, now: dt.datetime) -> None:
    for lane, seconds in ((Lane.LIVE, 5), (Lane.LIVE, 3), (Lane.BULK, 90)):
        arrived = now - dt.timedelta(seconds=seconds)
        InboxItem.objects.create(
            lane=lane,
            source=shop,
            message_hash=b"0" * 16,
            occurred_at=arrived,
            received_at=arrived,
            payload="{}",
        )

    ages = health.examine(now=now)["backlog_seconds"]

    assert (ages["inbox_urgent"], ages["inbox_live"], ages["inbox_bulk"]) == (0, 5, 90)


@pytest.mark.usefixtures("beating")
def test_it_counts_a_flip_only_once_it_is_due(now: dt.datetime) -> None:
    leaf = Leaf.objects.create(digest=b"0" * 16, definition={})
    for number, seconds in ((1, 7), (2, -60)):
        contact = Contact.objects.create(id=number, created_at=now, random_bucket=1)
        Persona.objects.create(id=number, contact=contact, created_at=now)
        Flip.objects.create(leaf=leaf, contact=contact, due_at=now - dt.timedelta(seconds=seconds))

    assert health.examine(now=now)["backlog_seconds"]["flip"] == 7


@pytest.mark.usefixtures("beating")
def test_it_counts_nobody_whom_a_paused_journey_holds(now: dt.datetime) -> None:
    version = cast.drawn(now=now)
    cast.owe(version, [cast.person("Ada", now=now)], now=now)
    Run.objects.update(wake_at=now)
    later = now + dt.timedelta(seconds=9)

    assert [health.backlog(now=later)[kind] for kind in ("run", "message")] == [9, 9]

    publishing.pause(version.journey)

    assert [health.backlog(now=later)[kind] for kind in ("run", "message")] == [0, 0]


@pytest.mark.usefixtures("beating")
def test_it_counts_nobody_of_an_older_version_of_a_paused_journey(now: dt.datetime) -> None:
    version = cast.drawn(now=now)
    cast.owe(version, [cast.person("Ada", now=now)], now=now)
    Run.objects.update(wake_at=now)
    version.state = version.State.FINISHING
    version.save()

    publishing.pause(version.journey)

    backlog = health.backlog(now=now + dt.timedelta(seconds=9))
    assert (backlog["run"], backlog["message"]) == (0, 0)
