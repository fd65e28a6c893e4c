"""Home: what needs somebody, what runs, what was sent, and what to do next; all of it from data."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cdp import figures
from cdp.figures import Figure
from journeys import shelves
from journeys.broadcasts import shelf
from journeys.models import Broadcast, Journey, Message, Run
from profiles import workspace
from profiles.models import Contact, RejectedItem, Source, WriteKey
from profiles.permissions import MANAGE_DATA, SEE
from profiles.shelf import Facts
from segments.models import Segment

WINDOW = dt.timedelta(days=30)
NEWS = dt.timedelta(days=7)
LATE = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Start:
    """One thing to do before the first message goes out."""

    label: Promise
    hint: Promise
    url: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """A broadcast that goes out in the next days."""

    broadcast: Journey
    at: dt.datetime
    people: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Home, drawn. `journeys` come with how many people are inside, `broadcasts` with how many got them and clicked."""

    needs: list[tuple[str, str]]
    figures: list[Figure]
    planned: list[Planned]
    journeys: list[tuple[Journey, int]]
    broadcasts: list[tuple[Journey, Facts]]
    start: list[Start]

    @property
    def is_started(self) -> bool:
        """Whether nothing is left of the list to get started."""
        return all(one.is_done for one in self.start)


def draw(user: User, *, now: dt.datetime) -> Dashboard:
    """What this person may see of it."""
    if not user.has_perm(SEE):
        return Dashboard(_needs(user, now=now), [], [], [], [], _start())
    return Dashboard(
        needs=_needs(user, now=now),
        figures=figures.read(today=timezone.localdate(now), currency=workspace.current().currency),
        planned=_planned(now=now),
        journeys=_journeys(),
        broadcasts=_broadcasts(),
        start=_start(),
    )


def _planned(*, now: dt.datetime) -> list[Planned]:
    soon = Broadcast.objects.filter(
        journey__status=Journey.Status.SCHEDULED, starts_at__gt=now, starts_at__lte=now + NEWS
    )
    return [
        Planned(one.journey, one.starts_at, one.expected.get("gets", 0))
        for one in soon.select_related("journey").order_by("starts_at")[:20]
        if one.starts_at
    ]


def _journeys() -> list[tuple[Journey, int]]:
    live = Journey.objects.filter(
        archived_at__isnull=True, kind=Journey.Kind.JOURNEY, status__in=["live", "paused", "finishing"]
    )
    listed = list(live.order_by("-updated_at")[:6])
    inside = shelves.people_in(listed)
    return [(one, inside[one.pk]["inside"]) for one in listed]


def _broadcasts() -> list[tuple[Journey, Facts]]:
    begun = Journey.objects.filter(
        archived_at__isnull=True, kind=Journey.Kind.BROADCAST, broadcast__started_at__isnull=False
    ).select_related("broadcast")
    listed = list(begun.order_by("-broadcast__started_at")[:5])
    found = shelf.facts(listed)
    return [(one, found[one.pk]) for one in listed]


def _needs(user: User, *, now: dt.datetime) -> list[tuple[str, str]]:
    needs = []
    if user.has_perm(MANAGE_DATA):
        refused = RejectedItem.objects.filter(received_at__gte=now - NEWS)[:1000].count()
        if refused:
            words = ngettext(
                "%(n)d item was not accepted this week", "%(n)d items were not accepted this week", refused
            )
            needs.append((words % {"n": refused}, reverse("not_accepted")))
    if user.has_perm(SEE):
        unsure = Message.objects.filter(
            state=Message.State.UNCERTAIN, run_entered_at__gte=now - WINDOW
        ).count()
        if unsure:
            words = ngettext("%(n)d message may have been sent", "%(n)d messages may have been sent", unsure)
            needs.append((words % {"n": unsure}, reverse("journeys")))
        needs += _stuck(now=now)
    return needs


def _stuck(*, now: dt.datetime) -> list[tuple[str, str]]:
    """Journeys in which a step failed for people lately, broadcasts that are stopped, segments not counted in time."""
    needs = []
    failed = (
        Run.objects.filter(state=Run.State.FAILED, ended_at__gte=now - NEWS)
        .values_list("journey", "journey__name")
        .annotate(people=Count("id"))
    )
    for journey, name, number in failed.order_by("-people")[:5]:
        words = ngettext(
            "%(n)d person is stuck in “%(name)s”", "%(n)d people are stuck in “%(name)s”", number
        )
        needs.append((words % {"n": number, "name": name}, reverse("journey", args=[journey])))
    stopped = Journey.objects.filter(
        kind=Journey.Kind.BROADCAST, status=Journey.Status.PAUSED, broadcast__cancelled_at__isnull=True
    )
    for one in stopped[:5]:
        sentence = _("“%(name)s” is stopped: go on, or stop it for good")
        needs.append((str(sentence) % {"name": one.name}, reverse("broadcast", args=[one.pk])))
    late = Segment.objects.filter(
        archived_at=None, kind=Segment.Kind.DYNAMIC, built_at=None, created_at__lt=now - LATE
    )
    for segment in late[:5]:
        sentence = _("“%(name)s” has not been counted yet")
        needs.append((str(sentence) % {"name": segment.name}, reverse("segment", args=[segment.pk])))
    return needs


def _start() -> list[Start]:
    sending = WriteKey.objects.filter(
        revoked_at__isnull=True, source__kind__in=[Source.Kind.SERVER, Source.Kind.BROWSER]
    )
    return [
        Start(
            _("Make a source"),
            _("It gets the key that your shop or website sends with"),
            reverse("sources"),
            sending.exists(),
        ),
        Start(
            _("Send the first event"),
            _("From a server or a website, in Segment’s format"),
            reverse("contacts"),
            Contact.objects.filter(known_since_at__isnull=False).exists(),
        ),
        Start(
            _("Describe a segment"),
            _("Whom you want to reach"),
            reverse("segments"),
            Segment.objects.exists(),
        ),
        Start(
            _("Publish a journey, or send a broadcast"),
            _("What people get, and when"),
            reverse("journeys"),
            Journey.objects.exclude(status=Journey.Status.DRAFT).exists(),
        ),
    ]
