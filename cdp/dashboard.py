"""Home: what needs somebody, what runs, what was sent, and what to do next; all of it from data."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cdp.lib import db
from cdp.models import TestMail
from journeys.models import Journey, Message
from profiles import people
from profiles.models import Contact, RejectedItem, Source, WriteKey
from profiles.permissions import MANAGE_DATA, SEE, SEE_PEOPLE
from segments.models import Segment

WINDOW = dt.timedelta(days=30)
NEWS = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with what it means. `is_capped`: it is at least this."""

    label: Promise
    number: int
    meaning: Promise
    is_capped: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """One thing to do before the first message goes out."""

    label: Promise
    hint: Promise
    url: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Home, drawn."""

    needs: list[tuple[str, str]]
    figures: list[Figure]
    journeys: list[Journey]
    mails: list[TestMail]
    start: list[Start]

    @property
    def is_started(self) -> bool:
        """Whether nothing is left of the list to get started."""
        return all(one.is_done for one in self.start)


def draw(user: User, *, now: dt.datetime) -> Dashboard:
    """What this person may see of it."""
    return Dashboard(
        needs=_needs(user, now=now),
        figures=_figures(now=now) if user.has_perm(SEE_PEOPLE) else [],
        journeys=_journeys(user),
        mails=list(TestMail.objects.defer("content").order_by("-received_at", "-id")[:6])
        if user.has_perm(SEE_PEOPLE)
        else [],
        start=_start(),
    )


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
    return needs


def _figures(*, now: dt.datetime) -> list[Figure]:
    known = Contact.objects.filter(known_since_at__isnull=False, merged_into__isnull=True)
    contacts = people.count(known)
    reachable = people.count(known.exclude(email=""))
    sent, clicked = db.fetch(
        """
        SELECT count(*) FILTER (WHERE state = 'sent'), count(*) FILTER (WHERE first_clicked_at IS NOT NULL)
        FROM journeys_message WHERE run_entered_at >= %s AND sent_at >= %s
        """,
        [now - 2 * WINDOW, now - WINDOW],
    )[0]
    most = people.MOST_COUNTED
    return [
        Figure(
            _("Contacts"),
            min(contacts, most),
            _("People with an e-mail, a phone or a user id"),
            contacts > most,
        ),
        Figure(
            _("With e-mail"),
            min(reachable, most),
            _("Contacts that have an e-mail address"),
            reachable > most,
        ),
        Figure(_("Messages sent"), sent, _("In the last 30 days")),
        Figure(_("Clicked"), clicked, _("Of the messages sent in the last 30 days, by people")),
    ]


def _journeys(user: User) -> list[Journey]:
    if not user.has_perm(SEE):
        return []
    return list(Journey.objects.filter(archived_at__isnull=True).order_by("-updated_at")[:6])


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
            _("Publish a journey"),
            _("What they get, and when"),
            reverse("journeys"),
            Journey.objects.exclude(status=Journey.Status.DRAFT).exists(),
        ),
    ]
