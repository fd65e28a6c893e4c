"""What the numbers in a drawing are called: mails, topics, and everything that conditions ask about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cdp.lib import db
from journeys.editor import drawing
from segments import catalog
from segments.catalog import Catalogue

# A revision is called by its subject in the language of its fallback.
NAMED: Final = """
    SELECT
        (SELECT json_agg(json_build_array(id, name)) FROM journeys_content WHERE id = ANY(%(contents)s)),
        (SELECT json_agg(json_build_array(revision.id,
                coalesce(nullif(revision.languages -> revision.fallback ->> 'subject', ''), content.name)))
            FROM journeys_contentrevision revision JOIN journeys_content content ON content.id = revision.content_id
            WHERE revision.id = ANY(%(revisions)s)),
        (SELECT json_agg(json_build_array(id, name)) FROM profiles_topic)
"""
WITH_CATALOGUE: Final = f"SELECT * FROM ({NAMED}) AS named, ({catalog.OFFERED}) AS offered"


@dataclass(frozen=True, slots=True)
class Names:
    """What the numbers in a drawing are called, fetched once for all of its cards."""

    subjects: Mapping[int, str] = field(default_factory=dict)
    contents: Mapping[int, str] = field(default_factory=dict)
    topics: Mapping[int, str] = field(default_factory=dict)
    records: Mapping[str, str] = field(default_factory=dict)
    catalogue: Catalogue = field(default_factory=Catalogue)


def of(definitions: Iterable[Mapping[str, Any]], known: Names | None = None) -> Names:
    """The names that these drawings need, in one statement; none where those `known` already suffice."""
    steps = [step for one in definitions for step in drawing.walk(one.get("steps") or [])]
    contents = _numbers(steps, "content")
    revisions = _numbers([step for step in steps if not step.get("content")], "revision")
    if known and contents <= known.contents.keys() and revisions <= known.subjects.keys():
        return known
    asked = {"contents": list(contents), "revisions": list(revisions)}
    ((named, subjects, topics, *offered),) = db.fetch(NAMED if known else WITH_CATALOGUE, asked)
    catalogue = known.catalogue if known else catalog.told(offered)
    return Names(
        subjects=dict(subjects or ()),
        contents=dict(named or ()),
        topics=dict(topics or ()),
        records={key: record.label for key, record in catalogue.records.items()},
        catalogue=catalogue,
    )


def _numbers(steps: Iterable[Mapping[str, Any]], key: str) -> set[int]:
    return {step[key] for step in steps if isinstance(step.get(key), int)}
