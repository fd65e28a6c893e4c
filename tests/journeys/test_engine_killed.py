"""kill -9 in the middle of the engine's work: a batch has happened whole, or not at all."""

import datetime as dt
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from cdp.lib import failpoints
from journeys.models import Run
from tests.journeys.clean import committing
from tests.journeys.stories import advance_all, digest, happening, live, mail, mails, on, person, way

ADVANCE = """
import datetime, sys, django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from journeys.flow import engine
engine.advance(now=datetime.datetime.fromisoformat(sys.argv[2]))
"""


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

    killed = subprocess.run(
        [sys.executable, "-c", ADVANCE, str(connection.settings_dict["NAME"]), now.isoformat()],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "cdp.settings", "KINDRED_FAILPOINT": place},
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    assert len(mails()) == (1 if is_done else 0)
    assert Run.objects.get().state == ("completed" if is_done else "active")

    advance_all(now)

    assert way(Run.objects.get()) == [("mail", "queued")]
    assert len(mails()) == 1
