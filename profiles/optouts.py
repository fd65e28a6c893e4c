"""Opt-outs at the door: they stand in their ledger before the sender hears "yes", however long the inbox is."""

import datetime as dt
from collections.abc import Sequence

from profiles import spec
from profiles.models import Source


def note(messages: Sequence[spec.Message], *, source: Source, now: dt.datetime) -> None:
    """Write the opt-outs among these messages to the consent ledger, for people we know by their identifier."""
