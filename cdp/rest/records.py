"""Records written over the partner API: under the digest lock, so that segments and journeys know at once."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cdp.lib.db import DIGEST_LOCK, transaction_with_lock
from journeys.flow import triggers
from profiles import attributes, moving
from profiles.arrivals import Touched
from profiles.attributes import LONGEST_KEY, Definition, NotAccepted
from profiles.models import AttributeDefinition, Contact, Record, RecordLink, RecordType, Touch
from profiles.present import Provenance
from profiles.rest import problems, versions
from profiles.rest.problems import Problem
from profiles.rest.records import OneRecord, OneRecordType, RecordOut, RecordTypeOut
from profiles.rest.schema import describe
from profiles.rest.shapes import Input
from segments import membership

MOST_FIELDS: Final = 200
KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")


class FieldIn(Input):
    """A field that records of a type have."""

    key = serializers.CharField(max_length=LONGEST_KEY)
    label_ = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    type = serializers.ChoiceField(choices=AttributeDefinition.Type.choices)


class RecordTypeIn(Input):
    """What a kind of records is like."""

    example = {
        "label": "Policy",
        "fields": [{"key": "renews_on", "label": "Renews on", "type": "date"}],
        "date_field": "renews_on",
    }

    label_ = serializers.CharField(max_length=120)
    fields_ = serializers.ListField(
        child=FieldIn(), required=False, default=list, max_length=MOST_FIELDS, help_text="Its fields."
    )
    date_field = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=60, help_text="The date that matters."
    )


class LinkIn(Input):
    """Somebody's part in a record."""

    contact = serializers.IntegerField(min_value=1, max_value=2**32)
    role = serializers.CharField(required=False, default="", allow_blank=True, max_length=60)


class RecordIn(Input):
    """What a record says, and whose it is."""

    example = {"fields": {"renews_on": "2027-01-01"}, "links": [{"contact": 4711, "role": "owner"}]}

    fields_ = serializers.DictField(
        required=False, default=dict, help_text="Fields by their keys; null takes one away, others stay."
    )
    links = serializers.ListField(
        child=LinkIn(),
        required=False,
        default=None,
        allow_null=True,
        max_length=200,
        help_text="Everybody who has a part in it from now on; null or nothing leaves that as it is.",
    )


class WrittenRecordType(OneRecordType):
    """One kind of records, read and written."""

    @describe(
        "Create or replace a record type",
        name="record_types_write",
        body=RecordTypeIn,
        answers={200: RecordTypeOut, 201: RecordTypeOut},
        is_versioned=True,
    )
    def put(self, request: Request, type_key: str) -> Response:
        """Make a type, or say anew what its records are like. One that exists takes `If-Match`. Fields that it has
        cannot be left out or change their type: segments may ask for them."""
        given = self.body(RecordTypeIn)
        if not KEY.fullmatch(type_key):
            raise problems.missing("A key has letters, digits, _ . and -; at most 60 of them.")
        fields = [{**one, "label": one["label"] or one["key"]} for one in given["fields"]]
        with transaction.atomic():
            held = RecordType.objects.select_for_update().filter(key=type_key).first()
            if held is not None:
                versions.require(request, self.shown(RecordTypeOut, held))
            _check_fields(fields, held.fields if held else [], given["date_field"])
            kind, made = RecordType.objects.update_or_create(
                key=type_key,
                defaults={"label": given["label"], "fields": fields, "date_field": given["date_field"]},
            )
        return versions.shown(request, self.shown(RecordTypeOut, kind), status=201 if made else 200)


def _check_fields(fields: Sequence[dict[str, str]], held: Sequence[dict[str, str]], date_field: str) -> None:
    types = {one["key"]: one["type"] for one in fields}
    if len(types) < len(fields):
        raise problems.invalid("/fields", "A key stands there twice.")
    if lost := [one["key"] for one in held if types.get(one["key"]) != one["type"]]:
        raise problems.invalid("/fields", f"It has {', '.join(lost)} already; that stays as it is.")
    if date_field and types.get(date_field) not in ("date", "datetime"):
        raise problems.invalid("/date_field", "It must be one of the fields, and a date.")


