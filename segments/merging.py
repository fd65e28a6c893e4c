"""What merging two contacts, and separating them again, does to their memberships."""

import datetime as dt
from collections.abc import Mapping, Sequence

from cdp.lib import db
from profiles.arrivals import Merged
from segments import catalog
from segments.models import Cause, Membership, MembershipMerge, Segment
from segments.settling import Change, settle
from segments.watching import Watched

type Held = dict[int, tuple[dt.datetime, str]]  # segment: since when, why

TAKE_OVER = """
INSERT INTO segments_membership (segment_id, contact_id, entered_at, cause)
SELECT segment_id, %(to)s, entered_at, cause FROM segments_membership
WHERE contact_id = %(from)s AND segment_id = ANY(%(segments)s::bigint[])
ON CONFLICT DO NOTHING  -- a build that runs beside us may have written the survivor this very moment
"""
DATE = """
UPDATE segments_membership m SET entered_at = dated.entered_at, cause = dated.cause
FROM unnest(%(segments)s::bigint[], %(dates)s::timestamptz[], %(causes)s::text[])
    AS dated (segment_id, entered_at, cause)
WHERE m.contact_id = %(contact)s AND m.segment_id = dated.segment_id
"""


def merged(merge: Merged, watched: Sequence[Watched], *, now: dt.datetime) -> list[Change]:
    """Move what the absorbed contact was in to the survivor, where that still holds; keep both sides for the undo.

    Where both were in, the survivor has been in since the earlier date. The changes are the survivor's alone.
    """
    held = _held(merge)
    survivor, absorbed = held[merge.survivor_id], held[merge.absorbed_id]
    if not absorbed:
        return []
    MembershipMerge.objects.update_or_create(
        merge_id=merge.merge_id,
        defaults={"survivor_segments": _stored(survivor), "absorbed_segments": _stored(absorbed)},
    )
    _date(
        merge.survivor_id,
        {segment: min(survivor[segment], absorbed[segment]) for segment in survivor.keys() & absorbed.keys()},
    )
    gained = absorbed.keys() - survivor.keys()
    asked = [one for one in watched if one.id in gained]
    context = catalog.context([one.node for one in asked], now=now)
    changes = [
        change for one in asked for change in settle(one, {merge.survivor_id: Cause.MERGE}, context=context)
    ]
    _date(
        merge.survivor_id,
        {change.segment_id: absorbed[change.segment_id] for change in changes if change.entered},
    )
    # Lists, and segments that are being rebuilt: nobody can ask these now.
    unasked = sorted(gained - {one.id for one in asked})
    db.execute(TAKE_OVER, {"from": merge.absorbed_id, "to": merge.survivor_id, "segments": unasked})
    changes += [Change(segment, merge.survivor_id, True, Cause.MERGE) for segment in unasked]
    Membership.objects.filter(contact_id=merge.absorbed_id).delete()
    _forget_quietly(merge.absorbed_id, absorbed, now)
    return changes


def unmerged(merge: Merged, watched: Sequence[Watched], *, now: dt.datetime) -> list[Change]:
    """Ask every segment about both contacts, and give back the dates that were unbroken since the merge."""
    record = MembershipMerge.objects.filter(merge_id=merge.merge_id).first()
    survivor = _read(record.survivor_segments) if record else {}
    absorbed = _read(record.absorbed_segments) if record else {}
    present = _held(merge)[merge.survivor_id]
    context = catalog.context([one.node for one in watched], now=now)
    both = {merge.survivor_id: Cause.MERGE, merge.absorbed_id: Cause.MERGE}
    changes = [change for one in watched for change in settle(one, both, context=context)]
    changes += _lists(merge, survivor, absorbed, present)
    for contact, before in ((merge.survivor_id, survivor), (merge.absorbed_id, absorbed)):
        sides = {
            segment: [side[segment] for side in (survivor, absorbed) if segment in side] for segment in before
        }
        _date(
            contact,
            {
                segment: before[segment]
                for segment, both_sides in sides.items()
                if segment in present and present[segment][0] == min(both_sides)[0]
            },
        )
    MembershipMerge.objects.filter(merge_id=merge.merge_id).delete()
    return changes


def _lists(merge: Merged, survivor: Held, absorbed: Held, present: Held) -> list[Change]:
    """A list is picked by hand: the absorbed contact returns to those it came from, unless taken out since."""
    lists = set(
        Segment.objects.filter(pk__in=absorbed.keys() & present.keys(), kind=Segment.Kind.STATIC).values_list(
            "pk", flat=True
        )
    )
    rows = [
        Membership(
            segment_id=one, contact_id=merge.absorbed_id, entered_at=absorbed[one][0], cause=absorbed[one][1]
        )
        for one in sorted(lists)
    ]
    Membership.objects.bulk_create(rows, ignore_conflicts=True)
    leaving = sorted(one for one in lists - survivor.keys() if present[one][0] == absorbed[one][0])
    Membership.objects.filter(segment_id__in=leaving, contact_id=merge.survivor_id).delete()
    returned = [Change(one, merge.absorbed_id, True, Cause.MERGE) for one in sorted(lists)]
    return returned + [Change(one, merge.survivor_id, False, Cause.MERGE) for one in leaving]


def _held(merge: Merged) -> dict[int, Held]:
    held: dict[int, Held] = {merge.survivor_id: {}, merge.absorbed_id: {}}
    rows = Membership.objects.filter(contact_id__in=held).values_list(
        "contact_id", "segment_id", "entered_at", "cause"
    )
    for contact, segment, entered_at, cause in rows:
        held[contact][segment] = (entered_at, cause)
    return held


def _stored(held: Held) -> dict[str, list[str]]:
    return {str(segment): [entered_at.isoformat(), cause] for segment, (entered_at, cause) in held.items()}


def _read(stored: Mapping[str, Sequence[str]]) -> Held:
    return {int(segment): (dt.datetime.fromisoformat(at), cause) for segment, (at, cause) in stored.items()}


def _date(contact: int, held: Held) -> None:
    if held:
        dates, causes = zip(*held.values(), strict=True)
        db.execute(
            DATE, {"contact": contact, "segments": list(held), "dates": list(dates), "causes": list(causes)}
        )


def _forget_quietly(contact: int, held: Held, now: dt.datetime) -> None:
    """The absorbed contact left: history, so that sizes over time add up, but no news for journeys."""
    columns = ("segment_id", "contact_id", "entered", "changed_at", "cause")
    db.copy(
        "segments_membershipchange", columns, [(one, contact, False, now, Cause.MERGE.value) for one in held]
    )
