"""Where things are used: the roof sees segments and the journeys that ask them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from django.urls import reverse

from cdp.lib import db
from profiles.shelf import Use

# Every "segment" in a drawing or in a tree of conditions names one by its number; broadcasts send to those of
# "include" and not to those of "exclude".
USES: Final = """
SELECT DISTINCT found.segment::int, 1, j.kind, j.id, j.name, j.status NOT IN ('draft', 'completed')
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
UNION ALL
SELECT DISTINCT found.segment::int, 2, 'segment', s.id, s.name, true
FROM segments_segment s
CROSS JOIN LATERAL (
    SELECT jsonb_path_query(s.definition, 'lax $.**.segment ? (@.type() == "number")')
) found(segment)
WHERE s.archived_at IS NULL AND found.segment::int = ANY(%(segments)s)
ORDER BY 2, 5
"""


def of_segments(segments: Collection[int]) -> Mapping[int, Sequence[Use]]:
    """The journeys, broadcasts and segments that ask each of these segments."""
    found: dict[int, list[Use]] = {}
    numbers = list(segments)
    if not numbers:
        return found
    for segment, _place, kind, number, name, is_live in db.fetch(USES, {"segments": numbers}):
        found.setdefault(segment, []).append(Use(name, reverse(kind, args=[number]), is_live))
    return found
