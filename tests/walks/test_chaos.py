"""kill -9 of web, workers and PostgreSQL, Redis flushed: nothing acknowledged is lost, nothing is stored twice."""

import random
import time
from pathlib import Path

import pytest
import redis

from tests.walks.sender import Sender, audit
from tests.walks.stack import Stack

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(420)]

SEED = 20261118
VICTIMS = (("gunicorn",), ("worker", "ingest"), ("bin/postgres",), ("worker", "journeys"), ("redis",))


def _hurt(stack: Stack, victim: tuple[str, ...]) -> None:
    if victim == ("redis",):
        try:
            redis.Redis.from_url(stack.environment["REDIS_URL"]).flushall()
        except redis.RedisError:
            return  # it is just being restarted
    else:
        stack.kill(*victim)


def _ride(stack: Stack, *, faults: int) -> None:
    chance = random.Random(SEED)
    print(f"seed {SEED}, {faults} faults")
    sender = Sender(stack, stack.key("Website of a sender"))
    sender.start()
    for number in range(faults):
        if chance.random() < 0.5:  # the others may strike what has not come back yet
            _wait_until_it_works(stack, sender)
        time.sleep(chance.uniform(1.0, 3.0))
        _hurt(stack, VICTIMS[number % len(VICTIMS)])
    time.sleep(2)
    sender.stop()
    stack.wait_until_idle(seconds=60)

    audit(stack, sender)
    assert len(sender.acknowledged) > 20 * faults
    assert sender.repeated > 0, "no fault was felt by anybody"
    print(f"{len(sender.acknowledged)} calls acknowledged, {sender.repeated} batches repeated")


def _wait_until_it_works(stack: Stack, sender: Sender) -> None:
    """By itself, however busy the machine is with other things."""
    before = len(sender.acknowledged)
    stack.wait_for(lambda: len(sender.acknowledged) > before, "an answer to a sender", seconds=90)


def test_it_loses_nothing_and_stores_nothing_twice(product: Stack) -> None:
    _ride(product, faults=5)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_it_survives_a_longer_ride(ground: Path) -> None:
    with Stack(ground / "kindred") as stack:
        _ride(stack, faults=40)
