"""Which tables are kept in months or weeks, and how the ones that arrivals need are made in time."""

import datetime as dt
from collections.abc import Iterable
from typing import Final

from cdp.lib import db, partitions

BY_OCCURRENCE: Final = ("profiles_event", "profiles_attributechange")  # may lie years back
BY_ARRIVAL: Final = (  # always now
    "profiles_touch",
    "segments_membershipchange",
    "journeys_visit",
    "journeys_signal",
    "journeys_message",
    "journeys_receipt",
)
WEEKLY: Final = "profiles_seenmessage"
SEEN_DAYS: Final = 30


def ensure(moments: Iterable[dt.datetime], *, now: dt.datetime) -> None:
    """Make the partitions that facts of these moments, digested now or next month, will need.

    Call it outside the digest's transaction: attaching a partition takes a short lock.
    Raises django.db.OperationalError when that lock could not be had within a second; try again.
    """
    this = db.month_of(now)
    coming = [this, db.month_after(this)]
    partitions.ensure_months(BY_OCCURRENCE, [*coming, *{db.month_of(moment) for moment in moments}])
    partitions.ensure_months(BY_ARRIVAL, coming)
    partitions.ensure_weeks(WEEKLY, [now.date(), now.date() + dt.timedelta(days=7)])
