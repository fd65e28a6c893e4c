"""Lists picked by hand: people are put in and taken out, by themselves, by what they are called, or from a segment.

Who comes and goes is news like any other: segments that refer to the list follow at once, journeys hear of it.
"""

import datetime as dt
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import User

from cdp.lib import db
from profiles import moving
from profiles.models import Touch
from segments import catalog, membership, telling
from segments.models import Cause, Segment
from segments.settling import Change, remember
from segments.watching import watched

COPIED: Final = 10_000  # people of a copied list at a time: nothing has to be decided about them
PORTION: Final = 1_000  # people at a time: whoever else changes facts waits for the lock at most about 200 ms
MOST_NAMES: Final = 20_000  # pasted at once
BETWEEN: Final = re.compile(r"[\s,;]+")

ADD: Final = """
INSERT INTO segments_membership (segment_id, contact_id, entered_at, cause)
SELECT DISTINCT %(segment)s, c.id, %(now)s::timestamptz, %(cause)s
FROM profiles_contact given JOIN profiles_contact c ON c.id = COALESCE(given.merged_into_id, given.id)
WHERE given.id = ANY(%(contacts)s::bigint[]) AND c.merged_into_id IS NULL
ON CONFLICT DO NOTHING RETURNING contact_id
"""
REMOVE: Final = """
DELETE FROM segments_membership WHERE segment_id = %(segment)s AND contact_id = ANY(%(contacts)s::bigint[])
RETURNING contact_id
"""
# The next people of a list onto its copy, and news of them, in one statement; how many were looked at, and the last.
COPY: Final = """
WITH part AS (
    SELECT m.contact_id FROM segments_membership m
    WHERE m.segment_id = %(source)s AND m.contact_id > %(after)s ORDER BY m.contact_id LIMIT %(limit)s
),
came AS (
    INSERT INTO segments_membership (segment_id, contact_id, entered_at, cause)
    SELECT %(segment)s, contact_id, %(now)s, %(cause)s FROM part ON CONFLICT DO NOTHING RETURNING contact_id
),
remembered AS (
    INSERT INTO segments_membershipchange (segment_id, contact_id, entered, changed_at, cause)
    SELECT %(segment)s, contact_id, true, %(now)s, %(cause)s FROM came
),
told AS (
    INSERT INTO segments_untoldchange (segment_id, contact_id, entered, cause)
    SELECT %(segment)s, contact_id, true, %(cause)s FROM came
)
SELECT count(*), max(contact_id) FROM part
"""
# Whom a name means: by any identifier, or by the address that stands on the profile.
NAMED: Final = """
WITH given AS (SELECT name, lower(name) AS lowered FROM unnest(%(names)s::text[]) AS name),
linked AS (
    SELECT given.name, persona.contact_id FROM given
    JOIN profiles_identitylink link ON link.value IN (given.name, given.lowered)
    JOIN profiles_persona persona ON persona.id = link.persona_id
),
addressed AS (
    SELECT given.name, contact.id AS contact_id FROM given
    JOIN profiles_contact contact ON upper(contact.email) = upper(given.name)
    WHERE position('@' IN given.name) > 0 AND contact.merged_into_id IS NULL
)
SELECT name, min(contact_id) FROM (SELECT * FROM linked UNION ALL SELECT * FROM addressed) found GROUP BY name
"""


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a pasted text names, each once, and the names that nobody has."""

    contact_ids: list[int]
    unknown: list[str]


def add(segment: Segment, contact_ids: Iterable[int], *, by: User | None, now: dt.datetime) -> list[int]:
    """Put these people on the list; those who were not on it. Whoever was merged counts as whom they are now."""
    return _change(segment, contact_ids, entered=True, by=by, now=now)


def remove(segment: Segment, contact_ids: Iterable[int], *, by: User | None, now: dt.datetime) -> list[int]:
    """Take these people off the list; those who were on it, to be put back by `add`."""
    return _change(segment, contact_ids, entered=False, by=by, now=now)


def add_members_of(segment: Segment, source: Segment, *, by: User | None, now: dt.datetime) -> int:
    """Put everybody who is in `source` now on the list; how many were not on it."""
    added, after = 0, 0
    while True:
        rows = db.fetch(
            "SELECT contact_id FROM segments_membership WHERE segment_id = %s AND contact_id > %s "
            "ORDER BY contact_id LIMIT %s",
            [source.pk, after, PORTION],
        )
        if not rows:
            return added
        after = rows[-1][0]
        added += len(add(segment, [row[0] for row in rows], by=by, now=now))


def fill(copy: Segment, *, now: dt.datetime, most: int | None = None) -> bool:
    """Put the people of the list it is a copy of on `copy`, or the first `most` of them; whether all are on it.

    May be called again where it broke off. Segments that were made to refer to it meanwhile are left to be built anew.
    """
    after, looked_at = 0, 0
    if copy.filled_from is None or copy.filled_from.filled_from_id:  # a copy of a copy waits for its turn
        return copy.filled_from is None
    said = {"segment": copy.pk, "source": copy.filled_from_id, "now": now, "cause": Cause.BY_HAND.value}
    while most is None or looked_at < most:
        with db.transaction_with_lock(db.DIGEST_LOCK):
            ((count, last),) = db.fetch(COPY, {**said, "after": after, "limit": COPIED})
        looked_at, after = looked_at + count, last
        if count < COPIED:
            Segment.objects.filter(pk=copy.pk).update(filled_from=None)
            asking = [one.id for one in watched() if copy.pk in one.needs.segments]
            Segment.objects.filter(pk__in=asking).update(built_at=None)
            return True
    return False


def named(text: str) -> Named:
    """Whom a pasted text means: e-mail addresses, phone numbers, user ids, with space, comma or line between them."""
    names = list(dict.fromkeys(filter(None, BETWEEN.split(text))))[:MOST_NAMES]
    found = dict(db.fetch(NAMED, {"names": names})) if names else {}
    contacts = list(dict.fromkeys(found[name] for name in names if name in found))
    return Named(contacts, [name for name in names if name not in found])


def _change(
    segment: Segment, contact_ids: Iterable[int], *, entered: bool, by: User | None, now: dt.datetime
) -> list[int]:
    if segment.kind != Segment.Kind.STATIC:
        raise ValueError("Only a list is picked by hand.")
    changed: list[int] = []
    for portion in itertools.batched(dict.fromkeys(contact_ids), PORTION):
        with db.transaction_with_lock(db.DIGEST_LOCK):
            changed += _portion(segment, portion, entered=entered, now=now)
    if changed:
        Segment.objects.filter(pk=segment.pk).update(edited_by=by, updated_at=now)
    return changed


def _portion(segment: Segment, contacts: Sequence[int], *, entered: bool, now: dt.datetime) -> list[int]:
    rows = db.fetch(
        ADD if entered else REMOVE,
        {"segment": segment.pk, "contacts": list(contacts), "now": now, "cause": Cause.BY_HAND.value},
    )
    moved = sorted(row[0] for row in rows)
    changes = [Change(segment.pk, contact, entered, Cause.BY_HAND) for contact in moved]
    remember(changes, now=now)
    telling.leave(changes + _follow(segment, moved, now=now))
    moving.touch([(contact, Touch.What.ATTRIBUTE) for contact in moved], now=now)
    return moved


def _follow(segment: Segment, contacts: Sequence[int], *, now: dt.datetime) -> list[Change]:
    """Decide again about these people in the segments that refer to the list."""
    segments = watched()
    asked = {
        one.id: dict.fromkeys(contacts, Cause.BY_HAND) for one in segments if segment.pk in one.needs.segments
    }
    if not asked or not contacts:
        return []
    context = catalog.context([one.node for one in segments], now=now)
    return membership.decide(segments, asked, context=context)
