"""Settings that segments stand on: with another time zone, or basis of a topic, those concerned are built anew.

Nobody has to say that a setting was changed. What the segments stand on is kept as a row and compared with what is
set, so a change by whatever hand is seen.
"""

from collections.abc import Mapping
from typing import Final

from django.db import transaction

from cdp.lib import db
from segments.ast import (
    DATE_OPERATORS,
    Attribute,
    Between,
    Bought,
    Comparison,
    Event,
    Frequency,
    InvalidSegment,
    Leaf,
    Moment,
    Purchase,
    Reach,
    Record,
    leaves,
)
from segments.models import Footing, KeptSet, Segment
from segments.watching import watch

SET: Final = """
SELECT COALESCE((SELECT time_zone FROM profiles_settings ORDER BY id LIMIT 1), 'UTC'),
    COALESCE((SELECT json_object_agg(id, basis) FROM profiles_topic), '{}')
"""


def renew() -> list[int]:
    """Leave unbuilt the segments that a changed setting concerns; their numbers. Whoever calls has them built."""
    ((zone, bases),) = db.fetch(SET)
    with transaction.atomic():
        standing = Footing.objects.select_for_update().order_by("pk").first()
        if standing is None:
            Footing.objects.create(time_zone=zone, bases=bases)
            return []
        if (standing.time_zone, standing.bases) == (zone, bases):
            return []
        topics = _changed(standing.bases, bases)
        concerned = [
            one.pk
            for one in Segment.objects.filter(
                kind=Segment.Kind.DYNAMIC, archived_at=None, built_at__isnull=False
            )
            if _is_concerned(one, by_zone=standing.time_zone != zone, topics=topics)
        ]
        Segment.objects.filter(pk__in=concerned).update(built_at=None)
        KeptSet.objects.all().delete()
        Footing.objects.filter(pk=standing.pk).update(time_zone=zone, bases=bases)
    return concerned


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[int]:
    return {int(topic) for topic in before.keys() & after.keys() if before[topic] != after[topic]}


def _is_concerned(segment: Segment, *, by_zone: bool, topics: set[int]) -> bool:
    try:
        asked = list(leaves(watch(segment).node))
    except InvalidSegment:
        return False
    return any(
        (by_zone and reads_a_clock(leaf)) or (isinstance(leaf, Reach) and leaf.topic in topics)
        for leaf in asked
    )


def reads_a_clock(leaf: Leaf) -> bool:
    """Whether a condition speaks of days, which begin and end by the workspace's clock."""
    match leaf:
        case Attribute(comparison=comparison) | Moment(comparison=comparison):
            return _is_dated(comparison)
        case Event(frequency=Frequency.ON_DAYS) | Bought(frequency=Frequency.ON_DAYS):
            return True
        case Event(window=Between()) | Bought(window=Between()) | Purchase(window=Between()):
            return True
        case Event(where=where) | Record(where=where):
            return any(_is_dated(one.comparison) for one in where)
        case _:
            return False


def _is_dated(comparison: Comparison) -> bool:
    return comparison.operator in DATE_OPERATORS
