"""Everything the builder can offer at one moment: what the catalogue knows, and what the sentences need besides."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cdp.lib import db
from profiles.models import Channel
from segments import catalog

BESIDES: Final = """
SELECT
    (SELECT json_agg(json_build_array(name, properties)) FROM profiles_eventdefinition),
    (SELECT json_agg(id) FROM segments_segment WHERE kind = 'static'),
    (SELECT json_agg(key) FROM profiles_attributedefinition WHERE is_personal),
    (SELECT json_build_array(currency, time_zone) FROM profiles_settings ORDER BY id LIMIT 1)
"""


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
    zone: str  # the workspace's
    channels: Mapping[str, str]


def offers(catalogue: catalog.Catalogue | None = None) -> Offers:
    """All of it, in two statements; in one where the catalogue is at hand."""
    catalogue = catalogue or catalog.catalogue()
    ((properties, lists, personal, workspace),) = db.fetch(BESIDES)
    currency, zone = workspace or ("", "")
    return Offers(
        catalogue=catalogue,
        properties={name: said if isinstance(said, dict) else {} for name, said in properties or ()},
        topics=dict(sorted(catalogue.topics.items(), key=lambda topic: topic[1])),
        records={key: RecordOffer(one.label, one.fields) for key, one in catalogue.records.items()},
        lists=frozenset(lists or ()),
        personal=frozenset(personal or ()),
        currency=currency or "EUR",
        zone=zone or "UTC",
        channels={Channel.EMAIL.value: str(Channel.EMAIL.label), Channel.SMS.value: str(Channel.SMS.label)},
    )
