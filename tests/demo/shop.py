"""Loads the sample shop and removes it, as the workers do, within one test."""

import datetime as dt

from cdp import pipeline
from cdp.demo import loading, removing, state
from cdp.demo.models import Demo

ROUNDS = 2_000  # more than any loading needs


def load(*, now: dt.datetime, people: int) -> Demo:
    """All of it, digested."""
    assert state.begin(now=now, people=people)
    go_on(now=now)
    return state.read()


def go_on(*, now: dt.datetime, until: str = "") -> None:
    """Load on, until it is there or the stage of this name is reached."""
    for _ in range(ROUNDS):
        if not loading.is_wanted() or state.read().stage == until:
            return
        loading.advance(now=now)
        digest(now=now)
    raise AssertionError(f"it came no further than {state.read().stage}")


def digest(*, now: dt.datetime) -> None:
    """Everything that waits."""
    while pipeline.digest(now=now).taken:
        pass


def remove(*, now: dt.datetime) -> None:
    """All of it, as far as it is not the user's."""
    assert removing.begin(by=None, now=now)
    for _ in range(ROUNDS):
        if state.read().phase != Demo.Phase.REMOVING:
            return
        removing.advance(now=now)
    raise AssertionError(f"it came no further than {state.read().stage}")
