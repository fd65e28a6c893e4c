"""What people allow, as partners read and write it: topics, statements of consent, blocked addresses.

A statement and a block stand in their ledgers when the answer is given, however long the inbox is.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from profiles import consent, identifiers, ingest, suppressions
from profiles.consent import Statement
from profiles.identifiers import Unusable
from profiles.ingest import SystemEvent
from profiles.models import Basis, Channel, Consent, ConsentState, Contact, Lane, Settings, Suppression, Topic
from profiles.permitting import EVENTS
from profiles.rest import problems, scopes, versions
from profiles.rest.api import Resource
from profiles.rest.contacts import ContactResource
from profiles.rest.cursors import Order
from profiles.rest.schema import describe
from profiles.rest.shapes import Input, Output, PageQuery, page_of

BY_NUMBER = Order((("id", int),))
LATEST = Order((("id", int),), is_descending=True)
CHOICES = [(state.value, state.label) for state in EVENTS]


class TopicOut(Output):
    """What somebody can subscribe to."""

    example = {
        "id": 1,
        "key": "newsletter",
        "name": "Newsletter",
        "description": "",
        "basis": "consent",
        "needs_confirmation": True,
        "archived_at": None,
    }

    id = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    basis = serializers.ChoiceField(choices=Basis.choices, help_text="On what ground people are written to.")
    needs_confirmation = serializers.BooleanField()
    archived_at = serializers.DateTimeField(allow_null=True)


class Topics(Resource):
    """All topics."""

    family = "consent"

    @describe("List topics", name="topics_list", query=PageQuery, answers={200: page_of(TopicOut)})
    def get(self, request: Request) -> Response:
        """What people can subscribe to, archived topics too."""
        return self.page(Topic.objects.all(), TopicOut, BY_NUMBER, self.query())


class OneTopic(Resource):
    """One topic."""

    family = "consent"

    @describe("Read a topic", name="topics_read", answers={200: TopicOut}, is_versioned=True)
    def get(self, request: Request, key: str) -> Response:
        """One topic by its key."""
        found = Topic.objects.filter(key=key).first()
        if found is None:
            raise problems.missing()
        return versions.shown(request, self.shown(TopicOut, found))


class ConsentOut(Output):
    """A statement: what somebody said about a topic on a channel."""

    example = {
        "id": 551,
        "topic": "newsletter",
        "channel": "email",
        "state": "subscribed",
        "basis": "consent",
        "at": "2026-11-22T09:00:00Z",
        "source": 3,
        "wording_version": "2026-01",
        "proof": {"reason": "Ticked the box at the till"},
    }

    id = serializers.IntegerField()
    topic = serializers.CharField(
        source="topic.key", allow_null=True, default=None, help_text="Null: all topics of the channel."
    )
    channel = serializers.ChoiceField(choices=Channel.choices)
    state = serializers.ChoiceField(choices=ConsentState.choices)
    basis = serializers.ChoiceField(choices=Basis.choices)
    at = serializers.DateTimeField()
    source_ = serializers.IntegerField(source="source_id", allow_null=True)
    wording_version = serializers.CharField()
    proof = serializers.DictField(allow_null=True, help_text="Without `personal_data` null.")

    def to_representation(self, statement: Consent) -> dict[str, Any]:
        """As far as the key may see."""
        told = super().to_representation(statement)
        return told if self.context["view"].sees_people else {**told, "proof": None}


class StandingOut(Output):
    """The latest statement for each topic and channel. What is not here was never asked."""

    example = {"results": [ConsentOut.example]}

    results = ConsentOut(many=True)


class ConsentIn(Input):
    """What somebody said."""

    example = {
        "topic": "newsletter",
        "channel": "email",
        "state": "unsubscribed",
        "reason": "Asked on the phone",
    }

    topic = serializers.CharField(
        allow_null=True, max_length=60, help_text="The topic's key; null: all topics of the channel."
    )
    channel = serializers.ChoiceField(choices=Channel.choices)
    state = serializers.ChoiceField(choices=CHOICES)
    reason = serializers.CharField(max_length=300, help_text="How you know: it is kept as proof.")
    at = serializers.DateTimeField(
        required=False,
        default=None,
        allow_null=True,
        help_text="When it was said; now, where nothing is said.",
    )
    wording_version = serializers.CharField(required=False, default="", allow_blank=True, max_length=60)


class Standing(ContactResource):
    """What one person allows."""

    family = "consent"

    @describe("Read a contact's consent", name="consent_read", answers={200: StandingOut}, is_versioned=True)
    def get(self, request: Request, contact_id: int) -> Response:
        """The latest word about each topic on each channel. A later word about all topics of a channel overrules
        an earlier one about one of them."""
        contact = self.fetch(contact_id)
        return versions.shown(request, self.shown(StandingOut, {"results": consent.current(contact.pk)}))

    @describe("Write a contact's consent", name="consent_write", body=ConsentIn, answers={201: ConsentOut})
    def post(self, request: Request, contact_id: int) -> Response:
        """Write down what somebody said. It holds when you have the answer; the timeline follows a moment later.
        The latest word counts, by the moment it was said."""
        given = self.body(ConsentIn)
        contact = self.fetch(contact_id)
        topic = Topic.objects.filter(key=given["topic"]).first() if given["topic"] else None
        if given["topic"] is not None and topic is None:
            raise problems.invalid("/topic", "There is no such topic.")
        at = given["at"] or self.now
        if at > self.now + dt.timedelta(minutes=5):
            raise problems.invalid("/at", "It lies ahead.")
        said = self._said(contact, topic, given, at=min(at, self.now))
        written = Consent.objects.filter(contact=contact, proof__message=consent.key_hash(said)).latest("id")
        return Response(self.shown(ConsentOut, written), status=201)

    def _said(self, contact: Contact, topic: Topic | None, given: dict[str, Any], *, at: dt.datetime) -> str:
        """Write it to the ledger and leave the event; the name that both have."""
        state = ConsentState(given["state"])
        name = f"api:{self.key.pk}:{contact.pk}:{given['topic']}:{given['channel']}:{state}:{self.now.isoformat()}"
        statement = Statement(
            contact_id=contact.pk,
            persona_id=contact.pk,  # a contact has its first persona's number
            channel=given["channel"],
            state=state,
            at=at,
            topic_id=topic.pk if topic else None,
            basis=topic.basis if topic else Basis.CONSENT,
            source_id=self.key.source_id,
            wording_version=given["wording_version"],
            proof={"by_key": self.key.name, "reason": given["reason"]},
            key=name,
        )
        properties = {
            "topic": topic.key if topic else "all",
            "channel": given["channel"],
            "reason": given["reason"],
        }
        event = SystemEvent(EVENTS[state], contact.pk, at, name, properties, lane=Lane.URGENT)
        with transaction.atomic():
            consent.record([statement], now=self.now)
            ingest.record([event], now=self.now)
        return name


class SuppressionOut(Output):
    """An address that is not written to, whoever has it."""

    example = {
        "id": 77,
        "channel": "email",
        "address": "ada@example.com",
        "reason": "by_hand",
        "detail": "Asked by letter",
        "since_at": "2026-11-22T09:00:00Z",
        "until_at": None,
    }

    id = serializers.IntegerField()
    channel = serializers.ChoiceField(choices=Channel.choices)
    address = serializers.CharField()
    reason = serializers.ChoiceField(choices=Suppression.Reason.choices)
    detail = serializers.CharField()
    since_at = serializers.DateTimeField()
    until_at = serializers.DateTimeField(allow_null=True)


class SuppressionQuery(PageQuery):
    """Which addresses."""

    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    address = serializers.CharField(required=False, max_length=254)


class SuppressionIn(Input):
    """What to block."""

    example = {"channel": "email", "address": "ada@example.com", "detail": "Asked by letter"}

    channel = serializers.ChoiceField(choices=Channel.choices)
    address = serializers.CharField(max_length=254)
    reason = serializers.ChoiceField(
        choices=Suppression.Reason.choices, required=False, default=Suppression.Reason.BY_HAND
    )
    detail = serializers.CharField(required=False, default="", allow_blank=True, max_length=1000)
    until_at = serializers.DateTimeField(
        required=False, default=None, allow_null=True, help_text="Null: for good."
    )


class Suppressions(Resource):
    """Blocked addresses."""

    family = "consent"
    needs = (scopes.PERSONAL,)

    @describe(
        "List blocked addresses",
        name="suppressions_list",
        query=SuppressionQuery,
        answers={200: page_of(SuppressionOut)},
    )
    def get(self, request: Request) -> Response:
        """Addresses that are not written to, the latest first."""
        query = self.query()
        rows = Suppression.objects.all()
        if "channel" in query:
            rows = rows.filter(channel=query["channel"])
        if "address" in query:
            rows = rows.filter(address=query["address"].strip().lower())
        return self.page(rows, SuppressionOut, LATEST, query)

    @describe(
        "Block an address", name="suppressions_create", body=SuppressionIn, answers={201: SuppressionOut}
    )
    def post(self, request: Request) -> Response:
        """Write no more to this address, from this moment on. Blocking it again keeps the first moment and takes
        the later end."""
        given = self.body(SuppressionIn)
        if given["until_at"] is not None and given["until_at"] <= self.now:
            raise problems.invalid("/until_at", "It lies in the past.")
        address = _spelled(given["channel"], given["address"])
        with transaction.atomic():
            suppressions.block(
                channel=given["channel"],
                address=address,
                reason=given["reason"],
                detail=given["detail"],
                until_at=given["until_at"],
                now=self.now,
            )
        found = Suppression.objects.get(channel=given["channel"], address=address.strip().lower())
        where = request.build_absolute_uri(reverse("api_suppression", args=[found.pk]))
        return Response(self.shown(SuppressionOut, found), status=201, headers={"Location": where})


def _spelled(channel: str, address: str) -> str:
    """The address in its one spelling. Raises Problem (422)."""
    try:
        if channel == Channel.EMAIL:
            return identifiers.email(address)
        if channel in (Channel.SMS, Channel.WHATSAPP):
            country = Settings.objects.values_list("country", flat=True).first() or ""
            return identifiers.phone(address, country)
    except Unusable as error:
        raise problems.invalid("/address", str(error)) from None
    return address


class OneSuppression(Resource):
    """One blocked address."""

    family = "consent"
    needs = (scopes.PERSONAL,)

    def _fetch(self, suppression_id: int) -> Suppression:
        found = Suppression.objects.filter(pk=suppression_id).first()
        if found is None:
            raise problems.missing()
        return found

    @describe(
        "Read a blocked address", name="suppressions_read", answers={200: SuppressionOut}, is_versioned=True
    )
    def get(self, request: Request, suppression_id: int) -> Response:
        """One blocked address by number."""
        return versions.shown(request, self.shown(SuppressionOut, self._fetch(suppression_id)))

    @describe(
        "Let an address be written to again",
        name="suppressions_delete",
        answers={204: None},
        is_versioned=True,
        needs_version=False,
    )
    def delete(self, request: Request, suppression_id: int) -> Response:
        """Take the block away. Consent is still asked before each message."""
        found = self._fetch(suppression_id)
        versions.require(request, self.shown(SuppressionOut, found), is_needed=False)
        with transaction.atomic():
            suppressions.allow(channel=found.channel, address=found.address, now=self.now)
        return Response(status=204)
