"""Everything the builder can offer at one moment: what the catalogue knows, and what the sentences need besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from profiles.models import AttributeDefinition, Channel, EventDefinition, RecordType, Settings, Topic
from segments import catalog
from segments.models import Segment


@dataclass(frozen=True, slots=True)
class RecordOffer:
    """A kind of record: its name, and its fields with their types."""

    label: str
    fields: Mapping[str, tuple[str, str]]  # key -> (label, type)


@dataclass(frozen=True, slots=True)
class Offers:
    """Labels for everything that can be chosen."""

    catalogue: catalog.Catalogue
    properties: Mapping[str, Mapping[str, str]]  # event -> property -> type
    topics: Mapping[int, str]
    records: Mapping[str, RecordOffer]
    lists: frozenset[int]  # which of the segments are lists picked by hand
    personal: frozenset[str]  # attributes that tell who somebody is
    currency: str
    channels: Mapping[str, str]


def offers() -> Offers:
    """All of it, in a constant number of statements."""
    properties: dict[str, dict[str, str]] = {
        name: said if isinstance(said, dict) else {}
        for name, said in EventDefinition.objects.values_list("name", "properties")
    }
    return Offers(
        catalogue=catalog.catalogue(),
        properties=properties,
        topics=dict(Topic.objects.filter(archived_at=None).order_by("name").values_list("id", "name")),
        records={key: _record(label, fields) for key, label, fields in _record_types()},
        lists=frozenset(Segment.objects.filter(kind=Segment.Kind.STATIC).values_list("pk", flat=True)),
        personal=frozenset(
            AttributeDefinition.objects.filter(is_personal=True).values_list("key", flat=True)
        ),
        currency=Settings.objects.values_list("currency", flat=True).first() or "EUR",
        channels={Channel.EMAIL.value: str(Channel.EMAIL.label), Channel.SMS.value: str(Channel.SMS.label)},
    )


def _record_types() -> list[tuple[str, str, Any]]:
    return list(RecordType.objects.order_by("label").values_list("key", "label", "fields"))


def _record(label: str, fields: Any) -> RecordOffer:
    said = [one for one in fields if isinstance(one, dict) and one.get("key")] if fields else []
    return RecordOffer(
        label, {one["key"]: (one.get("label") or one["key"], one.get("type", "text")) for one in said}
    )
