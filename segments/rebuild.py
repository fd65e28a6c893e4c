"""Builds a segment for everybody, beside a running digest.

While a segment is being built (`built_at` is null) the digest leaves it alone, so its memberships are written here
in batches without holding anybody up; at the end, under the digest's lock, those who were touched meanwhile are
asked again, and from then on the digest keeps it. Each change is left to be told in the transaction that makes it.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.db import transaction

from cdp.lib import db
from profiles import partitions
from segments import catalog, compiler, flips, telling
from segments.ast import Leaf, leaves
from segments.conditions import Context
from segments.models import Cause, MembershipChange, Segment
from segments.models import Leaf as StoredLeaf
from segments.settling import Change, remember, settle
from segments.watching import Watched, leaf_ids, needs, watch

BATCH: Final = 10_000  # memberships written in one transaction
LOCKS: Final = 0x5E_0000_0000_0000  # and the segment: one builder of a segment at a time
# A build never takes this long. Flips due within it may have been used up meanwhile for other segments.
LONGEST: Final = dt.timedelta(hours=1)

DIFFERENCE: Final = """
CREATE TEMPORARY TABLE segment_difference AS
WITH holds AS MATERIALIZED ({members}),
belongs AS (SELECT contact_id FROM segments_membership WHERE segment_id = %(segment)s)
SELECT COALESCE(holds.id, belongs.contact_id) AS contact_id, holds.id IS NOT NULL AS entered
FROM holds FULL JOIN belongs ON belongs.contact_id = holds.id
WHERE holds.id IS NULL OR belongs.contact_id IS NULL
"""
WRITE: Final = """
WITH part AS (
    SELECT contact_id, entered FROM segment_difference WHERE contact_id > %(after)s ORDER BY contact_id LIMIT %(limit)s
),
gone AS (
    DELETE FROM segments_membership m USING part
    WHERE m.segment_id = %(segment)s AND m.contact_id = part.contact_id AND NOT part.entered RETURNING m.contact_id
),
came AS (
    INSERT INTO segments_membership (segment_id, contact_id, entered_at, cause)
    SELECT %(segment)s, contact_id, %(at)s, %(cause)s FROM part WHERE entered
    ON CONFLICT DO NOTHING RETURNING contact_id
)
SELECT part.contact_id, part.entered, (gone.contact_id IS NOT NULL OR came.contact_id IS NOT NULL)
FROM part LEFT JOIN gone USING (contact_id) LEFT JOIN came USING (contact_id) ORDER BY 1
"""
# Whoever changed since, and whom they absorbed: a batch may have written these after their merge.
TOUCHED: Final = """
WITH touched AS (SELECT DISTINCT contact_id FROM profiles_touch WHERE seq > %(seq)s AND touched_at >= %(since)s)
SELECT contact_id FROM touched
UNION SELECT absorbed_id FROM profiles_merge WHERE survivor_id IN (SELECT contact_id FROM touched)
"""
SOON: Final = """
INSERT INTO segments_flip (leaf_id, contact_id, due_at)
SELECT leaf_id, contact_id, due_at FROM segment_soon
ON CONFLICT (leaf_id, contact_id) DO UPDATE SET due_at = EXCLUDED.due_at
WHERE EXCLUDED.due_at < segments_flip.due_at
"""


def rebuild(segment: Segment, *, now: dt.datetime, cause: Cause | None = None) -> list[Change]:
    """Bring the memberships of a segment, new or edited, in line with its definition; then those that refer to it.

    Saves the definition that `segment` holds. Takes the digest's lock for moments only: hold no lock and no
    transaction when calling. Nothing happens when somebody else is building the same segment: whoever edits
    meanwhile leaves it unbuilt, and `tasks.build_waiting` comes back to it.
    Without a cause: the segment was made, or changed. Raises InvalidSegment when the definition says nothing.
    """
    if segment.kind != Segment.Kind.DYNAMIC:
        return []
    subject = watch(segment)
    partitions.ensure([], now=now)
    if not db.try_lock(LOCKS | segment.pk):
        return []
    cause = cause or (Cause.MADE if _is_new(segment) else Cause.EDIT)
    try:
        changes, dependents = _build(segment, subject, now=now, cause=cause)
    finally:
        db.execute("DROP TABLE IF EXISTS segment_difference, segment_soon")
        db.unlock(LOCKS | segment.pk)
    for dependent in dependents:
        changes += rebuild(dependent, now=now, cause=cause)
    return changes


def _is_new(segment: Segment) -> bool:
    """Whether it has its first definition and nobody was ever in it."""
    return segment.version == 1 and not MembershipChange.objects.filter(segment=segment).exists()


def _build(
    segment: Segment, subject: Watched, *, now: dt.datetime, cause: Cause
) -> tuple[list[Change], Sequence[Segment]]:
    with db.transaction_with_lock(db.DIGEST_LOCK):
        segment.built_at = None
        segment.save(update_fields=["definition", "include_visitors", "version", "built_at", "updated_at"])
        timed = _adopt(segment, subject)
        ((seq,),) = db.fetch(
            "SELECT COALESCE(max(seq), 0) FROM profiles_touch WHERE touched_at >= %s", [_lately(now)]
        )
    context = catalog.context([subject.node], now=now)
    _arm(timed, context)
    changes = _write(subject, context, cause)
    with db.transaction_with_lock(db.DIGEST_LOCK):
        touched = [row[0] for row in db.fetch(TOUCHED, {"seq": seq, "since": _lately(now)})]
        fresh = catalog.context([subject.node], now=now)  # merges may have begun or ended to move meanwhile
        late = settle(subject, dict.fromkeys(touched, cause), context=fresh)
        remember(late, now=now)
        telling.leave(late)
        if touched:
            flips.arm(timed, context=fresh, only=touched)
        db.execute(SOON)
        ours = Segment.objects.filter(pk=segment.pk, version=segment.version)
        if ours.update(built_at=now):
            segment.built_at = now
        dependents = _dependents(segment) if changes or late else []
        Segment.objects.filter(pk__in=[one.pk for one in dependents]).update(built_at=None)
    return changes + late, dependents


def _lately(now: dt.datetime) -> dt.datetime:
    """Keeps look-ups in the feed of touches to its last partitions."""
    return now - dt.timedelta(days=1)


def _adopt(segment: Segment, subject: Watched) -> dict[Leaf, int]:
    """Store the leaves of a tree and tie them to the segment; the numbers of those that time can change."""
    from segments.ast import canonical, digest

    said = {digest(leaf): leaf for leaf in leaves(subject.node)}
    StoredLeaf.objects.bulk_create(
        [StoredLeaf(digest=key, definition=canonical(leaf)) for key, leaf in said.items()],
        ignore_conflicts=True,
    )
    segment.leaves.set(StoredLeaf.objects.filter(digest__in=list(said)))
    return leaf_ids(leaf for leaf in said.values() if flips.is_timed(leaf))


def _arm(timed: dict[Leaf, int], context: Context) -> None:
    """Arm everybody's flips, and keep apart the near ones, which a sweep may use up before the segment is built."""
    flips.arm(timed, context=context)
    db.execute("DROP TABLE IF EXISTS segment_soon")
    db.execute(
        "CREATE TEMPORARY TABLE segment_soon AS SELECT leaf_id, contact_id, due_at FROM segments_flip "
        "WHERE leaf_id = ANY(%s::bigint[]) AND due_at <= %s",
        [list(timed.values()), context.now + LONGEST],
    )


def _write(subject: Watched, context: Context, cause: Cause) -> list[Change]:
    sql, parameters = compiler.members(
        subject.node, context=context, include_visitors=subject.include_visitors
    )
    db.execute("DROP TABLE IF EXISTS segment_difference")
    with db.whole_sets():
        db.execute(DIFFERENCE.format(members=sql), parameters | {"segment": subject.id})
    db.execute("CREATE INDEX ON segment_difference (contact_id)")
    changes: list[Change] = []
    after = 0
    asking = {"segment": subject.id, "at": context.now, "cause": cause.value, "limit": BATCH}
    while True:
        with transaction.atomic():
            rows = db.fetch(WRITE, asking | {"after": after})
            part = [
                Change(subject.id, contact, entered, cause) for contact, entered, written in rows if written
            ]
            remember(part, now=context.now)
            telling.leave(part)
        changes += part
        if len(rows) < BATCH:
            return changes
        after = rows[-1][0]


def _dependents(segment: Segment) -> list[Segment]:
    """The built segments that refer to this one."""
    others = Segment.objects.filter(kind=Segment.Kind.DYNAMIC, archived_at=None, built_at__isnull=False)
    return [one for one in others.exclude(pk=segment.pk) if segment.pk in needs(watch(one).node).segments]
