"""A whole segment put into a journey by hand: asked for at once, done by portions."""

import datetime as dt
from typing import Final

from django.contrib.auth.models import User

from cdp.lib import db
from journeys.flow import entry, plans
from journeys.models import Intake, Version
from segments.models import Segment

PORTION: Final = 1000
MEMBERS: Final = """
    SELECT contact_id FROM segments_membership WHERE segment_id = %s AND contact_id > %s AND entered_at <= %s
    ORDER BY contact_id LIMIT %s
"""


def ask(version: Version, segment: Segment, *, by: User | None, now: dt.datetime) -> Intake:
    """Have the segment's present members put in; the engine's loop does it."""
    return Intake.objects.create(version=version, segment=segment, requested_by=by, requested_at=now)


def take_in(*, now: dt.datetime, limit: int = PORTION) -> int:
    """Put the next portion in; how many people were looked at, at least 1 while there is something to do.

    Holds the digest lock for its one transaction, in which the place it has reached moves with the runs.
    """
    if not Intake.objects.filter(done_at=None).exists():
        return 0
    with db.transaction_with_lock(db.DIGEST_LOCK):
        asked = Intake.objects.select_for_update().filter(done_at=None).order_by("pk").first()
        if asked is None:
            return 0
        plan = plans.of([asked.version_id])[asked.version_id]
        rows = (
            db.fetch(MEMBERS, [asked.segment_id, asked.reached, asked.requested_at, limit])
            if plan.takes_people
            else []
        )
        members = [row[0] for row in rows]
        asked.entered += entry.by_hand(plan, members, now=now, occasion=f"intake:{asked.pk}")
        asked.reached = members[-1] if members else asked.reached
        asked.done_at = now if len(members) < limit else None
        asked.save()
    return max(len(members), 1)
