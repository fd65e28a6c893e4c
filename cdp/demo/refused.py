"""Twelve rows of this morning's till import that were not accepted, each for a reason of its own kind."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, Final

from profiles import ingest
from profiles.models import Source

ROWS: Final = 12


def send(source: Source, *, now: dt.datetime) -> None:
    """Through the door, which keeps them with their reasons."""
    ingest.accept(source=source, items=list(rows(now)), sent_at=None, now=now)


def rows(now: dt.datetime) -> Iterator[bytes]:
    """What the till sent."""
    for number in range(4):  # nobody: the card was not read
        yield _row(number, now, anonymousId="")
    for number in range(4, 7):
        yield _row(number, now, timestamp=f"{now:%d/%m/%Y} 10:{number:02}")
    for number in range(7, 9):
        yield _row(number, now, timestamp=(now + dt.timedelta(days=365 + number)).isoformat())
    for number in range(9, 11):
        yield _row(number, now, event="")
    yield _row(11, now)[:-9]  # cut off on the way


def _row(number: int, now: dt.datetime, **changes: Any) -> bytes:
    bill = {"order_id": f"TILL-{now:%m%d}-{number:02}", "total": 24.95 + number, "currency": "EUR"}
    said = {
        "type": "track",
        "event": "Order Completed",
        "anonymousId": f"noord-till-{number}",
        "timestamp": now.isoformat(),
        "properties": bill,
    }
    return json.dumps(said | changes).encode()
