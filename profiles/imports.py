"""Files of people: read, matched column by column, and sent through the inbox by portions, each row once.

A portion is one transaction: its rows are in the inbox, its refusals kept and the place moved on, or none of it.
So an import that was killed goes on where it stood.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any, Final

import msgspec
from django.db import transaction
from django.db.models import Q

from profiles import attributes, identifiers, ingest
from profiles.attributes import Definition, NotAccepted
from profiles.identifiers import Identifier, Rules, Unusable
from profiles.models import (
    AttributeDefinition,
    Channel,
    Consent,
    ConsentState,
    IdentityLink,
    Import,
    InboxItem,
    Lane,
    RefusedRow,
    Settings,
    Source,
)
from profiles.tables import MOST_COLUMNS, Unreadable, following, rows_of

PORTION: Final = 1_000  # rows
LONGEST_REASON: Final = 300
SOURCE: Final = "Imports"
NAMING: Final = ("email", "phone", "user_id")  # what says who somebody is


def begin(one: Import, *, now: dt.datetime) -> None:
    """Let it run. Raises Unreadable where no column says who somebody is, or two say the same."""
    chosen = [column for column in one.columns if column]
    if not set(chosen) & set(NAMING):
        raise Unreadable("No column says who somebody is: choose one for e-mail, phone or customer number.")
    if len(chosen) != len(set(chosen)):
        raise Unreadable("Two columns are the same thing. Leave one of them out.")
    source, _made = Source.objects.get_or_create(
        name=SOURCE, defaults={"kind": Source.Kind.IMPORT, "lane": Lane.BULK}
    )
    Import.objects.filter(pk=one.pk, state=Import.State.DRAFT).update(
        state=Import.State.RUNNING, source=source, started_at=now
    )


def go_on(*, now: dt.datetime) -> int:
    """Take the next portion of an import that runs; how many rows it was, 0 where none waits."""
    with transaction.atomic():
        one = (
            Import.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(state=Import.State.RUNNING)
            .order_by("pk")
            .first()
        )
        return _portion(one, now=now) if one else 0


def _portion(one: Import, *, now: dt.datetime) -> int:
    text = bytes(one.content).decode()
    portion, one.offset = following(text, one.separator, offset=one.offset, limit=PORTION)
    reader = Reader(one, portion)
    taken: list[InboxItem] = []
    refused: list[RefusedRow] = []
    for number, cells in enumerate(portion, start=one.place):
        try:
            taken.append(_item(one, reader.message(number, cells, now=now), now=now))
        except (Unusable, NotAccepted) as error:
            reason = str(error)[:LONGEST_REASON]
            refused.append(
                RefusedRow(imported=one, number=number + 2, reason=reason, cells=cells[:MOST_COLUMNS])
            )
    # Not through the door: it wants a user id, and an address is enough here, as it is for partners' programs.
    InboxItem.objects.bulk_create(taken)
    transaction.on_commit(lambda: ingest.received.send_robust(sender=None))
    one.accepted += len(taken)
    RefusedRow.objects.bulk_create(refused)
    one.refused += len(refused)
    one.place += len(portion)
    if one.place >= one.rows:
        one.state, one.finished_at = Import.State.DONE, now
    one.save(update_fields=["accepted", "refused", "place", "offset", "state", "finished_at"])
    return len(portion)


def _item(one: Import, message: dict[str, Any], *, now: dt.datetime) -> InboxItem:
    return InboxItem(
        lane=Lane.BULK,
        source=one.source,
        message_hash=blake2b(message["messageId"].encode(), digest_size=16).digest(),
        occurred_at=one.started_at or now,
        received_at=now,
        payload=msgspec.json.encode(message).decode(),
    )


class Reader:
    """Reads the rows of one import as what its columns say."""

    def __init__(self, one: Import, rows: Sequence[Sequence[str]]) -> None:
        self.one = one
        self.rules: Rules = identifiers.rules()
        self.country = Settings.objects.get().country
        self.definitions = _definitions(one.columns)
        self.said_no = self._objectors(rows)

    def message(self, number: int, cells: Sequence[str], *, now: dt.datetime) -> dict[str, Any]:
        """The message that a row is. Raises Unusable, NotAccepted."""
        said = self._said(cells)
        who = self._who(said)
        traits: dict[str, Any] = {
            key: self._value(key, text) for key, text in said.items() if key not in NAMING
        }
        traits |= {one.namespace: one.value for one in who if one.namespace != "user_id"}
        if self.one.topic and self.said_no.isdisjoint(who):
            traits["subscriptions"] = {self.one.topic.key: {"email": True}}
        body: dict[str, Any] = {
            "type": "identify",
            "messageId": f"import-{self.one.pk}-{number}",
            "timestamp": (self.one.started_at or now).isoformat(),
            "traits": traits,
            "context": {"import": {"name": self.one.name, "row": number + 2, "proof": self.one.proof}},
        }
        named = {one.namespace: one.value for one in who}
        if "user_id" in named:
            body["userId"] = named["user_id"]
        others = [{"type": one.namespace, "id": one.value} for one in who if one.namespace != "user_id"]
        if others:
            body["context"]["externalIds"] = others
        return body

    def _objectors(self, rows: Sequence[Sequence[str]]) -> set[Identifier]:
        """Those of a portion who unsubscribed: a file, however new, does not speak for them."""
        if self.one.topic is None:
            return set()
        named: set[Identifier] = set()
        for cells in rows:
            with suppress(Unusable):
                named.update(self._who(self._said(cells)))
        links = IdentityLink.objects.filter(value__in={one.value for one in named}).select_related("persona")
        held = {Identifier(link.namespace, link.value): link.persona.contact_id for link in links}
        words = (
            Consent.objects.filter(contact__in=set(held.values()), channel=Channel.EMAIL)
            .filter(Q(topic=self.one.topic) | Q(topic__isnull=True))
            .order_by("contact", "topic", "-at", "-id")
            .distinct("contact", "topic")
        )
        no = {one.contact_id for one in words if one.state == ConsentState.UNSUBSCRIBED}
        return {who for who, contact in held.items() if contact in no}

    def _said(self, cells: Sequence[str]) -> dict[str, str]:
        return {
            column: cell.strip()
            for column, cell in zip(self.one.columns, cells, strict=False)
            if column and cell.strip()
        }

    def _who(self, said: Mapping[str, str]) -> list[Identifier]:
        who = [
            identifiers.normalised(self.rules[name], said[name], country=self.country)
            for name in NAMING
            if name in said
        ]
        if not who:
            raise Unusable(
                "identifier_missing", "The row does not say who it is: it has no e-mail, phone or number."
            )
        return who

    def _value(self, key: str, text: str) -> Any:
        if key in self.definitions:
            return attributes.coerce(self.definitions[key], text, country=self.country)
        return text


def _definitions(columns: Sequence[str]) -> dict[str, Definition]:
    rows = AttributeDefinition.objects.filter(key__in=[one for one in columns if one])
    return {one.key: Definition(one.pk, one.key, one.type, one.is_standard) for one in rows}


def sample(one: Import, *, limit: int = 5) -> list[list[str]]:
    """The heading and the first rows, for whoever says what the columns are."""
    found: list[list[str]] = []
    for row in rows_of(bytes(one.content).decode(), one.separator):
        found.append(row)
        if len(found) > limit:
            break
    return found


def refusals_as_csv(one: Import) -> Iterator[str]:
    """The rows that were not accepted, as they stood, with why; to be mended and imported again."""
    heading = sample(one, limit=0)[0]
    yield _line([*heading, "Not accepted, because"])
    for row in RefusedRow.objects.filter(imported=one).order_by("number").iterator():
        cells = [*row.cells, *[""] * (len(heading) - len(row.cells))]
        yield _line([*cells, row.reason])


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([f"'{cell}" if cell[:1] in "=+-@\t\r" else cell for cell in cells])
    return out.getvalue()
