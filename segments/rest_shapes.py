"""Segments and lists as the partner API shows and takes them."""

from typing import Any, ClassVar

from rest_framework import serializers

from profiles.rest.shapes import Input, Output, PageQuery
from segments.ast import InvalidSegment

CUSTOMERS: Any = {
    "type": "all",
    "children": [
        {"type": "purchase", "measure": "orders", "operator": "gte", "value": 3, "window": {"type": "ever"}}
    ],
}
MOST = 1_000


def pointer(problem: InvalidSegment, field: str = "definition") -> str:
    """Where in the body a problem with a tree lies."""
    path = problem.path.strip(".").replace(".", "/")
    return f"/{field}/{path}" if path else f"/{field}"


class NamedOut(Output):
    """What segments and lists have in common."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)


class ListOut(NamedOut):
    """People picked by hand."""

    example = {
        "id": 8,
        "name": "Testers",
        "description": "",
        "tags": [],
        "created_at": "2026-11-02T09:30:00Z",
        "archived_at": None,
    }


class SegmentOut(NamedOut):
    """A question about contacts."""

    example = {
        **ListOut.example,
        "id": 7,
        "name": "Good customers",
        "definition": CUSTOMERS,
        "words": "people with at least 3 orders",
        "include_visitors": False,
        "version": 1,
        "built_at": "2026-11-02T09:30:04Z",
    }

    definition = serializers.DictField(help_text="The tree of conditions; docs/api.md describes it.")
    words = serializers.SerializerMethodField(help_text="The definition as a sentence.")
    include_visitors = serializers.BooleanField()
    version = serializers.IntegerField(help_text="Grows with every change of the question.")
    built_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when memberships are kept; null while they are first built."
    )

    def get_words(self, segment: Any) -> str:
        """In words."""
        told: str = self.context["view"].words(segment.definition)
        return told


class ThingQuery(PageQuery):
    """Which segments or lists."""

    archived = serializers.BooleanField(required=False, default=False, help_text="Those in the archive.")
    name = serializers.CharField(required=False, max_length=120, help_text="The whole name, in any case.")


class TreeIn(Input):
    """A question that is not kept."""

    example = {"definition": CUSTOMERS, "include_visitors": False}

    definition = serializers.DictField()
    include_visitors = serializers.BooleanField(required=False, default=False)


class NamedIn(Input):
    """What a new segment or list is called."""

    name = serializers.CharField(max_length=120)
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=2_000)


class ListIn(NamedIn):
    """A new list."""

    example = {"name": "Testers"}


class SegmentIn(NamedIn):
    """A new segment."""

    example = {"name": "Good customers", "definition": CUSTOMERS}

    definition = serializers.DictField()
    include_visitors = serializers.BooleanField(required=False, default=False)


class ListEditIn(Input):
    """What changes; the rest stays."""

    example: ClassVar[Any] = {"name": "First testers"}

    name = serializers.CharField(required=False, max_length=120)
    description = serializers.CharField(required=False, allow_blank=True, max_length=2_000)


class SegmentEditIn(ListEditIn):
    """What changes; the rest stays."""

    example: ClassVar[Any] = {"definition": CUSTOMERS}

    definition = serializers.DictField(required=False)
    include_visitors = serializers.BooleanField(required=False)


class FaultOut(Output):
    """What is wrong with a tree, and where."""

    detail = serializers.CharField()
    pointer = serializers.CharField(help_text="JSON pointer into the body.")


class ValidityOut(Output):
    """Whether a tree can be counted."""

    example = {"valid": True, "words": "people with at least 3 orders", "faults": []}

    valid = serializers.BooleanField()
    words = serializers.CharField(help_text='The tree as a sentence; "" where it is not valid.')
    faults = FaultOut(many=True)


class CountOut(Output):
    """How many people a question means."""

    example = {
        "count": 1204,
        "is_exact": True,
        "known": 8412,
        "reach": {"email": 1100, "sms": 300},
        "as_of": "2026-11-22T09:00:00Z",
    }

    count = serializers.IntegerField()
    is_exact = serializers.BooleanField(help_text="Else an estimate from a sample.")
    known = serializers.IntegerField(help_text="Everybody who was asked.")
    reach = serializers.DictField(
        child=serializers.IntegerField(), help_text="Whom marketing may and can reach, by channel."
    )
    as_of = serializers.DateTimeField()


class SizeOut(Output):
    """How many people are in it."""

    example = {"count": 1204, "as_of": "2026-11-22T09:00:00Z"}

    count = serializers.IntegerField()
    as_of = serializers.DateTimeField()


class MemberOut(Output):
    """Somebody in it."""

    example = {"contact": 4711, "email": "ada@example.com", "entered_at": "2026-11-02T09:30:04Z"}

    contact = serializers.IntegerField(source="contact_id", help_text="The contact's number.")
    email = serializers.SerializerMethodField(allow_null=True, help_text="Null without personal_data.")
    entered_at = serializers.DateTimeField()

    def get_email(self, member: Any) -> str | None:
        """As far as the key may see."""
        return (member.contact.email or None) if self.context["view"].sees_people else None


class MembersQuery(PageQuery):
    """Which members."""

    since = serializers.DateTimeField(required=False, help_text="Only who entered at or after this moment.")


class MembershipOut(Output):
    """Whether somebody is in it, and since when."""

    example = {"contact": 4711, "is_member": True, "entered_at": "2026-11-02T09:30:04Z"}

    contact = serializers.IntegerField()
    is_member = serializers.BooleanField()
    entered_at = serializers.DateTimeField(allow_null=True)


class PeopleIn(Input):
    """Who comes or goes: contact numbers, identifiers, or both."""

    example = {"contacts": [4711], "identifiers": ["email:grace@example.com"]}

    contacts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**32),
        required=False,
        default=list,
        max_length=MOST,
    )
    identifiers = serializers.ListField(
        child=serializers.CharField(max_length=400),
        required=False,
        default=list,
        max_length=MOST,
        help_text="`namespace:value`, each.",
    )

    def validate(self, attributes: dict[str, Any]) -> dict[str, Any]:
        """At least one, and not too many."""
        given = len(attributes["contacts"]) + len(attributes["identifiers"])
        if not 0 < given <= MOST:
            raise serializers.ValidationError(f"Name between 1 and {MOST} people.")
        return attributes


class FateOut(Output):
    """What became of one of them."""

    who = serializers.CharField(help_text="As it was given.")
    contact = serializers.IntegerField(allow_null=True)
    result = serializers.ChoiceField(choices=["changed", "unchanged", "unknown"])


class FatesOut(Output):
    """What became of each."""

    example = {"changed": 1, "results": [{"who": "4711", "contact": 4711, "result": "changed"}]}

    changed = serializers.IntegerField(help_text="How many came or went.")
    results = FateOut(many=True)
