"""The numbers beside each step of a journey, in a range of time: people, messages, revenue; in one statement."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from cdp.lib import db
from journeys.models import Journey

ONLY: Final = "(%(step)s::text IS NULL OR step = %(step)s)"  # one step, where one is asked for
PEOPLE: Final = f"""
    SELECT step, exit_reason, count(*) FILTER (WHERE ended_at IS NULL),
        count(*) FILTER (WHERE arrived_at >= %(since)s AND arrived_at < %(until)s
            AND exit_reason NOT IN ('completed', 'exit')),
        count(*) FILTER (WHERE ended_at >= %(since)s AND ended_at < %(until)s)
    FROM journeys_run WHERE version_id = ANY(%(versions)s) AND {ONLY} GROUP BY step, exit_reason
"""
VISITS: Final = f"""
    SELECT step, outcome, count(*) FILTER (WHERE arrived_at >= %(since)s),
        count(*) FILTER (WHERE left_at < %(until)s AND next_step <> ''),
        count(*) FILTER (WHERE left_at < %(until)s)
    FROM journeys_visit
    WHERE version_id = ANY(%(versions)s) AND {ONLY} AND arrived_at < %(until)s AND left_at >= %(since)s
    GROUP BY step, outcome
"""
MESSAGES: Final = f"""
    SELECT step, state, reason, count(*), count(first_opened_at), count(first_clicked_at), count(told.bounced),
        count(told.complained)
    FROM journeys_message message
    LEFT JOIN (
        SELECT message_id, min(at) FILTER (WHERE kind = 'bounced') AS bounced,
            min(at) FILTER (WHERE kind = 'complained') AS complained
        FROM journeys_receipt WHERE kind IN ('bounced', 'complained') AND received_at >= %(since)s GROUP BY 1
    ) AS told ON told.message_id = message.id
    WHERE version_id = ANY(%(versions)s) AND {ONLY} AND created_at >= %(since)s AND created_at < %(until)s
    GROUP BY step, state, reason
"""
REVENUE: Final = f"""
    SELECT step, sum(amount_base)::text, count(*) FROM journeys_credit
    WHERE version_id = ANY(%(versions)s) AND {ONLY} AND credited_at >= %(since)s AND credited_at < %(until)s
    GROUP BY step
"""
# The four together, each as a list of its rows: the way to the database costs more than they do.
TOGETHER: Final = f"""
    SELECT
        (SELECT json_agg(json_build_array(a, b, c, d, e)) FROM ({PEOPLE}) AS people (a, b, c, d, e)),
        (SELECT json_agg(json_build_array(a, b, c, d, e)) FROM ({VISITS}) AS visits (a, b, c, d, e)),
        (SELECT json_agg(json_build_array(a, b, c, d, e, f, g, h))
            FROM ({MESSAGES}) AS messages (a, b, c, d, e, f, g, h)),
        (SELECT json_agg(json_build_array(a, b, c)) FROM ({REVENUE}) AS revenue (a, b, c))
"""


@dataclass(slots=True)
class Numbers:
    """One step: `waiting` is now, everything else in the range.

    Delivered is what the mail server took and nobody sent back. Opened and clicked are by humans, as far as can be
    told. `left` counts by reason those whose way ended here; `outcomes` how visits came out, a split's yes and no say.
    """

    entered: int = 0
    waiting: int = 0
    passed: int = 0
    left: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    on_its_way: int = 0
    sent: int = 0
    may_have_been_sent: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    bounced: int = 0
    complained: int = 0
    not_sent: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    revenue: Decimal = Decimal(0)  # in the workspace's currency


def of(journey: Journey, *, since: dt.datetime | None = None, until: dt.datetime) -> dict[str, Numbers]:
    """The numbers of every step that somebody has been on, all versions together, by the step's name."""
    published = dict(journey.versions.values_list("pk", "published_at"))
    return counted(list(published), since=since or min(published.values(), default=until), until=until)


def counted(
    versions: Sequence[int], *, since: dt.datetime, until: dt.datetime, step: str | None = None
) -> dict[str, Numbers]:
    """The same of these versions; with `step`, of that step alone."""
    parameters = {"versions": list(versions), "since": since, "until": until, "step": step}
    found: dict[str, Numbers] = {}
    ((people, visits, messages, revenues),) = db.fetch(TOGETHER, parameters)
    for name, reason, waiting, arrived, ended in people or ():
        here = found.setdefault(name, Numbers())
        here.waiting += waiting
        here.entered += arrived
        if ended:
            here.left[reason] += ended
    for name, outcome, arrived, passed, left in visits or ():
        here = found.setdefault(name, Numbers())
        here.entered += arrived
        here.passed += passed
        here.outcomes[outcome] += left
    for name, *row in messages or ():
        _tell(found.setdefault(name, Numbers()), *row)
    for name, revenue, orders in revenues or ():
        here = found.setdefault(name, Numbers())
        here.revenue, here.orders = Decimal(revenue), orders
    return found


def _tell(
    here: Numbers,
    state: str,
    reason: str,
    number: int,
    opened: int,
    clicked: int,
    bounced: int,
    complained: int,
) -> None:
    here.opened += opened
    here.clicked += clicked
    here.bounced += bounced
    here.complained += complained
    match state:
        case "sent":
            here.sent += number
            here.delivered += number - bounced
        case "uncertain":
            here.may_have_been_sent += number
        case "skipped" | "failed":
            here.not_sent[reason] += number
            here.bounced += number if reason == "bounced" and not bounced else 0
        case _:
            here.on_its_way += number
