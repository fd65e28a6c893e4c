"""Events as they are kept: their catalogue, their value, and what of their context is worth keeping."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from cdp.lib import db
from profiles import money
from profiles.arrivals import StoredEvent
from profiles.attributes import type_of
from profiles.models import EventDefinition
from profiles.money import Rates
from profiles.understanding import Message

VALUES: Final = ("value", "revenue", "total", "price")  # the first that is a number
CLICK_IDS: Final = ("gclid", "gbraid", "wbraid", "fbclid", "fbp", "fbc", "ttclid", "msclkid")
DEVICE: Final = ("type", "manufacturer", "model", "name")
PAGE: Final = ("url", "path", "title", "referrer")
MOST_PROPERTIES: Final = 200  # names kept in the catalogue of one event
COLUMNS: Final = (
    "id", "contact_id", "persona_id", "definition_id", "source_id", "occurred_at", "received_at", "value",
    "properties", "context",
)  # fmt: skip
HAS_CLICK_ID: Final = re.compile("|".join(f"{name}=" for name in CLICK_IDS))


@dataclass(slots=True)
class Definition:
    """An event of the catalogue."""

    id: int
    name: str
    properties: dict[str, str]
    is_system: bool
    is_blocked: bool


def catalogue(messages: Iterable[Message]) -> dict[str, Definition]:
    """The definitions of all events in `messages`; new ones, and new properties, are added."""
    seen: dict[str, dict[str, Any]] = {}
    system: set[str] = set()
    for message in messages:
        if message.event is not None:
            seen.setdefault(message.event, {}).update(message.properties)
            if message.origin.is_system:
                system.add(message.event)
    if not seen:
        return {}
    found = _load(seen)
    missing = [name for name in seen if name not in found]
    if missing:
        EventDefinition.objects.bulk_create(
            [EventDefinition(name=name, is_system=name in system) for name in missing], ignore_conflicts=True
        )
        found |= _load(missing)
    _add_properties(found, seen)
    return found


def _load(names: Iterable[str]) -> dict[str, Definition]:
    rows = EventDefinition.objects.filter(name__in=list(names)).values_list(
        "name", "id", "properties", "is_system", "is_blocked"
    )
    return {name: Definition(id_, name, known, system, blocked) for name, id_, known, system, blocked in rows}


def _add_properties(found: dict[str, Definition], seen: dict[str, dict[str, Any]]) -> None:
    grown = []
    for name, properties in seen.items():
        definition = found[name]
        new = {
            key: str(type_of(value)) for key, value in properties.items() if key not in definition.properties
        }
        room = MOST_PROPERTIES - len(definition.properties)
        if new and room > 0:
            definition.properties |= dict(list(new.items())[:room])
            grown.append(EventDefinition(id=definition.id, properties=definition.properties))
    if grown:
        EventDefinition.objects.bulk_update(grown, ["properties"])


def currencies(messages: Iterable[Message], *, base: str) -> set[str]:
    """All currencies that these messages speak of."""
    return {money.currency(message.properties.get("currency"), default=base) for message in messages}


def value(message: Message, rates: Rates) -> Decimal | None:
    """What the event was worth in the workspace's currency; None where nothing says, or no rate is known."""
    properties = message.properties
    for name in VALUES:
        if name in properties and (amount := money.amount(properties[name])) is not None:
            code = money.currency(properties.get("currency"), default=rates.base)
            rate = rates.rate(code, message.item.occurred_at.date())
            worth = None if rate is None else money.worth(amount, rate)
            return None if worth is None else worth.quantize(money.FINE)
    return None


def context(message: Message) -> dict[str, Any]:
    """What is kept of the context: where they came from, click ids, ad consent, device, country; never the IP."""
    given = message.body.get("context")
    if not given or not isinstance(given, dict):
        return {}
    kept: dict[str, Any] = {}
    if isinstance(campaign := given.get("campaign"), dict):
        kept["utm"] = campaign
    page = given.get("page") if isinstance(given.get("page"), dict) else {}
    if page:
        kept["page"] = {key: page[key] for key in PAGE if key in page}
    referrer = given.get("referrer")
    if referrer:
        kept["referrer"] = referrer
    clicks = _click_ids(given, page or {})
    if clicks:
        kept["click_ids"] = clicks
    if (consent := given.get("consent")) is not None:
        kept["consent"] = consent
    if isinstance(device := given.get("device"), dict):
        kept["device"] = {key: device[key] for key in DEVICE if key in device}
    if isinstance(system := given.get("os"), dict):
        kept["os"] = system
    location = given.get("location")
    country = location.get("country") if isinstance(location, dict) else given.get("country")
    if isinstance(country, str) and len(country) == 2:
        kept["country"] = country.upper()
    return kept


def _click_ids(given: dict[str, Any], page: dict[str, Any]) -> dict[str, str]:
    found = {name: str(given[name])[:500] for name in CLICK_IDS if given.get(name)}
    address = page.get("url") or page.get("search")
    if isinstance(address, str) and HAS_CLICK_ID.search(address):
        try:
            query = parse_qs(urlsplit(address).query)
        except ValueError:
            return found
        found |= {name: query[name][0][:500] for name in CLICK_IDS if name in query}
    return found


def store(events: Sequence[StoredEvent], messages: Sequence[Message]) -> None:
    """COPY these events, each of the message beside it."""
    if events:
        db.copy("profiles_event", COLUMNS, map(_row, events, messages))


def _row(event: StoredEvent, message: Message) -> tuple[Any, ...]:
    kept = context(message)
    return (
        event.id,
        event.contact_id,
        event.persona_id,
        event.definition_id,
        message.origin.id,
        event.occurred_at,
        message.item.received_at,
        event.value,
        msgspec.json.encode(event.properties).decode() if event.properties else "{}",
        msgspec.json.encode(kept).decode() if kept else "{}",
    )
