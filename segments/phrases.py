"""What the parts of the segment language are called in sentences and on screen."""

from collections.abc import Callable, Mapping
from typing import Final, cast

from django.utils.translation import gettext_lazy

from segments.ast import Frequency, Goods, Measure, Occasion, Reachable, Said, StageName, Unit, When

_ = cast(Callable[[str], str], gettext_lazy)  # a text that is put into words where it is shown

MEASURES: Final[Mapping[Measure, str]] = {
    Measure.ORDERS: _("number of orders"),
    Measure.REVENUE: _("revenue"),
    Measure.AVERAGE_ORDER: _("average order"),
    Measure.DAYS_SINCE_LAST: _("days since the last order"),
}
DID: Final[Mapping[Frequency, str]] = {
    Frequency.AT_LEAST: _("who did %(what)s at least %(times)s"),
    Frequency.AT_MOST: _("who did %(what)s at most %(times)s"),
    Frequency.EXACTLY: _("who did %(what)s exactly %(times)s"),
    Frequency.NEVER: _("who never did %(what)s"),
    Frequency.ON_DAYS: _("who did %(what)s on at least %(times)s"),
}
GOODS: Final[Mapping[Goods, str]] = {
    Goods.PRODUCT: _("a product"),
    Goods.CATEGORY: _("something of a category"),
    Goods.MAKER: _("something of a brand"),
}
BOUGHT: Final[Mapping[Frequency, str]] = {
    Frequency.AT_LEAST: _("who bought %(what)s at least %(times)s"),
    Frequency.AT_MOST: _("who bought %(what)s at most %(times)s"),
    Frequency.EXACTLY: _("who bought %(what)s exactly %(times)s"),
    Frequency.NEVER: _("who never bought %(what)s"),
    Frequency.ON_DAYS: _("who bought %(what)s on at least %(times)s"),
}
HAVE: Final[Mapping[Frequency, str]] = {
    Frequency.AT_LEAST: _("who have at least %(number)d %(what)s"),
    Frequency.AT_MOST: _("who have at most %(number)d %(what)s"),
    Frequency.EXACTLY: _("who have exactly %(number)d %(what)s"),
    Frequency.NEVER: _("who have no %(what)s"),
    Frequency.ON_DAYS: _("who have at least %(number)d %(what)s"),
}
MOMENTS: Final[Mapping[When, str]] = {
    When.CREATED: _("day of creation"),
    When.KNOWN: _("day of becoming known"),
    When.FIRST_SEEN: _("first activity"),
    When.LAST_SEEN: _("latest activity"),
}
SAID: Final[Mapping[Said, str]] = {
    Said.SUBSCRIBED: _("who are subscribed to %(topic)s by %(channel)s"),
    Said.UNSUBSCRIBED: _("who unsubscribed from %(topic)s by %(channel)s"),
    Said.PENDING: _("who have yet to confirm %(topic)s by %(channel)s"),
    Said.NEVER_ASKED: _("who were never asked about %(topic)s by %(channel)s"),
}
CHANNELS: Final[Mapping[Reachable, str]] = {Reachable.EMAIL: _("email"), Reachable.SMS: _("SMS")}
STAGES: Final[Mapping[StageName, str]] = {
    StageName.NEVER_BOUGHT: _("never bought"),
    StageName.NEW: _("new"),
    StageName.ACTIVE: _("active"),
    StageName.AT_RISK: _("at risk"),
    StageName.LAPSED: _("lapsed"),
    StageName.WON_BACK: _("won back"),
}
OCCASIONS: Final[Mapping[Occasion, str]] = {
    Occasion.TODAY: _("today"),
    Occasion.IN_DAYS: _("in some days"),
    Occasion.THIS_MONTH: _("this month"),
}
WEEKDAYS: Final = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)
UNITS: Final[Mapping[Unit, tuple[str, str]]] = {
    Unit.MINUTE: (_("minute"), _("minutes")),
    Unit.HOUR: (_("hour"), _("hours")),
    Unit.DAY: (_("day"), _("days")),
    Unit.WEEK: (_("week"), _("weeks")),
    Unit.MONTH: (_("month"), _("months")),
    Unit.YEAR: (_("year"), _("years")),
}
