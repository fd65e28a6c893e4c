"""What the controls of a condition say of themselves: which clock a window is read by, how a pattern is written."""

from typing import Final

from django.utils.translation import gettext as _

from cdp.lib.json import JsonObject
from segments.controls import Control, found
from segments.offers import Offers
from segments.operators import ROWS, Kind
from segments.sentences import details, sentence
from segments.values import Operator

OPERATORS: Final = frozenset(operator.value for operator in Operator)


def of(leaf: JsonObject, control: Control, offers: Offers) -> str:
    """What stands in the tooltip of a control; "" for nothing."""
    match control.path:
        case ("window", "type"):
            window = found(leaf, control.path)
            if window == "last":
                return _("Counted back from this very moment.")
            return _days(offers) if window == "between" else ""
        case (*_before, "operator"):
            operator = found(leaf, control.path)
            is_date = operator in OPERATORS and ROWS[Operator(str(operator))].kind is Kind.DATE
            return _days(offers) if is_date else ""
        case ("frequency",) if leaf["frequency"] == "on_days":
            return _days(offers)
        case _:
            return ""


def _days(offers: Offers) -> str:
    return _("Whole days on the clock of %(zone)s.") % {"zone": offers.zone}


def notes(leaf: JsonObject, offers: Offers) -> list[str]:
    """What stands below a condition because of what it compares with, each once."""
    lines = [sentence(leaf, offers), *details(leaf, offers)]
    controls = [part for line in lines for part in line if isinstance(part, Control)]
    said = [found(leaf, one.path) for one in controls if one.path[-1] == "operator"]
    return [str(row.hint) for operator, row in ROWS.items() if row.hint and operator.value in said]
