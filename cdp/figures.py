"""Home's four figures, kept day by day: a page reads sixty rows where counting would read everybody.

People you can reach is a number at the end of each day; the others are sums over the day, in the workspace's zone.
Counting again changes nothing but what has changed: late orders, refunds and clicks find their day.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from cdp.lib import charts, db
from cdp.models import DailyFigure

DAYS: Final = 30
KEPT: Final = 2 * DAYS  # days that are counted again

# Has an address that is not blocked, and said yes to at least one topic, not withdrawn since for the whole channel.
REACH: Final = """
    WITH said AS (
        SELECT DISTINCT ON (contact_id, topic_id) contact_id, topic_id, state, at
        FROM profiles_consent WHERE channel = 'email' AND at <= %(at)s
        ORDER BY contact_id, topic_id, at DESC, id DESC
    )
    SELECT count(DISTINCT said.contact_id)
    FROM said
    JOIN profiles_contact contact ON contact.id = said.contact_id
    LEFT JOIN said everything ON everything.contact_id = said.contact_id AND everything.topic_id IS NULL
    LEFT JOIN profiles_suppression blocked ON blocked.channel = 'email' AND blocked.address = lower(contact.email)
        AND blocked.since_at <= %(at)s AND (blocked.until_at IS NULL OR blocked.until_at > %(at)s)
    WHERE said.topic_id IS NOT NULL AND said.state = 'subscribed' AND contact.merged_into_id IS NULL
      AND contact.email <> '' AND blocked.id IS NULL
      AND (everything.at IS NULL OR everything.at <= said.at OR everything.state = 'subscribed')
"""
SUMS: Final = """
    SELECT 'revenue', (occurred_at AT TIME ZONE %(zone)s)::date AS day, sum(amount_base - refunded_base)
    FROM profiles_purchase WHERE cancelled_at IS NULL AND occurred_at >= %(since)s AND occurred_at <= %(now)s
    GROUP BY day
    UNION ALL
    SELECT 'credited', (purchase.occurred_at AT TIME ZONE %(zone)s)::date AS day, sum(credit.amount_base)
    FROM journeys_credit credit JOIN profiles_purchase purchase ON purchase.id = credit.purchase_id
    WHERE purchase.cancelled_at IS NULL AND purchase.occurred_at >= %(since)s GROUP BY day
    UNION ALL
    SELECT 'new_customers', (first_at AT TIME ZONE %(zone)s)::date AS day, count(*)
    FROM (
        SELECT contact_id, min(occurred_at) AS first_at FROM profiles_purchase
        WHERE cancelled_at IS NULL AND occurred_at <= %(now)s GROUP BY contact_id
    ) buyers WHERE first_at >= %(since)s GROUP BY day
    UNION ALL
    SELECT kind.name, (message.sent_at AT TIME ZONE %(zone)s)::date AS day,
        count(*) FILTER (WHERE kind.name = 'sent' OR message.first_clicked_at IS NOT NULL)
    FROM journeys_message message, (VALUES ('sent'), ('clicked')) AS kind(name)
    WHERE message.state = 'sent' AND message.sent_at >= %(since)s AND message.run_entered_at >= %(earliest)s
    GROUP BY kind.name, day
"""
WRITE: Final = """
    INSERT INTO cdp_dailyfigure (name, "on", value, counted_at)
    SELECT name, day, value, %(now)s FROM unnest(%(names)s::text[], %(days)s::date[], %(values)s::numeric[])
        AS counted(name, day, value)
    ON CONFLICT (name, "on") DO UPDATE SET value = EXCLUDED.value, counted_at = EXCLUDED.counted_at
"""
# A row a figure instead of one a day: three hundred small values are read faster as JSON.
READ: Final = """
    SELECT name, jsonb_object_agg("on", value)::text FROM cdp_dailyfigure WHERE "on" >= %s GROUP BY name
"""
NAMES: Final = ("revenue", "credited", "new_customers", "sent", "clicked")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of 30 days against the 30 before; `words` is it as people read it."""

    label: str
    words: str
    meaning: str
    change: str = ""  # "+3.1 %", or nothing where there is nothing to compare with
    is_better: bool = True
    spark: str = ""
    spark_before: str = ""  # of the 30 days before, on the same scale
    below: str = ""


