"""Journeys, broadcasts and messages as the partner API shows and takes them."""

from typing import Any, ClassVar

from rest_framework import serializers

from journeys import words
from journeys.models import Journey, Message, Receipt, Run
from profiles.models import Channel
from profiles.rest.shapes import Input, Output, PageQuery

MOST = 100
LONGEST_KEY = 90


class ThingOut(Output):
    """What journeys and broadcasts have in common."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    status = serializers.ChoiceField(choices=Journey.Status.choices)
    tags = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)


class JourneyOut(ThingOut):
    """A journey."""

    example: ClassVar[Any] = {
        "id": 21,
        "name": "Welcome",
        "description": "",
        "status": "live",
        "tags": [],
        "created_at": "2026-11-02T09:30:00Z",
        "archived_at": None,
        "version": 3,
        "trigger": "api",
    }

    version = serializers.SerializerMethodField(
        allow_null=True, help_text="The number of the version that takes people in; null while there is none."
    )
    trigger = serializers.SerializerMethodField(
        allow_null=True, help_text="What starts it: event, segment, date, hand or api."
    )

    def get_version(self, journey: Journey) -> int | None:
        """The open version's number."""
        found = self.context["view"].open_version(journey)
        return found.number if found else None

    def get_trigger(self, journey: Journey) -> str | None:
        """As its definition says."""
        found = self.context["view"].open_version(journey)
        return str((found.definition.get("trigger") or {}).get("kind") or "") or None if found else None


class ThingQuery(PageQuery):
    """Which journeys or broadcasts."""

    status = serializers.ChoiceField(choices=Journey.Status.choices, required=False)
    archived = serializers.BooleanField(required=False, default=False, help_text="Those in the archive.")


class StepOut(Output):
    """The numbers of one step."""

    step = serializers.CharField(help_text="The step's id, stable across versions.")
    entered = serializers.IntegerField()
    passed = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Who stands there now.")
    sent = serializers.IntegerField()
    opened = serializers.IntegerField(help_text="People who opened; machines do not count.")
    clicked = serializers.IntegerField()


class NumbersOut(Output):
    """The numbers of all steps, since the journey began."""

    example: ClassVar[Any] = {
        "steps": [
            {
                "step": "email-4f1a",
                "entered": 12,
                "passed": 12,
                "waiting": 0,
                "sent": 12,
                "opened": 7,
                "clicked": 3,
            }
        ]
    }

    steps = StepOut(many=True)


class TravellerIn(Input):
    """Somebody to put in."""

    contact = serializers.IntegerField(required=False, min_value=1, max_value=2**32)
    identifier = serializers.CharField(required=False, max_length=400, help_text="`namespace:value`.")
    key = serializers.CharField(
        max_length=LONGEST_KEY,
        help_text="Names this start: the same key leads to the same run, however often it is sent.",
    )
    data = serializers.DictField(  # type: ignore[assignment]  # the name is the journey's, not the framework's
        required=False, default=dict, help_text="There for the journey's messages as `{{ data }}`."
    )

    def validate(self, attributes: dict[str, Any]) -> dict[str, Any]:
        """One way of naming somebody."""
        if ("contact" in attributes) == ("identifier" in attributes):
            raise serializers.ValidationError("Name the person once: contact or identifier.")
        return attributes


class TriggerIn(Input):
    """Whom to put in."""

    example: ClassVar[Any] = {
        "people": [{"identifier": "user_id:42", "key": "booking-77", "data": {"booking": 77}}]
    }

    people = TravellerIn(many=True, min_length=1, max_length=MOST)  # type: ignore[call-arg]  # of the list


class StartedOut(Output):
    """What became of one of them."""

    key = serializers.CharField()
    contact = serializers.IntegerField(allow_null=True)
    result = serializers.ChoiceField(choices=["in", "not_admitted", "unknown"])
    run = serializers.IntegerField(allow_null=True)


class TriggeredOut(Output):
    """What became of each."""

    example: ClassVar[Any] = {
        "results": [{"key": "booking-77", "contact": 4711, "result": "in", "run": 9001}]
    }

    results = StartedOut(many=True)


class RunOut(Output):
    """One person in a journey."""

    example: ClassVar[Any] = {
        "id": 9001,
        "contact": 4711,
        "journey": 21,
        "version": 3,
        "key": "",
        "state": "waiting",
        "words": "Waiting",
        "step": "wait-77ab",
        "entered_at": "2026-11-20T10:00:00Z",
        "arrived_at": "2026-11-20T10:00:01Z",
        "wake_at": "2026-11-23T10:00:01Z",
        "ended_at": None,
    }

    id = serializers.IntegerField()
    contact = serializers.IntegerField(source="contact_id")
    journey = serializers.IntegerField(source="journey_id")
    version = serializers.IntegerField(source="version.number")
    key = serializers.CharField(help_text='Of a journey that runs once per order, say: which one; else "".')
    state = serializers.ChoiceField(choices=Run.State.choices)
    words = serializers.SerializerMethodField(
        help_text="The state as people read it, with why somebody left."
    )
    step = serializers.CharField()
    entered_at = serializers.DateTimeField()
    arrived_at = serializers.DateTimeField(help_text="On the present step.")
    wake_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_words(self, run: Run) -> str:
        """As on the journey's page."""
        return str(words.state(run))


class RunQuery(PageQuery):
    """Which runs."""

    state = serializers.ChoiceField(choices=Run.State.choices, required=False)
    contact = serializers.IntegerField(required=False, min_value=1, max_value=2**32)


class ExitedOut(Output):
    """Whether somebody was taken out."""

    example: ClassVar[Any] = {"exited": True}

    exited = serializers.BooleanField(help_text="False where they had left before.")


