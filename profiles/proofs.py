"""What proves a statement of consent, as a person reads it: the ledger keeps it as names and values."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

# In the order in which they are told; what is not named here stands at the end under its own name.
NAMES: Final[dict[str, Promise]] = {
    "reason": lazy("How it is known"),
    "by": lazy("Written down by"),
    "by_key": lazy("Written down with the key"),
    "via": lazy("Said with"),
    "import": lazy("Imported"),
    "address": lazy("From the address"),
    "user_agent": lazy("With the browser"),
    "sent_message": lazy("In the message"),
    "recorded_at": lazy("In the ledger since"),
    "message": lazy("Reference"),
}
VALUES: Final[dict[str, Promise]] = {
    "event": lazy("an event of the source"),
    "trait": lazy("an attribute that the source sent"),
    "one-click": lazy("the mail program's unsubscribe button"),
    "unsubscribe page": lazy("the page to unsubscribe"),
}


def tell(proof: Mapping[str, Any]) -> list[tuple[str, str | dt.datetime]]:
    """Each part of a proof: what it is called, and what it says; moments stay moments."""
    order = [*NAMES]
    ranked = sorted(proof, key=lambda name: (order.index(name) if name in NAMES else len(order), name))
    return [
        (str(NAMES.get(name, _readable(name))), _value(name, proof[name])) for name in ranked if proof[name]
    ]


def _value(name: str, value: Any) -> str | dt.datetime:
    if isinstance(value, Mapping):
        return (
            _import(value)
            if name == "import"
            else " · ".join(f"{_readable(k)}: {v}" for k, v in value.items())
        )
    if name == "recorded_at":
        try:
            return dt.datetime.fromisoformat(str(value))
        except ValueError:
            return str(value)
    return str(VALUES.get(str(value), value))


def _import(told: Mapping[str, Any]) -> str:
    row = _("%(file)s, row %(row)s") % {"file": told.get("name", ""), "row": told.get("row", "")}
    agreed = told.get("proof")
    return f"{row}: {agreed}" if agreed else row


def _readable(name: str) -> str:
    """A key as words: "user_agent" is read as "User agent"."""
    return name.replace("_", " ").strip().capitalize()
