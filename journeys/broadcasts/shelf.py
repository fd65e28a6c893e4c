"""Broadcasts on their shelf: what state they are in, when they go out, how many got them."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from journeys.models import Journey, Message
from profiles.shelf import Choice, Column, Empty, Facts, Shelf

AT_REST: Final = (Journey.Status.DRAFT, Journey.Status.COMPLETED)
WORDS: Final[Mapping[str, Promise]] = {
    Journey.Status.DRAFT: lazy("Draft"),
    Journey.Status.SCHEDULED: lazy("Scheduled"),
    Journey.Status.LIVE: lazy("Sending"),
    Journey.Status.FINISHING: lazy("Sending"),
    Journey.Status.PAUSED: lazy("Stopped"),
    Journey.Status.COMPLETED: lazy("Sent"),
}


def _broadcasts() -> QuerySet[Journey]:
    return Journey.objects.filter(kind=Journey.Kind.BROADCAST).select_related("broadcast")


def facts(broadcasts: Sequence[Journey]) -> Mapping[int, Facts]:
    """How many got each of them, and how many clicked."""
    counted = (
        Message.objects.filter(version__journey__in=broadcasts)
        .values_list("version__journey")
        .annotate(
            sent=Count("id", filter=Q(state="sent")),
            clicked=Count("id", filter=Q(first_clicked_at__isnull=False)),
        )
    )
    found = {journey: {"sent": sent, "clicked": clicked} for journey, sent, clicked in counted}
    return {one.pk: found.get(one.pk, {"sent": 0, "clicked": 0}) for one in broadcasts}


def _starts(journey: Journey) -> object:
    broadcast = getattr(journey, "broadcast", None)
    return broadcast and (broadcast.started_at or broadcast.starts_at)


def keeps(journey: Journey) -> str:
    """Why it cannot be archived: it is on its way."""
    if journey.status in AT_REST:
        return ""
    return _("it is %(status)s. Stop it first.") % {"status": str(WORDS[journey.status]).lower()}


def renew(journey: Journey) -> None:
    """A copy is a draft without a date."""
    journey.status = Journey.Status.DRAFT
    journey.draft = {name: value for name, value in journey.draft.items() if name != "at"}


BROADCASTS: Final = Shelf[Journey](
    slug="broadcasts",
    path="broadcasts/",
    model=Journey,
    one=lazy("Broadcast"),
    many=lazy("Broadcasts"),
    new=lazy("New broadcast"),
    icon="send",
    things=_broadcasts,
    url=lambda journey: reverse("broadcast", args=[journey.pk]),
    create="broadcast_create",
    columns=(
        Column(
            key="status",
            label=lazy("Status"),
            kind="state",
            value=lambda journey, _facts: (journey.status, WORDS[journey.status]),
            order="status",
        ),
        Column(
            key="starts",
            label=lazy("Goes out"),
            kind="moment",
            value=lambda journey, _facts: _starts(journey),
        ),
        Column(key="sent", label=lazy("Sent"), kind="number", value=lambda _journey, facts: facts["sent"]),
        Column(
            key="clicked",
            label=lazy("Clicked"),
            kind="number",
            value=lambda _journey, facts: facts["clicked"],
        ),
    ),
    choices=(
        Choice(
            key="status",
            label=lazy("Any status"),
            options=lambda: [(value, words) for value, words in WORDS.items() if value != "finishing"],
            narrow=lambda found, status: found.filter(
                status__in=["live", "finishing"] if status == "live" else [status]
            ),
        ),
    ),
    facts=facts,
    keeps=keeps,
    renew=renew,
    empty=Empty(
        title=lazy("No broadcasts yet"),
        sentence=lazy("A broadcast is one mail to many people at one time: a newsletter, an announcement."),
    ),
)
