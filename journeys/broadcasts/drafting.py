"""A broadcast while it is drafted: what it still lacks, whom it would reach, when it would go out."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone

from cdp.lib import shortly
from journeys import words
from journeys.flow import audience
from journeys.flow.audience import Audience
from journeys.messages import chips, contents
from journeys.models import Content, Journey
from profiles import workspace
from profiles.permitted import Tally

STEPS = ("who", "what", "when")
NINE, HOUR = dt.time(9), dt.timedelta(hours=1)


def broadcast(broadcast_id: int) -> Journey:
    """The broadcast of this number. Raises Http404."""
    return get_object_or_404(
        Journey.objects.select_related("broadcast"), pk=broadcast_id, kind=Journey.Kind.BROADCAST
    )


def draft(broadcast_id: int) -> Journey:
    """The same, while it is a draft. Raises Http404 once it is confirmed or archived."""
    return get_object_or_404(
        Journey, pk=broadcast_id, kind=Journey.Kind.BROADCAST, status=Journey.Status.DRAFT, archived_at=None
    )


def missing(journey: Journey, name: str) -> bool:
    """Whether a step still lacks something."""
    draft = journey.draft
    match name:
        case "who":
            return not (draft.get("everyone") or draft.get("include"))
        case "what":
            return not (draft.get("content") and draft.get("sender"))
        case _:
            return "at" not in draft


def unfinished(journey: Journey) -> str:
    """The first step that lacks something; "" where none does."""
    return next((name for name in STEPS if missing(journey, name)), "")


def subject(content: Content, labels: Mapping[str, str]) -> str:
    """What a mail has in its subject, in words and in the language of its fallback; `labels` as chips are called."""
    draft = contents.draft_of(content)
    return chips.plain(draft.words(draft.fallback).subject, labels)


def tally(draft: Mapping[str, Any], *, now: dt.datetime) -> Tally | None:
    """Who would get it now, and why not the others; None while nobody is chosen."""
    wanted = Audience.read(draft)
    if not wanted.include and not wanted.everyone:
        return None
    return audience.breakdown(
        wanted, topic_id=draft.get("topic"), purpose=draft.get("purpose") or "marketing", now=now
    )


def lately(draft: Mapping[str, Any], *, now: dt.datetime) -> tuple[Tally | None, dt.datetime]:
    """The same for a page, at most a minute old, and as of when. What is sent is counted anew."""
    about = (Audience.read(draft), draft.get("topic"), draft.get("purpose"))
    return shortly.kept("broadcast", about, lambda: tally(draft, now=now), now=now)


def reasons(tally: Tally | None) -> list[tuple[str, int]]:
    """Why some would not get it, in words, with how many."""
    return [(words.not_sent(code), number) for code, number in (tally.refused if tally else {}).items()]


def at(journey: Journey) -> dt.datetime | None:
    """When it is to go out; None: as soon as it is confirmed."""
    said = journey.draft.get("at")
    return dt.datetime.fromisoformat(said) if said else None


def planned(day: str, *, now: dt.datetime) -> dt.datetime | None:
    """Nine o'clock on a day, 2026-11-27 say, or soon where that has passed; None for nonsense and the past."""
    try:
        on = dt.date.fromisoformat(day)
    except ValueError:
        return None
    nine = dt.datetime.combine(on, NINE, timezone.get_current_timezone())
    soon = timezone.localtime(now).replace(minute=0, second=0, microsecond=0) + 2 * HOUR
    return nine if nine > now else soon if soon.date() == on else None


def large() -> int:
    """Sending to more people than this needs a permission of its own."""
    return workspace.current().large_send
