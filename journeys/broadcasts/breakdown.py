"""Who gets a broadcast and who does not, as one sentence."""

from typing import Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from profiles.permitted import Tally

SHORT: Final[dict[str, Promise]] = {
    "suppressed": lazy("blocked"),
    "unsubscribed": lazy("unsubscribed"),
    "not_subscribed": lazy("not subscribed"),
    "pending": lazy("not confirmed yet"),
    "no_address": lazy("without address"),
}


def sentence(tally: Tally) -> str:
    """ "of 8,412 people 6,930 get it: 1,102 not subscribed, 214 blocked, 166 without address"."""
    if not tally.refused:
        return _("all of them get it") if tally.total else _("nobody is there")
    told = ngettext(
        "of %(total)s people %(allowed)s gets it", "of %(total)s people %(allowed)s get it", tally.allowed
    ) % {"total": intcomma(tally.total), "allowed": intcomma(tally.allowed)}
    reasons = [f"{intcomma(number)} {SHORT.get(code, code)}" for code, number in tally.refused.items()]
    return f"{told}: {', '.join(reasons)}"