class BroadcastOut(ThingOut):
    """One message to many people at one time."""

    example: ClassVar[Any] = {
        **{name: value for name, value in JourneyOut.example.items() if name not in ("version", "trigger")},
        "id": 40,
        "name": "November news",
        "status": "completed",
        "starts_at": "2026-11-20T09:00:00Z",
        "started_at": "2026-11-20T09:00:00Z",
    }

    starts_at = serializers.SerializerMethodField(allow_null=True)
    started_at = serializers.SerializerMethodField(allow_null=True)

    def get_starts_at(self, journey: Journey) -> str | None:
        """When it begins."""
        return _moment(journey, "starts_at")

    def get_started_at(self, journey: Journey) -> str | None:
        """When it began."""
        return _moment(journey, "started_at")


def _moment(journey: Journey, name: str) -> str | None:
    found = getattr(journey, "broadcast", None)
    moment = getattr(found, name) if found else None
    return serializers.DateTimeField().to_representation(moment) if moment else None


class ReasonOut(Output):
    """Why some did not get it."""

    reason = serializers.CharField()
    words = serializers.CharField()
    count = serializers.IntegerField()


class BroadcastResultsOut(Output):
    """What became of a broadcast. Opened and clicked count people, not machines."""

    example: ClassVar[Any] = {
        "sent": 6930,
        "uncertain": 0,
        "waiting": 0,
        "opened": 2100,
        "clicked": 412,
        "bounced": 14,
        "unsubscribed": 9,
        "complained": 0,
        "orders": 31,
        "revenue": "1830.50",
        "not_sent": [{"reason": "unsubscribed", "words": "not subscribed", "count": 1102}],
    }

    sent = serializers.IntegerField()
    uncertain = serializers.IntegerField(help_text="May have been sent: a process died during the hand-over.")
    waiting = serializers.IntegerField()
    opened = serializers.IntegerField()
    clicked = serializers.IntegerField()
    bounced = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()
    complained = serializers.IntegerField()
    orders = serializers.IntegerField(help_text="Credited to it.")
    revenue = serializers.DecimalField(
        max_digits=20, decimal_places=2, help_text="In the workspace's currency."
    )
    not_sent = serializers.SerializerMethodField()

    def get_not_sent(self, results: Any) -> list[dict[str, Any]]:
        """Each reason with how many."""
        return [{"reason": one.code, "words": str(one.words), "count": one.count} for one in results.not_sent]


class ReceiptOut(Output):
    """What was heard of a message afterwards."""

    kind = serializers.ChoiceField(choices=Receipt.Kind.choices)
    at = serializers.DateTimeField()
    is_machine = serializers.BooleanField(help_text="A mail program's or a scanner's doing, not a person's.")


class MessageOut(Output):
    """One thing owed to one person, and what became of it."""

    example: ClassVar[Any] = {
        "id": 70001,
        "contact": 4711,
        "journey": 21,
        "step": "email-4f1a",
        "run": 9001,
        "channel": "email",
        "purpose": "marketing",
        "state": "sent",
        "reason": "",
        "words": "Opened",
        "address": "ada@example.com",
        "created_at": "2026-11-20T10:00:00Z",
        "due_at": "2026-11-20T10:00:00Z",
        "sent_at": "2026-11-20T10:00:02Z",
        "first_opened_at": "2026-11-20T12:10:00Z",
        "first_clicked_at": None,
    }

    id = serializers.IntegerField()
    contact = serializers.IntegerField(source="contact_id")
    journey = serializers.IntegerField(source="version.journey_id", help_text="Or the broadcast.")
    step = serializers.CharField()
    run = serializers.IntegerField(source="run_id")
    channel = serializers.ChoiceField(choices=Channel.choices)
    purpose = serializers.ChoiceField(choices=Message.Purpose.choices)
    state = serializers.ChoiceField(choices=Message.State.choices)
    reason = serializers.CharField(help_text='Why it was not sent, for programs; "" where it was.')
    words = serializers.SerializerMethodField(help_text="What became of it, for people.")
    address = serializers.SerializerMethodField(allow_null=True, help_text="Null without personal_data.")
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)
    first_opened_at = serializers.DateTimeField(allow_null=True)
    first_clicked_at = serializers.DateTimeField(allow_null=True)

    def get_words(self, message: Message) -> str:
        """As on the profile."""
        because = words.because(message)
        return f"{words.outcome(message)}, {because}" if because else str(words.outcome(message))

    def get_address(self, message: Message) -> str | None:
        """As far as the key may see."""
        return message.address if self.context["view"].sees_people else None


class MessageWithReceiptsOut(MessageOut):
    """A message with all that was heard of it."""

    example: ClassVar[Any] = {
        **MessageOut.example,
        "receipts": [{"kind": "opened", "at": "2026-11-20T12:10:00Z", "is_machine": False}],
    }

    receipts = serializers.SerializerMethodField()

    def get_receipts(self, message: Message) -> list[dict[str, Any]]:
        """Oldest first."""
        rows = Receipt.objects.filter(message_id=message.pk).order_by("at", "id")[:200]
        told: list[dict[str, Any]] = ReceiptOut(rows, many=True).data  # type: ignore[assignment]
        return told


class MessageQuery(PageQuery):
    """Which messages: one person's, or one journey's or broadcast's."""

    contact = serializers.IntegerField(required=False, min_value=1, max_value=2**32)
    journey = serializers.IntegerField(
        required=False, min_value=1, max_value=2**62, help_text="A journey or a broadcast."
    )
    state = serializers.ChoiceField(choices=Message.State.choices, required=False)
    since = serializers.DateTimeField(required=False, help_text="Made at or after this moment.")
