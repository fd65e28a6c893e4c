"""What of the sample shop's things stays when the shop goes: what somebody changed, and what the user's things use.

A sample journey that took real people along stays too, in the archive, so that what they were sent can be found.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import models

from cdp.demo import registry
from cdp.demo.models import SampleThing
from journeys.models import Content, ContentRevision, Journey, Run, Version
from profiles.models import Campaign, Product, RecordType
from segments.models import Membership, Segment

NAMED: Final[tuple[type[models.Model], ...]] = (Journey, Segment, Content, Campaign)
# Where a definition names something by its number, and of which kind that is.
NUMBERED: Final[dict[str, type[models.Model]]] = {
    "segment": Segment,
    "include": Segment,
    "exclude": Segment,
    "content": Content,
    "product": Product,
}


@dataclass
class Use:
    """What definitions speak of."""

    things: dict[type[models.Model], set[int]] = field(default_factory=dict)
    revisions: set[int] = field(default_factory=set)
    records: set[str] = field(default_factory=set)

    def read(self, said: Any) -> None:
        """Note everything that is named in there."""
        for key, value in _pairs(said):
            numbers = [one for one in (value if isinstance(value, list) else [value]) if type(one) is int]
            if key in NUMBERED:
                self.things.setdefault(NUMBERED[key], set()).update(numbers)
            elif key == "revision":
                self.revisions.update(numbers)
            elif key == "record" and isinstance(value, str):
                self.records.add(value)

    def close(self) -> None:
        """Turn names into numbers: a revision into its content, a kind of record into its type."""
        contents = ContentRevision.objects.filter(pk__in=self.revisions).values_list("content", flat=True)
        self.things.setdefault(Content, set()).update(contents)
        types = RecordType.objects.filter(key__in=self.records).values_list("pk", flat=True)
        self.things.setdefault(RecordType, set()).update(types)


def _pairs(said: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(said, dict):
        for key, value in said.items():
            yield str(key), value
            yield from _pairs(value)
    elif isinstance(said, list):
        for one in said:
            yield from _pairs(one)


def kept() -> set[str]:
    """The keys of the sample things that stay."""
    rows = {(row.kind, row.thing_id): row for row in SampleThing.objects.all()}
    staying = {row.key for row in rows.values() if _is_theirs(row)}
    while True:
        use = Use()
        for model in NAMED:
            for thing in model._default_manager.all():
                row = rows.get((model._meta.label_lower, thing.pk))
                if row is None or row.key in staying:
                    _read(thing, use)
        use.close()
        more = {
            row.key
            for (kind, number), row in rows.items()
            if number in use.things.get(registry.model(kind), ()) and row.key not in staying
        }
        if not more:
            return staying
        staying |= more


def _is_theirs(row: SampleThing) -> bool:
    """Whether somebody changed it, or real people are in it."""
    if registry.model(row.kind) not in NAMED:
        return False
    thing = registry.model(row.kind)._default_manager.filter(pk=row.thing_id).first()
    if thing is None:
        return False
    if getattr(thing, "edited_by_id", None) or registry.fingerprint(thing) != row.fingerprint:
        return True
    if isinstance(thing, Journey):
        return has_real_people(thing)
    if isinstance(thing, Segment) and thing.kind == Segment.Kind.STATIC:
        return Membership.objects.filter(segment=thing, contact__is_sample=False).exists()
    return False


def has_real_people(journey: Journey) -> bool:
    """Whether somebody real came into it."""
    return Run.objects.filter(journey=journey, contact__is_sample=False).exists()


def _read(thing: models.Model, use: Use) -> None:
    if campaign := getattr(thing, "campaign_id", None):
        use.things.setdefault(Campaign, set()).add(campaign)
    match thing:
        case Journey():
            use.read(thing.draft)
            for definition in Version.objects.filter(journey=thing).values_list("definition", flat=True):
                use.read(definition)
        case Segment():
            use.read(thing.definition)
        case Content():
            use.read(thing.draft)
