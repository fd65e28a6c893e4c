"""Journeys on their shelf: status, and how many people are inside."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from journeys.models import Journey, Run
from profiles.shelf import Choice, Column, Empty, Facts, Shelf

AT_REST: Final = (Journey.Status.DRAFT, Journey.Status.COMPLETED)


def _journeys() -> QuerySet[Journey]:
    return Journey.objects.filter(kind=Journey.Kind.JOURNEY)


def people_in(journeys: Sequence[Journey]) -> Mapping[int, Facts]:
    """How many are in each journey now, and how many ever came in."""
    counted = (
        Run.objects.filter(version__journey__in=journeys)
        .values_list("version__journey")
        .annotate(inside=Count("id", filter=Q(state__in=["active", "waiting"])), everybody=Count("id"))
    )
    found = {journey: {"inside": inside, "everybody": everybody} for journey, inside, everybody in counted}
    return {one.pk: found.get(one.pk, {"inside": 0, "everybody": 0}) for one in journeys}


def keeps(journey: Journey) -> str:
    """Why a journey cannot be archived: there are people in it."""
    if journey.status in AT_REST:
        return ""
    return _("it is %(status)s. Finish it first.") % {"status": journey.get_status_display().lower()}


def renew(journey: Journey) -> None:
    """A copy is a draft, and nobody is in it."""
    journey.status = Journey.Status.DRAFT


STATUS: Final = Column[Journey](
    key="status",
    label=lazy("Status"),
    kind="state",
    value=lambda journey, _: (journey.status, journey.get_status_display()),
    order="status",
)
BY_STATUS: Final = Choice[Journey](
    key="status",
    label=lazy("Any status"),
    options=lambda: [(value, label) for value, label in Journey.Status.choices],
    narrow=lambda journeys, status: journeys.filter(status=status),
)

JOURNEYS: Final = Shelf[Journey](
    slug="journeys",
    path="journeys/",
    model=Journey,
    one=lazy("Journey"),
    many=lazy("Journeys"),
    new=lazy("New journey"),
    icon="route",
    things=_journeys,
    url=lambda journey: reverse("journey", args=[journey.pk]),
    create="journey_create",
    columns=(
        STATUS,
        Column(
            key="inside",
            label=lazy("In it now"),
            kind="number",
            value=lambda _, facts: facts["inside"],
        ),
        Column(
            key="everybody", label=lazy("Came in"), kind="number", value=lambda _, facts: facts["everybody"]
        ),
    ),
    choices=(BY_STATUS,),
    facts=people_in,
    keeps=keeps,
    renew=renew,
    empty=Empty(
        title=lazy("No journeys yet"),
        sentence=lazy(
            "A journey waits until somebody does something or enters a segment, and then writes to them."
        ),
    ),
)
