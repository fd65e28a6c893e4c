"""What became of a broadcast: how far it has come, what people did with it, who did not get it and why."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from cdp.lib import db
from journeys import words
from journeys.models import Broadcast, Journey, Message

FEW = 30  # below it a rate says nothing
WAITING = ("queued", "held", "claimed", "handing_over")
# What a row of the people says.
SHOWN: Final = (
    *("state", "reason", "detail", "first_opened_at", "first_clicked_at", "sent_at"),
    *(f"contact__{name}" for name in ("first_name", "last_name", "email", "phone", "known_since_at")),
)
# Its versions, and what its clicks brought in.
EARNED: Final = """
SELECT sent.versions, earned.amount, earned.orders
FROM (
    SELECT coalesce(array_agg(id), '{}') AS versions FROM journeys_version WHERE journey_id = %s
) sent, LATERAL (
    SELECT coalesce(sum(amount_base), 0) AS amount, count(*) AS orders
    FROM journeys_credit WHERE version_id = ANY(sent.versions)
) earned
"""
COUNTED: Final = """
SELECT state, reason, count(*), count(first_opened_at), count(first_clicked_at)
FROM journeys_message WHERE version_id = ANY(%s) GROUP BY state, reason
"""
RECEIPTS: Final = """
SELECT receipt.kind, count(DISTINCT receipt.message_id)
FROM journeys_message message JOIN journeys_receipt receipt ON receipt.message_id = message.id
WHERE message.version_id = ANY(%s) AND receipt.kind IN ('bounced', 'unsubscribed', 'complained')
GROUP BY receipt.kind
"""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some did not get it: the code for links, the words for people."""

    code: str
    words: str
    count: int


@dataclass(slots=True)
class Results:
    """The numbers of a broadcast. Opened and clicked count people, and only humans as far as can be told."""

    versions: list[int] = field(default_factory=list)  # of its journey: whose messages these are
    sent: int = 0
    uncertain: int = 0
    waiting: int = 0
    held: int = 0  # of these, until their quiet hours are over
    opened: int = 0
    clicked: int = 0
    bounced: int = 0
    unsubscribed: int = 0
    complained: int = 0
    revenue: Decimal = Decimal(0)
    orders: int = 0
    not_sent: list[Reason] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """Everybody who did not get it."""
        return sum(reason.count for reason in self.not_sent)

    @property
    def click_words(self) -> str:
        """The share of those it was sent to who clicked; none where they are too few."""
        if self.sent < FEW:
            return _("too few people (n < %(few)d)") % {"few": FEW}
        share = f"{100 * self.clicked / self.sent:.1f}"
        return _("%(share)s%% of those it was sent to") % {"share": share}

    @property
    def settled(self) -> int:
        """Everybody of whom it is known what became of their message."""
        return self.sent + self.uncertain + self.refused


def of(journey: Journey) -> Results:
    """In three statements."""
    ((versions, amount, orders),) = db.fetch(EARNED, [journey.pk])
    results = Results(versions=versions, revenue=amount, orders=orders)
    reasons: Counter[str] = Counter()
    for state, reason, number, opened, clicked in db.fetch(COUNTED, [versions]):
        results.opened += opened
        results.clicked += clicked
        _tell(results, reasons, state, reason, number)
    results.not_sent = [Reason(code, words.not_sent(code), count) for code, count in reasons.most_common()]
    for kind, number in db.fetch(RECEIPTS, [versions]):
        setattr(results, kind, number)
    return results


def _tell(results: Results, reasons: Counter[str], state: str, reason: str, number: int) -> None:
    if state == Message.State.SENT:
        results.sent += number
    elif state == Message.State.UNCERTAIN:
        results.uncertain += number
    elif state in WAITING:
        results.waiting += number
        results.held += number if state == Message.State.HELD else 0
    else:
        reasons[reason] += number


@dataclass(frozen=True, slots=True)
class Progress:
    """How far sending has come: `done` of about `expected` people, who are counted anew as they come in."""

    done: int
    expected: int
    is_over: bool

    @property
    def percent(self) -> int:
        """Between 0 and 100."""
        return 100 if self.is_over else min(99, 100 * self.done // self.expected) if self.expected else 0


def progress(journey: Journey, broadcast: Broadcast, results: Results) -> Progress:
    """How far it is. Once everybody has come in, the number of people is exact."""
    total = (
        broadcast.taken if broadcast.taken_in_at else max(broadcast.expected.get("total", 0), broadcast.taken)
    )
    total = max(total, results.settled + results.waiting)
    is_over = bool(broadcast.taken_in_at) and results.waiting == 0 and journey.status != "paused"
    return Progress(results.settled, total, is_over)


def people(versions: list[int], *, group: str, after: int | None, limit: int) -> list[Message]:
    """The messages of one group ("sent", "opened", "clicked", "not_sent", or a reason), the latest first."""
    found = Message.objects.filter(version__in=versions).select_related("contact").only(*SHOWN)
    narrowed = {
        "sent": Q(state="sent"),
        "uncertain": Q(state="uncertain"),
        "waiting": Q(state__in=WAITING),
        "opened": Q(first_opened_at__isnull=False),
        "clicked": Q(first_clicked_at__isnull=False),
        "not_sent": Q(state__in=["skipped", "failed"]),
    }
    found = found.filter(
        narrowed.get(group, Q(state__in=["skipped", "failed"], reason=group) if group else Q())
    )
    if after:
        found = found.filter(pk__lt=after)
    return list(found.order_by("-pk")[:limit])
