"""Where things are used: the roof sees segments and the journeys that ask them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from django.urls import reverse

from cdp.lib import db
from profiles.shelf import Use

# Every "segment" in a drawing or in a tree of conditions names one by its number; broadcasts send to those of
# "include" and not to those of "exclude".
IN_JOURNEYS: Final = """
SELECT DISTINCT found.segment::int, j.kind, j.id, j.name, j.status NOT IN ('draft', 'completed')
FROM journeys_journey j
LEFT JOIN LATERAL (
    SELECT definition FROM journeys_version v WHERE v.journey_id = j.id AND v.state <> 'over'
    UNION ALL SELECT j.draft
) drawn(definition) ON true
CROSS JOIN LATERAL (
    SELECT jsonb_path_query(drawn.definition, 'lax $.**.segment ? (@.type() == "number")')
    UNION SELECT jsonb_path_query(drawn.definition, 'lax $.**.include[*] ? (@.type() == "number")')
    WHERE j.kind = 'broadcast'
    UNION SELECT jsonb_path_query(drawn.definition, 'lax $.**.exclude[*] ? (@.type() == "number")')
    WHERE j.kind = 'broadcast'
) found(segment)
WHERE j.archived_at IS NULL AND j.kind IN ('journey', 'broadcast') AND found.segment::int = ANY(%(segments)s)
ORDER BY 4
"""
IN_SEGMENTS: Final = """
SELECT DISTINCT found.segment::int, s.id, s.name
FROM segments_segment s
CROSS JOIN LATERAL (
    SELECT jsonb_path_query(s.definition, 'lax $.**.segment ? (@.type() == "number")')
) found(segment)
WHERE s.archived_at IS NULL AND found.segment::int = ANY(%(segments)s)
ORDER BY 3
"""


def of_segments(segments: Collection[int]) -> Mapping[int, Sequence[Use]]:
    """The journeys, broadcasts and segments that ask each of these segments."""
    found: dict[int, list[Use]] = {}
    numbers = list(segments)
    if not numbers:
        return found
    for segment, kind, journey, name, is_live in db.fetch(IN_JOURNEYS, {"segments": numbers}):
        found.setdefault(segment, []).append(Use(name, reverse(kind, args=[journey]), is_live))
    for segment, other, name in db.fetch(IN_SEGMENTS, {"segments": numbers}):
        found.setdefault(segment, []).append(Use(name, reverse("segment", args=[other]), is_live=True))
    return found
