"""What people did: somebody's timeline, events of a kind, and events that partners send."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from profiles import ingest, timeline
from profiles.models import Contact, Event, EventDefinition, Lane
from profiles.rest import changes, problems
from profiles.rest.accepting import Checker, Said, accept
from profiles.rest.api import Resource
from profiles.rest.contacts import BULK_BYTES, ContactResource, attempt, none_accepted
from profiles.rest.cursors import Order
from profiles.rest.schema import describe
from profiles.rest.shapes import Input, Output, PageQuery, page_of

NEWEST = Order((("occurred_at", dt.datetime), ("id", int)), is_descending=True)
ARRIVED = Order((("id", int),), is_descending=True)


class EventOut(Output):
    """Something that happened to a person. Without `personal_data`, properties and context are null."""

    example = {
        "id": 90210,
        "name": "Order Completed",
        "contact": 4711,
        "occurred_at": "2026-11-21T20:14:03Z",
        "received_at": "2026-11-21T20:14:04Z",
        "source": 3,
        "value": "79.95",
        "properties": {"order_id": "10042", "total": 79.95, "currency": "EUR"},
        "context": {"campaign": {"source": "newsletter"}},
    }

    id = serializers.IntegerField()
    name = serializers.CharField(source="definition.name")
    contact = serializers.IntegerField(source="contact_id")
    occurred_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    source_ = serializers.IntegerField(source="source_id")
    value = serializers.DecimalField(
        max_digits=18, decimal_places=4, allow_null=True, help_text="In the workspace's currency."
    )
    properties = serializers.DictField(allow_null=True)
    context_ = serializers.DictField(allow_null=True)

    def to_representation(self, event: Event) -> dict[str, Any]:
        """As far as the key may see: anything may stand in properties."""
        told = super().to_representation(event)
        return told if self.context["view"].sees_people else {**told, "properties": None, "context": None}


class TimelineQuery(PageQuery):
    """Which events."""

    name = serializers.CharField(required=False, max_length=200, help_text="The event's name, exactly.")
    since = serializers.DateTimeField(required=False, help_text="That happened at this moment or later.")
    until = serializers.DateTimeField(required=False, help_text="That happened before this moment.")


class EventQuery(TimelineQuery):
    """Which events."""

    contact = serializers.IntegerField(required=False, min_value=1, max_value=2**32, help_text="Whose.")


class EventIn(Input):
    """Something that happened to somebody."""

    example = {
        "name": "Order Completed",
        "identifiers": {"user_id": "42"},
        "properties": {"order_id": "10042", "total": 79.95, "currency": "EUR"},
        "occurred_at": "2026-11-21T20:14:03Z",
        "message_id": "order-10042",
    }

    name = serializers.CharField(max_length=200)
    identifiers = serializers.DictField(
        child=serializers.CharField(max_length=200),
        allow_empty=False,
        help_text="By namespace. At least one.",
    )
    properties = serializers.DictField(required=False, default=dict)
    occurred_at = serializers.DateTimeField(required=False, default=None, allow_null=True)
    message_id = serializers.CharField(
        required=False,
        default=None,
        allow_null=True,
        max_length=200,
        help_text="Your own id of it: within 30 days the same id is the same event.",
    )


@extend_schema_field(EventIn(many=True))
class Happenings(serializers.ListField):
    """Many of them; each is checked for itself."""


class EventsIn(Input):
    """Many events at once."""

    example = {"events": [EventIn.example]}

    events = Happenings(
        child=serializers.DictField(), min_length=1, max_length=1000, help_text="Each as in the example."
    )


def narrowed(events: QuerySet[Event], query: dict[str, Any]) -> QuerySet[Event]:
    """As the query asks."""
    if "name" in query:
        events = events.filter(definition__in=EventDefinition.objects.filter(name=query["name"]))
    if "since" in query:
        events = events.filter(occurred_at__gte=query["since"])
    if "until" in query:
        events = events.filter(occurred_at__lt=query["until"])
    return events.select_related("definition")


class Timeline(ContactResource):
    """What happened to one person."""

    family = "events"
    tag = "contacts"

    @describe(
        "Read a contact's timeline",
        name="contacts_timeline",
        query=TimelineQuery,
        answers={200: page_of(EventOut)},
    )
    def get(self, request: Request, contact_id: int) -> Response:
        """The events of one person, the latest first; our own messages are among them."""
        query = self.query()
        contact = self.fetch(contact_id)
        events = Event.objects.filter(contact__in=timeline.contacts_of(contact))
        return self.page(narrowed(events, query), EventOut, NEWEST, query)


class Events(Resource):
    """Everybody's events."""

    family = "events"
    body_bytes = BULK_BYTES

    @describe("List events", name="events_list", query=EventQuery, answers={200: page_of(EventOut)}, cost=2)
    def get(self, request: Request) -> Response:
        """The latest first where a contact or a name is asked for; else in the order of arrival, the last first."""
        query = self.query()
        events = Event.objects.all()
        if "contact" in query:
            contact = Contact.objects.filter(pk=query["contact"]).first()
            if contact is None:
                raise problems.unusable("contact", "There is no such contact.")
            events = events.filter(contact__in=timeline.contacts_of(contact))
        order = NEWEST if "contact" in query or "name" in query else ARRIVED
        return self.page(narrowed(events, query), EventOut, order, query)

    @describe("Send events", name="events_send", body=EventsIn, answers={202: changes.OutcomesOut}, cost=10)
    def post(self, request: Request) -> Response:
        """At most 1,000 events in 4 MB. Each is accepted or refused for itself; where none can be accepted, the
        answer is 422. For a stream of events the event API, `/v1/batch`, is made."""
        given = self.body(EventsIn)
        checker = Checker(self.key, self.now)
        outcomes = [attempt(EventIn(data=one), checker.event) for one in given["events"]]
        said = [one for one in outcomes if isinstance(one, Said)]
        if not said:
            raise none_accepted(outcomes, "events")
        for lane in {_lane(one) for one in said}:
            accept([one for one in said if _lane(one) == lane], key=self.key, lane=lane, now=self.now)
        return Response(changes.results(self, outcomes), status=202)


def _lane(said: Said) -> Lane | None:
    return Lane.URGENT if said.body["event"] in ingest.URGENT else None
