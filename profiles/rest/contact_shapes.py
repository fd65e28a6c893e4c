"""How a contact goes out, and how one comes in."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from profiles.models import Contact, Party
from profiles.rest.identities import OPEN
from profiles.rest.shapes import Input, Output, PageQuery, Query
from profiles.stages import Stage

# Without the scope personal_data these are null. What a customer calls an attribute says nothing about what is in it,
# so all of those count as personal.
PERSONAL: Final = (
    "email", "phone", "first_name", "last_name", "birth_date", "gender", "postal_code", "attributes",
)  # fmt: skip
ADA: Final[dict[str, Any]] = {
    "id": 4711,
    "identifiers": [
        {"namespace": "user_id", "value": "42"},
        {"namespace": "email", "value": "ada@example.com"},
    ],
    "email": "ada@example.com",
    "phone": "+31612345678",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "birth_date": "1990-12-10",
    "gender": None,
    "language": "nl",
    "timezone": "Europe/Amsterdam",
    "country": "NL",
    "region": None,
    "city": "Utrecht",
    "postal_code": "3511 AB",
    "lifecycle_stage": "active",
    "attributes": {"plan": "gold", "shoe_size": 38},
    "created_at": "2026-03-01T08:00:00Z",
    "known_since_at": "2026-03-04T19:12:00Z",
    "do_not_track_since_at": None,
}


class IdentifierOut(Output):
    """One identifier."""

    namespace = serializers.CharField()
    value = serializers.CharField()


class ContactOut(Output):
    """One person as we know them. Without `personal_data`, what is personal is null."""

    example = ADA

    id = serializers.IntegerField()
    identifiers = IdentifierOut(many=True, help_text="Without `personal_data` the `user_id` alone.")
    email = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_null=True, help_text="E.164.")
    first_name = serializers.CharField(allow_null=True)
    last_name = serializers.CharField(allow_null=True)
    birth_date = serializers.DateField(allow_null=True)
    gender = serializers.CharField(allow_null=True)
    language = serializers.CharField(allow_null=True)
    timezone = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_null=True, help_text="ISO 3166, two letters.")
    region = serializers.CharField(allow_null=True)
    city = serializers.CharField(allow_null=True)
    postal_code = serializers.CharField(allow_null=True)
    lifecycle_stage = serializers.CharField(allow_null=True, help_text=f"One of {', '.join(Stage.values)}.")
    attributes = serializers.DictField(allow_null=True, help_text="All other attributes, by their keys.")
    created_at = serializers.DateTimeField()
    known_since_at = serializers.DateTimeField(allow_null=True, help_text="Null: a visitor.")
    do_not_track_since_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, contact: Contact) -> dict[str, Any]:
        """As far as the key may see."""
        sees_people = self.context["view"].sees_people
        links = self.context["links"][contact.pk]
        told: dict[str, Any] = {
            name: field.to_representation(value)
            if (value := getattr(contact, name)) not in ("", None)
            else None
            for name, field in self.fields.items()
            if name != "identifiers"
        }
        if not sees_people:
            told |= dict.fromkeys(PERSONAL)
        shown = [link for link in links if sees_people or link.namespace in OPEN]
        return told | {"identifiers": [{"namespace": link.namespace, "value": link.value} for link in shown]}


class ContactQuery(PageQuery):
    """Whom to list."""

    identifier = serializers.CharField(
        required=False, max_length=300, help_text="Whoever has this identifier: `email:ada@example.com`."
    )
    q = serializers.CharField(required=False, max_length=200, help_text="Words of the name, email or phone.")
    country = serializers.RegexField(r"^[A-Za-z]{2}$", required=False)
    stage = serializers.ChoiceField(choices=Stage.choices, required=False)
    reach = serializers.ChoiceField(
        choices=["email", "sms"], required=False, help_text="Who can be written to over this channel."
    )
    source_ = serializers.IntegerField(
        required=False, min_value=1, max_value=2**31, help_text="Whom this source named."
    )
    visitors = serializers.BooleanField(
        required=False, default=False, help_text="Visitors too: people without email, phone or user_id."
    )


class LookupQuery(Query):
    """Whom to find."""

    identifier = serializers.CharField(
        max_length=300, help_text="`namespace:value`: `email:ada@example.com`."
    )


class ContactIn(Input):
    """Who somebody is, and what is known of them."""

    example = {
        "identifiers": {"user_id": "42", "email": "ada@example.com"},
        "attributes": {"first_name": "Ada", "plan": "gold"},
    }

    identifiers = serializers.DictField(
        child=serializers.CharField(max_length=200),
        allow_empty=False,
        help_text="By namespace: user_id, email, phone, anonymous_id, … At least one.",
    )
    attributes = serializers.DictField(
        required=False, default=dict, help_text="Attributes by their keys; null takes one away."
    )
    occurred_at = serializers.DateTimeField(
        required=False, default=None, allow_null=True, help_text="When it was so; now, where nothing is said."
    )


@extend_schema_field(ContactIn(many=True))
class People(serializers.ListField):
    """Many of them; each is checked for itself."""


class ContactsIn(Input):
    """Many people at once."""

    example = {"contacts": [ContactIn.example], "starts_journeys": False}

    contacts = People(
        child=serializers.DictField(), min_length=1, max_length=1000, help_text="Each as in POST /contacts/."
    )
    starts_journeys = serializers.BooleanField(
        required=False, default=False, help_text="Whether this is news that journeys may start with."
    )


class AttributesIn(Input):
    """What to change of somebody."""

    example = {"attributes": {"plan": "silver", "shoe_size": None}}

    attributes = serializers.DictField(
        allow_empty=False, help_text="Attributes by their keys; null takes one away. Others stay."
    )


class AttributeOut(Output):
    """One attribute of somebody, and whence its value comes."""

    example = {
        "key": "plan",
        "value": "gold",
        "party": "first",
        "source": 3,
        "stated_at": "2026-10-30T11:05:00Z",
    }

    key = serializers.CharField()
    value = serializers.JSONField(allow_null=True)
    party = serializers.ChoiceField(choices=[party.name.lower() for party in Party])
    source_ = serializers.IntegerField(help_text="The number of the source that said so.")
    stated_at = serializers.DateTimeField()


class AttributesOut(Output):
    """All attributes of somebody."""

    example = {"results": [AttributeOut.example]}

    results = AttributeOut(many=True)


class ActivityOut(Output):
    """How lively somebody is."""

    example = {
        "first_seen_at": "2026-03-01T08:00:00Z",
        "last_seen_at": "2026-11-21T20:14:03Z",
        "event_count": 214,
    }

    first_seen_at = serializers.DateTimeField(allow_null=True)
    last_seen_at = serializers.DateTimeField(allow_null=True)
    event_count = serializers.IntegerField()
