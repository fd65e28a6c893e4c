"""kill -9 in the middle of the engine's work: a batch has happened whole, or not at all."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from cdp.lib import failpoints
from journeys.flow import engine
from journeys.models import Run
from profiles.models import InboxItem
from tests import victim
from tests.journeys.clean import committing
from tests.journeys.stories import (
    DAY,
    advance_all,
    digest,
    goto,
    happening,
    leave,
    live,
    mail,
    mails,
    on,
    person,
    split,
    told,
    wait,
    way,
)


def advance(now: dt.datetime) -> None:
    engine.advance(now=now)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Tests here commit, for the process that dies has to see what we wrote."""
    with committing(django_db_blocker):
        yield


@pytest.mark.django_db
def test_every_place_is_passed(now: dt.datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    passed: list[str] = []
    monkeypatch.setattr(failpoints, "hit", passed.append)
    live(on("Signed Up"), mail(), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)

    advance_all(now)

    assert passed == ["engine.claimed", "engine.before_commit", "engine.committed"]


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize(
    ("place", "is_done"),
    [("engine.claimed", False), ("engine.before_commit", False), ("engine.committed", True)],
)
def test_it_goes_on_where_it_was_killed(place: str, is_done: bool, now: dt.datetime) -> None:
    live(on("Signed Up"), mail(), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)

    assert victim.ended(lambda: advance(now), failpoint=place) == victim.KILLED
    assert len(mails()) == (1 if is_done else 0)
    assert Run.objects.get().state == ("completed" if is_done else "active")

    advance_all(now)

    assert way(Run.objects.get()) == [("mail", "queued")]
    assert len(mails()) == 1


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("place", ["engine.before_commit", "engine.committed"])
def test_a_loop_with_a_split_goes_on_where_it_was_killed(place: str, now: dt.datetime) -> None:
    """Killed on its second round, when visits, a mail, a statement and a go-to were under way."""
    gold = {"type": "attribute", "key": "plan", "operator": "is", "value": "gold"}
    note = {"id": "note", "kind": "set", "attribute": "colour", "value": "red"}
    live(on("Signed Up"), wait(), split(gold, yes=[leave()], no=[mail(), note, goto("wait")]), now=now)
    digest([happening(person("Ada", now=now), "Signed Up", now)], now=now)
    for day in (0, 1):
        advance_all(now + day * DAY)
    second = now + 2 * DAY

    assert victim.ended(lambda: advance(second), failpoint=place) == victim.KILLED
    advance_all(second)
    round_ = [("wait", "waited"), ("split", "no"), ("mail", "queued"), ("note", "set"), ("back", "went")]
    assert way(Run.objects.get()) == round_ * 2
    assert [message.visit_number for message in mails()] == [3, 8]
    stated = InboxItem.objects.filter(payload__contains='"identify"').count()
    assert stated == 2
    assert len(told("Step Reached")) == 3