def count(*, now: dt.datetime, zone: ZoneInfo) -> None:
    """Count the last sixty days again; reach of a past day only where it is missing."""
    today = now.astimezone(zone).date()
    days = [today - dt.timedelta(days=back) for back in range(KEPT, -1, -1)]
    since = dt.datetime.combine(days[0], dt.time(), zone)
    parameters = {"zone": zone.key, "since": since, "now": now, "earliest": since - dt.timedelta(days=366)}
    found = {(name, day): Decimal(value) for name, day, value in db.fetch(SUMS, parameters)}
    rows = [(name, day, found.get((name, day), Decimal(0))) for name in NAMES for day in days]
    counted = DailyFigure.objects.filter(name="reach", on__gte=days[0]).values_list("on", "counted_at")
    over = {day for day, counted_at in counted if counted_at >= _end(day, zone)}  # counted once it had ended
    rows += [("reach", day, _reached(min(now, _end(day, zone)))) for day in days if day not in over]
    columns: dict[str, Any] = {"now": now}
    columns["names"], columns["days"], columns["values"] = (
        list(column) for column in zip(*rows, strict=True)
    )
    db.execute(WRITE, columns)


def _end(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone)


def _reached(at: dt.datetime) -> Decimal:
    return Decimal(db.fetch(REACH, {"at": at})[0][0])


def read(*, today: dt.date, currency: str) -> list[Figure]:
    """The four figures; nothing while none has been counted yet."""
    first = today - dt.timedelta(days=KEPT - 1)
    series = {name: _series(told) for name, told in db.fetch(READ, [first])}
    if not series:
        return []
    lasting = {name: _window(series.get(name, {}), today, 0) for name in (*NAMES, "reach")}
    before = {name: _window(series.get(name, {}), today, DAYS) for name in (*NAMES, "reach")}
    return [
        _reach(lasting, before),
        _credited(lasting, before, currency),
        _clicks(lasting, before),
        _new(lasting, before),
    ]


type Series = dict[str, Decimal]  # by day, as in 2026-11-18


def _series(told: str) -> Series:
    found: Series = json.loads(told, parse_float=Decimal, parse_int=Decimal)
    return found


def _window(values: Series, today: dt.date, back: int) -> list[Decimal]:
    days = (today - dt.timedelta(days=back + one) for one in range(DAYS - 1, -1, -1))
    return [values.get(day.isoformat(), Decimal(0)) for day in days]


type Windows = dict[str, list[Decimal]]


def _reach(lasting: Windows, before: Windows) -> Figure:
    return Figure(
        _("People you can reach"),
        _number(lasting["reach"][-1]),
        _("Subscribed to at least one topic by e-mail, with an address that is not blocked."),
        **_against(lasting["reach"][-1], before["reach"][-1]),
        **_sparks(lasting["reach"], before["reach"]),
    )


def _credited(lasting: Windows, before: Windows, currency: str) -> Figure:
    credited, revenue = sum(lasting["credited"]), sum(lasting["revenue"])
    share = f"{100 * credited / revenue:.1f}" if revenue else "0"
    return Figure(
        _("Revenue credited to messages"),
        f"{currency} {_number(Decimal(credited))}",
        _(
            "Orders within five days of a click on a message, or a day after an SMS or push; refunds taken off."
        ),
        **_against(Decimal(credited), Decimal(sum(before["credited"]))),
        **_sparks(lasting["credited"], before["credited"]),
        below=_("%(share)s%% of all revenue") % {"share": share},
    )


def _clicks(lasting: Windows, before: Windows) -> Figure:
    rate, was = (charts.rate(int(sum(one["clicked"])), int(sum(one["sent"]))) for one in (lasting, before))
    points = [100 * (rate - was)] if rate is not None and was is not None else []
    return Figure(
        _("Click rate, by people"),
        _("too few (n < 30)") if rate is None else f"{100 * rate:.1f} %",
        _(
            "Of the messages sent in these 30 days, the share that a person clicked in; machines are left out."
        ),
        change=f"{points[0]:+.1f} pt" if points else "",
        is_better=not points or points[0] >= 0,
        **_sparks(lasting["clicked"], before["clicked"]),
        below=_("of %(n)s sent") % {"n": _number(Decimal(sum(lasting["sent"])))},
    )


def _new(lasting: Windows, before: Windows) -> Figure:
    total = Decimal(sum(lasting["new_customers"]))
    return Figure(
        _("New customers"),
        _number(total),
        _("People who ordered for the first time."),
        **_against(total, Decimal(sum(before["new_customers"]))),
        **_sparks(lasting["new_customers"], before["new_customers"]),
    )


def _against(value: Decimal, before: Decimal) -> dict[str, Any]:
    if not before:
        return {}
    change = 100 * (value - before) / before
    return {"change": f"{change:+.1f} %", "is_better": change >= 0}


def _number(value: Decimal) -> str:
    return f"{value:,.0f}"


def _sparks(values: Sequence[Decimal], before: Sequence[Decimal]) -> dict[str, Any]:
    top = float(max([Decimal(0), *values, *before]))
    drawn = (charts.spark([float(value) for value in some], top=top) for some in (values, before))
    return dict(zip(("spark", "spark_before"), drawn, strict=True)) if any(before) else {"spark": next(drawn)}
