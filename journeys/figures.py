"""The numbers on the canvas: how many people stand on each step, and what its messages came to."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Count, Q

from journeys import words
from journeys.models import Journey, Message, Run


@dataclass(slots=True)
class Figures:
    """One step's numbers. `reasons` counts the messages that were not sent, by why."""

    here: int = 0
    sent: int = 0
    opened: int = 0
    clicked: int = 0
    on_its_way: int = 0
    may_have_been_sent: int = 0
    not_sent: int = 0
    reasons: list[tuple[str, int]] = field(default_factory=list)

    @property
    def has_messages(self) -> bool:
        """Whether anything was owed here."""
        return bool(self.sent or self.on_its_way or self.may_have_been_sent or self.not_sent)

    @property
    def opened_share(self) -> int:
        """Of what was sent, in per cent."""
        return round(100 * self.opened / self.sent) if self.sent else 0

    @property
    def clicked_share(self) -> int:
        """Of what was sent, in per cent."""
        return round(100 * self.clicked / self.sent) if self.sent else 0


def of(journey: Journey, *, since: dt.datetime | None = None) -> dict[str, Figures]:
    """The numbers beside each step of a journey, all versions together; messages of people who entered `since`."""
    versions = list(journey.versions.values_list("pk", flat=True))
    found: dict[str, Figures] = {}
    here = Run.objects.filter(version__in=versions, state__in=["active", "waiting"])
    for step, number in here.values_list("step").annotate(number=Count("id")):
        found.setdefault(step, Figures()).here = number
    for step, state, reason, number, opened, clicked in _messages(versions, since):
        _tell(found.setdefault(step, Figures()), state, reason, number, opened, clicked)
    return found


def _messages(versions: list[int], since: dt.datetime | None) -> list[tuple[str, str, str, int, int, int]]:
    owed = Message.objects.filter(version__in=versions)
    if since:
        owed = owed.filter(run_entered_at__gte=since)
    return list(
        owed.values_list("step", "state", "reason").annotate(
            number=Count("id"),
            opened=Count("id", filter=Q(first_opened_at__isnull=False)),
            clicked=Count("id", filter=Q(first_clicked_at__isnull=False)),
        )
    )


def _tell(figures: Figures, state: str, reason: str, number: int, opened: int, clicked: int) -> None:
    figures.opened += opened
    figures.clicked += clicked
    match state:
        case Message.State.SENT:
            figures.sent += number
        case Message.State.UNCERTAIN:
            figures.may_have_been_sent += number
        case Message.State.SKIPPED | Message.State.FAILED:
            figures.not_sent += number
            figures.reasons = sorted(
                [*figures.reasons, (words.not_sent(reason), number)], key=lambda one: -one[1]
            )
        case _:
            figures.on_its_way += number


def entered(journey: Journey, *, since: dt.datetime | None = None) -> int:
    """How many people came in."""
    runs = Run.objects.filter(journey=journey)
    return (runs.filter(entered_at__gte=since) if since else runs).count()
