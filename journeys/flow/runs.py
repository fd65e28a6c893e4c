"""Runs, one by one: a person is put in, by hand or by a program, taken out, moved to another step."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from cdp.lib import db
from journeys.flow import entry, occasions, plans, signals, timeline, visits
from journeys.flow.ending import end
from journeys.flow.entry import Candidate
from journeys.flow.merging import merged, unmerged
from journeys.models import Run, Version
from profiles.models import Contact
from segments.models import Cause

__all__ = ["NotPossible", "end", "merged", "move", "put_in", "start", "take_out", "unmerged"]


class NotPossible(Exception):
    """It cannot be done; the message is a sentence for the marketer."""


@transaction.atomic
def start(
    version: Version, contact: Contact | int, *, data: Mapping[str, Any], key: str, now: dt.datetime
) -> Run | None:
    """Put somebody in because a program says so; None where the rules do not let them in.

    The same `key` is the same request, however often it comes: it leads to the same run. `data` is there for mails
    as `{{ data }}` and as the event that started it. Raises NotPossible where the version takes nobody in.
    """
    plan = _open(version)
    number = contact if isinstance(contact, int) else contact.pk
    name = f"api:{key}"
    if not key or len(name) > occasions.LONGEST:
        raise NotPossible(f"The key of a request has between 1 and {occasions.LONGEST - 4} characters.")
    if (number, name) not in occasions.take(plan.journey_id, [(number, name)], now=now):
        run_id = occasions.run_of(plan.journey_id, number, name)
        return Run.objects.filter(pk=run_id).first() if run_id else None
    candidate = Candidate(
        plan,
        number,
        number,
        entry.key_of(plan, data, name[: entry.LONGEST_KEY]),
        Cause.FACT,
        signals.latest(),
        {"data": dict(data), "event": {"name": "", "properties": dict(data), "occurred_at": now.isoformat()}},
    )
    entered = entry.admitted([candidate], now=now)
    if not entered:
        return None
    occasions.led_to(plan.journey_id, number, name, entered[0].id)
    return Run.objects.get(pk=entered[0].id)


@transaction.atomic
def put_in(version: Version, contacts: Iterable[Contact | int], *, by: User | None, now: dt.datetime) -> int:
    """Put these people in by hand; how many came in. Raises NotPossible where the version takes nobody in."""
    plan = _open(version)
    numbers = [one if isinstance(one, int) else one.pk for one in contacts]
    return entry.by_hand(plan, numbers, now=now)


@transaction.atomic
def take_out(runs: Run | Iterable[Run], *, by: User | None, now: dt.datetime) -> int:
    """Take these people out now, what is owed to them is not sent; how many were still inside."""
    chosen = [runs] if isinstance(runs, Run) else list(runs)
    return end([run.pk for run in chosen], reason="by_hand", now=now, by=by.get_username() if by else "")


@transaction.atomic
def move(runs: Run | Iterable[Run], step: str, *, by: User | None, now: dt.datetime) -> int:
    """Move these people to another step of their version, where they are due at once; how many were still inside.

    What was owed to them stays owed. Raises NotPossible where there is no such step.
    """
    chosen = [runs] if isinstance(runs, Run) else list(runs)
    # Waits for the engine where it holds one of them: from where it leaves them, they are moved.
    held = Run.objects.select_for_update(of=("self",)).filter(
        pk__in=[run.pk for run in chosen], state__in=["active", "waiting"]
    )
    inside = list(held.order_by("pk"))
    known = plans.of(list({run.version_id for run in inside}))
    if any(step not in known[run.version_id].graph.steps for run in inside):
        raise NotPossible("There is no such step in the version that the person is in.")
    latest = signals.latest()
    visits.store([visits.done(run, "moved", step, now=now) for run in inside])
    for run in inside:
        run.step, run.arrived_at, run.visit_number = step, now, run.visit_number + 1
        run.state, run.wake_at, run.awaits, run.signal_seq = Run.State.ACTIVE, now, None, latest
    Run.objects.bulk_update(
        inside, ["step", "arrived_at", "visit_number", "state", "wake_at", "awaits", "signal_seq"]
    )
    timeline.reached(inside, now=now, by=by.get_username() if by else "")
    return len(inside)


def _open(version: Version) -> plans.Plan:
    # Whoever publishes or stops waits for us, or we see that they did.
    db.fetch("SELECT FROM journeys_version WHERE id = %s FOR SHARE", [version.pk])
    plan = plans.of([version.pk])[version.pk]
    if not plan.takes_people:
        raise NotPossible("This journey does not take anybody in at the moment.")
    return plan
