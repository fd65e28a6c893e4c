"""Background work on segments. Each task is a nudge: the rows say what is to be done."""

import contextlib

import structlog
from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerAway

from segments import footing, lists
from segments.ast import InvalidSegment
from segments.models import Cause, Segment
from segments.rebuild import rebuild

log = structlog.get_logger(__name__)


def build_soon(segment: Segment) -> None:
    """Have it built, if it waits for that."""
    if segment.built_at is None:
        with contextlib.suppress(BrokerAway):  # only a nudge: the timetable builds what was left unbuilt
            build.apply_async((segment.pk,), retry=False)


@shared_task
def build(segment_id: int) -> None:
    """Build one segment that was made or edited."""
    for segment in Segment.objects.filter(pk=segment_id, archived_at=None):
        rebuild(segment, now=timezone.now())


@shared_task
def build_waiting() -> int:
    """Build every segment that waits for it, after a lost nudge or another setting, say. How many it was."""
    renewed = set(footing.renew())
    waiting = list(
        Segment.objects.filter(kind=Segment.Kind.DYNAMIC, archived_at=None, built_at=None)
        .exclude(definition={})
        .order_by("pk")
    )
    for segment in waiting:
        try:
            cause = Cause.SETTINGS if segment.pk in renewed else None
            rebuild(segment, now=timezone.now(), cause=cause)
        except InvalidSegment as problem:
            log.error("segment_unreadable", segment=segment.pk, path=problem.path, reason=problem.message)
    for copy in Segment.objects.exclude(filled_from=None):
        lists.fill(copy, now=timezone.now())
    return len(waiting)


def fill_soon(copy: Segment) -> None:
    """Have the rest of a list's people copied."""
    with contextlib.suppress(BrokerAway):  # only a nudge: the timetable fills what was left
        fill.apply_async((copy.pk,), retry=False)


@shared_task
def fill(list_id: int) -> None:
    """Put the people on a copied list who are not on it yet."""
    for copy in Segment.objects.filter(pk=list_id).exclude(filled_from=None):
        lists.fill(copy, now=timezone.now())
