"""The ledger of attributes: what the traits of a batch state, accepted or not, and how it is folded in."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from cdp.lib import db
from cdp.lib.json import Json
from profiles import attributes, present
from profiles.attributes import LONGEST_KEY, NotAccepted
from profiles.present import Change, Present
from profiles.refusals import WHY
from profiles.resolution import ADDRESSES
from profiles.understanding import Message, Reader

COLUMNS = (
    "id", "contact_id", "persona_id", "definition_id", "value", "occurred_at", "recorded_at", "source_id", "party",
)  # fmt: skip


def accept(owned: Iterable[tuple[Message, tuple[int, int]]], *, reader: Reader) -> list[Change]:
    """The statements in the traits of these messages, each beside its (contact, persona), and write them down.

    What cannot be a value of its attribute is noted as not accepted; the rest of its message lands.
    """
    told = [(message, owner, list(_stated(message, reader))) for message, owner in owned if message.traits]
    seen: dict[str, Any] = {}
    for _, _, pairs in told:
        for key, value in pairs:
            if seen.get(key) is None:
                seen[key] = value
    if not seen:
        return []
    catalogue = attributes.catalogue(seen)
    settled = _settled(told)
    changes = []
    for message, (contact, persona), pairs in told:
        for key, value in pairs:
            definition = catalogue.get(key)
            if definition is None:  # the removal of what nobody ever had
                continue
            try:
                accepted = attributes.coerce(definition, value, country=message.country)
            except NotAccepted as error:
                reader.reject(message.item, "attribute_not_accepted", str(error))
                continue
            address = settled.get(contact, {}).get(key)
            if address and address != accepted and message.origin.is_browser:
                reader.reject(message.item, "attribute_refused", _refusal(key, accepted))
                continue
            if contact in settled and key in ADDRESSES:
                settled[contact][key] = accepted
            changes.append(
                Change(
                    id=0,
                    contact_id=contact,
                    persona_id=persona,
                    definition_id=definition.id,
                    key=key,
                    value=accepted,
                    occurred_at=message.item.occurred_at,
                    source_id=message.origin.id,
                    party=message.origin.party,
                )
            )
    for change, id_ in zip(
        changes, db.next_ids("profiles_attributechange_id_seq", len(changes)), strict=True
    ):
        change.id = id_
    _store(changes, now=reader.now)
    return changes


type Told = tuple[Message, tuple[int, int], list[tuple[str, Any]]]


def _settled(told: Iterable[Told]) -> dict[int, dict[str, Json]]:
    """The addresses, by contact, of those about whose addresses a website says something.

    Anybody can send with a website's key: by another address, or by none first, mail would go to them.
    """
    asked = {
        contact
        for message, (contact, _), pairs in told
        if message.origin.is_browser and any(key in ADDRESSES for key, _ in pairs)
    }
    known = present.load(asked) if asked else {}
    values = {contact: known[contact].values if contact in known else {} for contact in asked}
    return {
        contact: {key: value for key, value in said.items() if key in ADDRESSES}
        for contact, said in values.items()
    }


def _refusal(key: str, value: Json) -> str:
    what = f"The {key} “{value}” was left out." if value else f"The {key} was not removed."
    return f"{what} {WHY['address']}"


def _stated(message: Message, reader: Reader) -> Iterable[tuple[str, Any]]:
    for key, value in attributes.stated(message.traits):
        if not key or len(key) > LONGEST_KEY:
            name = f"“{key[:40]}…”" if key else "without a name"
            reader.reject(message.item, "attribute_not_accepted", f"The attribute {name} cannot be kept.")
            continue
        yield key, value


def _store(changes: Iterable[Change], *, now: Any) -> None:
    db.copy(
        "profiles_attributechange",
        COLUMNS,
        (
            (
                change.id,
                change.contact_id,
                change.persona_id,
                change.definition_id,
                None if change.value is None else msgspec.json.encode(change.value).decode(),
                change.occurred_at,
                now,
                change.source_id,
                change.party,
            )
            for change in changes
        ),
    )


def fold(changes: Iterable[Change], contacts: Mapping[int, Present]) -> dict[int, set[str]]:
    """Fold these statements into their contacts; by contact the keys whose present value changed."""
    changed: dict[int, set[str]] = {}
    for change in changes:
        if contacts[change.contact_id].hear(change.key, change.value, change.provenance):
            changed.setdefault(change.contact_id, set()).add(change.key)
    return changed
