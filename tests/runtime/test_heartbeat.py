"""Signs of life."""

import datetime as dt

import pytest

from cdp import heartbeat

pytestmark = pytest.mark.django_db


def test_it_keeps_one_row_a_process(now: dt.datetime) -> None:
    heartbeat.beat("digest", {"done": 1}, now=now)
    heartbeat.beat("digest", {"done": 2}, now=now + dt.timedelta(seconds=2))

    (sign,) = heartbeat.signs()

    assert sign.details == {"done": 2}
    assert sign.age(now=now + dt.timedelta(seconds=5)) == 3


def test_it_never_goes_back_in_time(now: dt.datetime) -> None:
    heartbeat.beat("digest", {"done": 2}, now=now)
    heartbeat.beat("digest", {"done": 1}, now=now - dt.timedelta(seconds=2))

    assert heartbeat.signs()[0].beat_at == now


def test_it_forgets_processes_that_are_long_gone(now: dt.datetime) -> None:
    heartbeat.beat("former", now=now - dt.timedelta(days=2))
    heartbeat.beat("digest", now=now)

    gone = heartbeat.forget(before=now - dt.timedelta(days=1))

    assert gone == 1
    assert [sign.name for sign in heartbeat.signs()] == ["digest"]
