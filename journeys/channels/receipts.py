"""What we hear about a message after it went out: opened, clicked; by a person, or by a machine that looks ahead."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from cdp.lib import db
from journeys.models import Message, Receipt
from profiles import ingest
from profiles.ingest import SystemEvent

# Security gateways and mail programs fetch what is in a mail before anybody reads it.
MACHINES: Final = re.compile(
    r"bot\b|crawl|spider|scan|preview|prefetch|headless|curl/|wget/|python|httpx|go-http-client|java/|okhttp"
    r"|barracuda|proofpoint|mimecast|safelinks|symantec|trend\s?micro|fireeye|forcepoint|sophos"
    r"|facebookexternalhit",
    re.IGNORECASE,
)
# Apple's mail privacy fetches every picture, and says no more about itself than this.
SILENT: Final = frozenset({"", "Mozilla/5.0"})
HUMAN_AFTER: Final = dt.timedelta(seconds=2)
EVENTS: Final = {Receipt.Kind.OPENED: "Email Opened", Receipt.Kind.CLICKED: "Email Link Clicked"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who fetched a link or a picture, as far as the request tells."""

    user_agent: str
    method: str = "GET"
    purpose: str = ""  # what the browser says of why it asks: "prefetch"


def is_machine(caller: Caller, *, sent_at: dt.datetime | None, at: dt.datetime) -> bool:
    """Whether this was most likely no person: nobody reads, decides and clicks within two seconds of sending."""
    if caller.method == "HEAD" or "prefetch" in caller.purpose.lower() or "preview" in caller.purpose.lower():
        return True
    if caller.user_agent.strip() in SILENT or MACHINES.search(caller.user_agent):
        return True
    return sent_at is None or at - sent_at < HUMAN_AFTER


def opened(message_id: int, run_entered_at: dt.datetime, *, caller: Caller, at: dt.datetime) -> bool:
    """Note that the pixel was fetched; whether the message is known at all."""
    return _note(Receipt.Kind.OPENED, message_id, run_entered_at, url="", caller=caller, at=at)


def clicked(
    message_id: int, run_entered_at: dt.datetime, *, url: str, caller: Caller, at: dt.datetime
) -> bool:
    """Note that a link was followed; whether the message is known at all."""
    return _note(Receipt.Kind.CLICKED, message_id, run_entered_at, url=url, caller=caller, at=at)


def _note(
    kind: Receipt.Kind,
    message_id: int,
    run_entered_at: dt.datetime,
    *,
    url: str,
    caller: Caller,
    at: dt.datetime,
) -> bool:
    message = Message.objects.filter(pk=message_id, run_entered_at=run_entered_at).first()
    if message is None:
        return False  # its month is gone; the link works, and nothing is counted
    machine = is_machine(caller, sent_at=message.sent_at, at=at)
    properties: dict[str, Any] = {**about(message), "machine": machine}
    if url:
        properties["url"] = url
    with transaction.atomic():
        receipt = Receipt.objects.create(
            message_id=message_id,
            message_entered_at=run_entered_at,
            kind=kind,
            at=at,
            received_at=at,
            is_machine=machine,
            url=url,
            detail={"user_agent": caller.user_agent[:300]},
        )
        if not machine:
            _first(message, kind, at=at)
        key = f"message:{message_id}:{kind}:{receipt.pk}"
        event = SystemEvent(EVENTS[kind], message.persona_id, at, key, properties)
        ingest.record([event], now=at)
    return True


def _first(message: Message, kind: Receipt.Kind, *, at: dt.datetime) -> None:
    """Remember the first time; who clicked has also opened, whatever became of the picture."""
    opened_at = "first_opened_at = coalesce(first_opened_at, %(at)s)"
    clicked_at = "first_clicked_at = coalesce(first_clicked_at, %(at)s)"
    changes = opened_at if kind == Receipt.Kind.OPENED else f"{opened_at}, {clicked_at}"
    db.execute(
        f"UPDATE journeys_message SET {changes} WHERE id = %(id)s AND run_entered_at = %(entered)s",
        {"at": at, "id": message.pk, "entered": message.run_entered_at},
    )


def about(message: Message) -> dict[str, Any]:
    """What every event about a message says of it."""
    return {
        "message": message.pk,
        "message_entered_at": message.run_entered_at.isoformat(),
        "version": message.version_id,
        "step": message.step,
        "topic": message.topic_id,
    }
