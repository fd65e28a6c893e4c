"""What is to be expected of somebody: the next order by their own rhythm, and the dates of what they have."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from profiles import belongings, rhythm
from profiles.models import Purchase, RecordLink

MOST: Final = 5  # dates of records


@dataclass(frozen=True, slots=True)
class Prospect:
    """One thing that lies ahead (or was to be expected by now)."""

    what: str
    words: str


def of(contacts: Sequence[int], *, now: dt.datetime, zone: dt.tzinfo) -> list[Prospect]:
    """What lies ahead of somebody who has these numbers, the dates of what they have in their order."""
    today = now.astimezone(zone).date()
    bought = Purchase.objects.filter(contact__in=list(contacts), cancelled_at__isnull=True)
    moments = bought.order_by("occurred_at", "id").values_list("occurred_at", flat=True)
    outlook = rhythm.outlook_in_short(rhythm.expected(list(moments), zone=zone), today=today)
    order = (
        [
            Prospect(
                _("Next order"),
                _("%(words)s, by their own rhythm") % {"words": outlook[0].upper() + outlook[1:]},
            )
        ]
        if outlook
        else []
    )
    return [*order, *_dates(contacts, today=today)]


def _dates(contacts: Sequence[int], *, today: dt.date) -> list[Prospect]:
    links = RecordLink.objects.filter(contact__in=list(contacts), record__due_on__gte=today)
    rows = links.select_related("record__type").order_by("record__due_on", "record")[:MOST]
    return [
        Prospect(
            str(one.type) if one.name == one.key else one.name,
            f"{belongings.date_label(one.type)}: {_in_days(one.due_on, today)}",
        )
        for one in dict.fromkeys(link.record for link in rows)
        if one.due_on
    ]


def _in_days(day: dt.date, today: dt.date) -> str:
    """A day to come, as "13 Dec 2026, in 21 days"."""
    days = (day - today).days
    near = ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days} if days else _("today")
    return f"{formats.date_format(day, 'j M Y')}, {near}"