class WrittenRecord(OneRecord):
    """One record, read and written."""

    @describe(
        "Create or update a record",
        name="records_write",
        body=RecordIn,
        answers={200: RecordOut, 201: RecordOut},
        is_versioned=True,
        needs_version=False,
        cost=3,
    )
    def put(self, request: Request, type_key: str, key: str) -> Response:
        """Say what a record is and whose. It holds at once: segments and journeys know when you have the answer.
        First-party beats second, second third; then the latest. `If-Match` is heeded where it is sent."""
        given = self.body(RecordIn)
        kind = self.fetch_type(type_key)
        if not key.strip() or len(key) > 200:
            raise problems.missing("A key has 1 to 200 characters.")
        with transaction_with_lock(DIGEST_LOCK):
            held = Record.objects.filter(type=kind, key=key).select_related("type").first()
            if held is not None or "If-Match" in request.headers:
                versions.require(request, self.told([held])[0] if held else None, is_needed=False)
            record = held or Record.objects.create(type=kind, key=key, updated_at=self.now)
            before = _people(record)
            is_new = _fold(record, given["fields"], kind, party=self.key.source.party, source=self.key.source_id,
                           now=self.now)  # fmt: skip
            if given["links"] is not None:
                _link(record, given["links"], now=self.now)
            after = _people(record)
            touched = before | after if is_new else before ^ after
            _carry_on(touched, now=self.now)
        told = self.told([self.fetch(type_key, key)])[0]
        return versions.shown(request, told, status=200 if held else 201)


def _fold(
    record: Record, values: dict[str, Any], kind: RecordType, *, party: int, source: int, now: dt.datetime
) -> bool:
    """Fold these values in; whether the record says something else now. Raises Problem (422)."""
    said = Provenance(party, now.timestamp(), source, 0)
    before = dict(record.fields)
    for key, value in _coerced(values, kind).items():
        earlier = record.provenance.get(key)
        if earlier is not None and Provenance(*earlier).rank < said.rank:
            continue
        record.provenance[key] = list(said)
        if value is None:
            record.fields.pop(key, None)
        else:
            record.fields[key] = value
    due = record.fields.get(kind.date_field) if kind.date_field else None
    record.due_on = dt.date.fromisoformat(due[:10]) if isinstance(due, str) else None
    record.updated_at = now
    record.save(update_fields=["fields", "provenance", "due_on", "updated_at"])
    return bool(before != record.fields)


def _coerced(values: dict[str, Any], kind: RecordType) -> dict[str, Any]:
    """The values as their fields keep them; a field that is new is defined by its first value."""
    known = {one["key"]: one["type"] for one in kind.fields}
    found, errors = {}, []
    for key, value in values.items():
        if not key or len(key) > LONGEST_KEY or (key not in known and len(known) >= MOST_FIELDS):
            errors.append({"detail": "This field cannot be kept.", "pointer": "/fields"})
            continue
        if key not in known and value is not None:
            known[key] = str(attributes.type_of(value))
            kind.fields = [*kind.fields, {"key": key, "label": key, "type": known[key]}]
        try:
            definition = Definition(0, key, known.get(key, "text"), is_standard=False)
            found[key] = attributes.coerce(definition, value)
        except NotAccepted as error:
            errors.append({"detail": str(error), "pointer": f"/fields/{key}"})
    if errors:
        raise Problem(422, "invalid", "The body is not as it must be; see errors.", errors=errors)
    kind.save(update_fields=["fields"])
    return found


def _link(record: Record, links: Sequence[dict[str, Any]], *, now: dt.datetime) -> None:
    """These people have a part in it, and no others. Raises Problem (422)."""
    wanted = {(one["contact"], one["role"]) for one in links}
    there = set(
        Contact.objects.filter(pk__in=[contact for contact, _role in wanted], merged_into=None).values_list(
            "pk", flat=True
        )
    )
    if missing := [index for index, one in enumerate(links) if one["contact"] not in there]:
        raise problems.invalid(f"/links/{missing[0]}/contact", "There is no such contact.")
    held = {(link.contact_id, link.role): link for link in RecordLink.objects.filter(record=record)}
    RecordLink.objects.filter(pk__in=[link.pk for who, link in held.items() if who not in wanted]).delete()
    RecordLink.objects.bulk_create(
        RecordLink(record=record, contact_id=contact, persona_id=contact, role=role, since_at=now)
        for contact, role in sorted(wanted - held.keys())
    )


def _people(record: Record) -> set[int]:
    return set(RecordLink.objects.filter(record=record).values_list("contact", flat=True))


def _carry_on(contacts: Iterable[int], *, now: dt.datetime) -> None:
    """Tell segments and journeys whose records changed."""
    people = sorted(contacts)
    if people:
        moving.touch([(contact, Touch.What.RECORD) for contact in people], now=now)
        changes = membership.refresh({contact: Touched(records=True) for contact in people}, now=now)
        triggers.enrol([], changes, now=now)
