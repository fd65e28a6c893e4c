"""The numbers on the canvas and in the drawer, as they are shown: shares, and reasons in words."""

import datetime as dt
from decimal import Decimal

from journeys import numbers, words
from journeys.editor.drafting import Desk
from journeys.numbers import Numbers


class Figures:
    """One step's numbers."""

    def __init__(self, counted: Numbers | None = None) -> None:
        self.counted = counted or Numbers()

    @property
    def here(self) -> int:
        """People who stand on the step now."""
        return self.counted.waiting

    @property
    def not_sent(self) -> int:
        """Messages that were not sent, for whatever reason."""
        return self.counted.not_sent.total()

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """The same by why, in words, most first."""
        return [(words.not_sent(reason), number) for reason, number in self.counted.not_sent.most_common()]

    @property
    def has_messages(self) -> bool:
        """Whether anything was owed here."""
        return bool(
            self.counted.sent
            or self.counted.on_its_way
            or self.counted.may_have_been_sent
            or self.counted.not_sent
        )

    @property
    def has_any(self) -> bool:
        """Whether there is anything to show."""
        return self.has_messages or bool(self.counted.entered or self.counted.waiting)

    @property
    def opened_share(self) -> int:
        """Of what was sent, in per cent."""
        return _share(self.counted.opened, self.counted.sent)

    @property
    def clicked_share(self) -> int:
        """Of what was sent, in per cent."""
        return _share(self.counted.clicked, self.counted.sent)

    @property
    def revenue(self) -> Decimal:
        """What purchases credited to the step's messages came to, in the workspace's currency."""
        return self.counted.revenue


def _share(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def of(
    desk: Desk, *, now: dt.datetime, since: dt.datetime | None = None, step: str | None = None
) -> dict[str, Figures]:
    """The numbers beside each step of a journey, or one of them, all versions together."""
    counted = numbers.counted(desk.versions, since=since or desk.begun_at or now, until=now, step=step)
    return {name: Figures(one) for name, one in counted.items()}
