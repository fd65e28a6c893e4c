"""The definitions a segment had: each is kept when it is saved, and an older one can be brought back."""

import datetime as dt

from django.contrib.auth.models import User
from django.db import transaction

from segments.models import Segment, SegmentVersion


def keep(segment: Segment, *, by: User | None, now: dt.datetime) -> SegmentVersion:
    """Keep what the segment asks now, under its present number. Call it where a definition was saved."""
    kept, _ = SegmentVersion.objects.get_or_create(
        segment=segment,
        number=segment.version,
        defaults={
            "definition": segment.definition,
            "include_visitors": segment.include_visitors,
            "saved_at": now,
            "saved_by": by,
        },
    )
    return kept


def of(segment: Segment) -> list[SegmentVersion]:
    """Every definition, the latest first."""
    return list(segment.versions.select_related("saved_by").order_by("-number"))


def restore(segment: Segment, number: int, *, by: User | None, now: dt.datetime) -> SegmentVersion:
    """Bring back an older definition as a new version; the segment has yet to be built.

    Raises SegmentVersion.DoesNotExist.
    """
    with transaction.atomic():
        former = segment.versions.get(number=number)
        held = Segment.objects.select_for_update().get(pk=segment.pk)
        segment.version = held.version + 1
        segment.definition, segment.include_visitors = former.definition, former.include_visitors
        segment.built_at, segment.edited_by = None, by
        segment.save(
            update_fields=["version", "definition", "include_visitors", "built_at", "edited_by", "updated_at"]
        )
        return keep(segment, by=by, now=now)
