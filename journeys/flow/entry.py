"""Coming in: the one door into a journey, whatever led there, kept by the re-entry rules."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cdp.lib import db
from journeys.flow import conditions, reentry, signals, timeline
from journeys.flow.people import People
from journeys.flow.plans import Plan
from segments.models import Cause

LONGEST_KEY: Final = 200
INSERT: Final = """
    INSERT INTO journeys_run (id, journey_id, version_id, contact_id, persona_id, key, cause, signal_seq, step,
        variables, state, visit_number, wake_at, entered_at, arrived_at, exit_reason, error)
    SELECT come.*, 'active', 1, %s, %s, %s, '', ''
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
        %s::bigint[], %s::text[], %s::jsonb[]) AS come
    ON CONFLICT (journey_id, contact_id, key) WHERE state IN ('active', 'waiting') DO NOTHING
    RETURNING id
"""


@dataclass(slots=True)
class Candidate:
    """Somebody who would come into a version, if the re-entry rules let them."""

    plan: Plan
    contact_id: int
    persona_id: int
    key: str = ""
    cause: str = Cause.FACT
    signal_seq: int = 0
    variables: Mapping[str, Any] = field(default_factory=dict)
    id: int = 0
    exit_reason: str = ""

    @property
    def version_id(self) -> int:
        """The version they come into."""
        return self.plan.version_id

    @property
    def place(self) -> reentry.Place:
        """Where they may be once at a time."""
        return self.plan.journey_id, self.contact_id, self.key


def by_hand(plan: Plan, contacts: Iterable[int], *, now: dt.datetime, occasion: str = "") -> int:
    """Put these contacts into a version by hand; how many came in."""
    latest = signals.latest()
    key = key_of(plan, {}, occasion or f"hand:{now.isoformat()}")
    return admit(
        [Candidate(plan, contact, contact, key, Cause.BY_HAND, latest) for contact in contacts], now=now
    )


def admit(candidates: Sequence[Candidate], *, now: dt.datetime) -> int:
    """Start a run for everyone whom the re-entry rules and the trigger's condition let in; how many there were."""
    return len(admitted(candidates, now=now))


def admitted(candidates: Sequence[Candidate], *, now: dt.datetime) -> list[Candidate]:
    """As `admit`: those who came in, each with the number of their run."""
    if not candidates:
        return []
    before = reentry.earlier(list({one.place for one in candidates}))
    coming: dict[reentry.Place, Candidate] = {}
    for one in candidates:
        if one.place not in coming and reentry.may_enter(
            one.plan.graph.settings, before.get(one.place), now=now
        ):
            coming[one.place] = one
    entered = _insert(_asked(list(coming.values()), now=now), now=now)
    timeline.entered(entered, now=now)
    return entered


def _asked(candidates: list[Candidate], *, now: dt.datetime) -> list[Candidate]:
    """Those for whom their trigger's condition holds at this moment; one statement for each version that has one."""
    asked: dict[int, list[Candidate]] = {}
    for one in candidates:
        if one.plan.graph.trigger.condition is not None:
            asked.setdefault(one.version_id, []).append(one)
    if not asked:
        return candidates
    conditions = {number: some[0].plan.graph.trigger.condition for number, some in asked.items()}
    people = People(now=now, conditions=[one for one in conditions.values() if one is not None])
    holding = {
        (number, contact)
        for number, some in asked.items()
        if (condition := conditions[number]) is not None
        for contact in people.who(condition, [one.contact_id for one in some])
    }
    return [
        one
        for one in candidates
        if one.version_id not in asked or (one.version_id, one.contact_id) in holding
    ]


def _insert(coming: list[Candidate], *, now: dt.datetime) -> list[Candidate]:
    if not coming:
        return []
    for one, number in zip(coming, db.next_ids("journeys_run_id_seq", len(coming)), strict=True):
        one.id = number
    rows = [
        (one.id, one.plan.journey_id, one.version_id, one.contact_id, one.persona_id, one.key, str(one.cause),
         one.signal_seq, one.plan.graph.first, conditions.dump(one.variables))
        for one in coming
    ]  # fmt: skip
    made = db.fetch(INSERT, [now, now, now, *(list(column) for column in zip(*rows, strict=True))])
    there = {row[0] for row in made}
    return [one for one in coming if one.id in there]


def key_of(plan: Plan, properties: Mapping[str, Any], occasion: str) -> str:
    """What a run is keyed by: the journey's property; else, where everybody comes in every time, the occasion."""
    settings = plan.graph.settings
    if settings.key:
        value = conditions.value_at(properties, settings.key)
        return "" if value is None else str(value)[:LONGEST_KEY]
    return occasion if settings.reentry == "always" else ""
