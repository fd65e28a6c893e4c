"""Records as partners see them: what belongs to people and is no event, and the kinds of it."""

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from profiles import timeline
from profiles.models import AttributeDefinition, Contact, Record, RecordLink, RecordType
from profiles.rest import problems, versions
from profiles.rest.api import Resource
from profiles.rest.cursors import Order, cut
from profiles.rest.schema import describe
from profiles.rest.shapes import Output, PageQuery, page_of

BY_NUMBER = Order((("id", int),))
BY_KEY = Order((("key", str), ("id", int)))
FIELD = {"key": "renews_on", "label": "Renews on", "type": "date"}
LINKS = 200


class FieldOut(Output):
    """A field that records of a type have."""

    key = serializers.CharField()
    label_ = serializers.CharField()
    type = serializers.ChoiceField(choices=AttributeDefinition.Type.choices)


class RecordTypeOut(Output):
    """A kind of record: policy, booking, company."""

    example = {
        "key": "policy",
        "label": "Policy",
        "fields": [FIELD],
        "date_field": "renews_on",
        "created_at": "2026-11-22T09:00:00Z",
    }

    key = serializers.CharField()
    label_ = serializers.CharField()
    fields_ = FieldOut(many=True)
    date_field = serializers.CharField(help_text="The field with the date that matters; may be empty.")
    created_at = serializers.DateTimeField()


class LinkOut(Output):
    """Somebody's part in a record."""

    example = {"contact": 4711, "role": "owner", "since_at": "2026-03-04T19:12:00Z"}

    contact = serializers.IntegerField(source="contact_id")
    role = serializers.CharField()
    since_at = serializers.DateTimeField()


class RecordOut(Output):
    """A thing that belongs to people. Without `personal_data` its fields are null."""

    example = {
        "id": 9,
        "type": "policy",
        "key": "P-2026-17",
        "fields": {"renews_on": "2027-01-01"},
        "due_on": "2027-01-01",
        "updated_at": "2026-11-22T09:00:00Z",
        "links": [LinkOut.example],
    }

    id = serializers.IntegerField()
    type = serializers.CharField(source="type.key")
    key = serializers.CharField()
    fields_ = serializers.DictField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    updated_at = serializers.DateTimeField()
    links = LinkOut(many=True, help_text=f"Whose it is, the first {LINKS}.")

    def to_representation(self, record: Record) -> dict[str, Any]:
        """As far as the key may see."""
        links = self.context["links"].get(record.pk, [])
        return {
            "id": record.pk,
            "type": record.type.key,
            "key": record.key,
            "fields": record.fields if self.context["view"].sees_people else None,
            "due_on": record.due_on and record.due_on.isoformat(),
            "updated_at": serializers.DateTimeField().to_representation(record.updated_at),
            "links": LinkOut(links, many=True).data,
        }


class RecordQuery(PageQuery):
    """Which records."""

    type = serializers.CharField(required=False, max_length=60, help_text="The type's key.")
    key = serializers.CharField(required=False, max_length=200, help_text="The record's key.")
    contact = serializers.IntegerField(required=False, min_value=1, max_value=2**32, help_text="Whose.")


class RecordResource(Resource):
    """What addresses of records share."""

    family = "records"

    def fetch_type(self, key: str) -> RecordType:
        """The type. Raises Problem (404)."""
        found = RecordType.objects.filter(key=key).first()
        if found is None:
            raise problems.missing("There is no such type of record.")
        return found

    def told(self, records: Iterable[Record]) -> list[dict[str, Any]]:
        """These records, with whose they are."""
        listed = list(records)
        links: dict[int, list[RecordLink]] = {}
        for record in listed:  # a page has few, and each at most LINKS
            links[record.pk] = list(RecordLink.objects.filter(record=record).order_by("id")[:LINKS])
        context = {"view": self, "links": links}
        told: list[dict[str, Any]] = RecordOut(listed, many=True, context=context).data  # type: ignore[assignment]
        return told


class RecordTypes(RecordResource):
    """All kinds of records."""

    @describe(
        "List record types", name="record_types_list", query=PageQuery, answers={200: page_of(RecordTypeOut)}
    )
    def get(self, request: Request) -> Response:
        """The kinds of records, with their fields."""
        return self.page(RecordType.objects.all(), RecordTypeOut, BY_NUMBER, self.query())


class OneRecordType(RecordResource):
    """One kind of records."""

    @describe("Read a record type", name="record_types_read", answers={200: RecordTypeOut}, is_versioned=True)
    def get(self, request: Request, type_key: str) -> Response:
        """One type by its key."""
        return versions.shown(request, self.shown(RecordTypeOut, self.fetch_type(type_key)))


class Records(RecordResource):
    """All records."""

    @describe(
        "List records", name="records_list", query=RecordQuery, answers={200: page_of(RecordOut)}, cost=2
    )
    def get(self, request: Request) -> Response:
        """Records of a type by key, somebody's records, or all of them in the order in which they were made."""
        query = self.query()
        rows = Record.objects.select_related("type")
        if "type" in query:
            rows = rows.filter(type=self._type(query["type"]))
        if "key" in query:
            rows = rows.filter(key=query["key"])
        if "contact" in query:
            contact = Contact.objects.filter(pk=query["contact"]).first()
            if contact is None:
                raise problems.unusable("contact", "There is no such contact.")
            links = RecordLink.objects.filter(contact__in=timeline.contacts_of(contact))
            rows = rows.filter(pk__in=links.values("record"))
        order = BY_KEY if "type" in query else BY_NUMBER
        page = cut(rows, order, cursor=query["cursor"], limit=query["limit"])
        return self.pages(self.told(page.rows), page.next)

    def _type(self, key: str) -> RecordType:
        found = RecordType.objects.filter(key=key).first()
        if found is None:
            raise problems.unusable("type", "There is no such type of record.")
        return found


class OneRecord(RecordResource):
    """One record."""

    def fetch(self, type_key: str, key: str) -> Record:
        """The record. Raises Problem (404)."""
        found = Record.objects.select_related("type").filter(type=self.fetch_type(type_key), key=key).first()
        if found is None:
            raise problems.missing()
        return found

    @describe("Read a record", name="records_read", answers={200: RecordOut}, is_versioned=True)
    def get(self, request: Request, type_key: str, key: str) -> Response:
        """One record by its type's key and its own."""
        return versions.shown(request, self.told([self.fetch(type_key, key)])[0])


class RecordPeople(OneRecord):
    """Whose a record is."""

    @describe(
        "List a record's people", name="records_people", query=PageQuery, answers={200: page_of(LinkOut)}
    )
    def get(self, request: Request, type_key: str, key: str) -> Response:
        """Everybody who has a part in a record."""
        links = RecordLink.objects.filter(record=self.fetch(type_key, key))
        return self.page(links, LinkOut, BY_NUMBER, self.query())
