"""Publishing: a drawing becomes a version that takes people in; later it is paused, resumed, stopped.

What keeps a drawing from being published is said in sentences, each beside its step.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Literal

from django.contrib.auth.models import User
from django.db import transaction

from journeys.flow import graph, runs
from journeys.flow.graph import Email, EventTrigger, Graph, InvalidJourney, Problem, SegmentTrigger
from journeys.flow.members import ALL
from journeys.models import ContentRevision, Journey, Run, Sender, Version
from profiles.models import Channel, EventDefinition, Topic
from segments.models import Segment

type Fate = Literal["finish", "exit"]  # of the people inside a journey that is stopped


def publish(journey: Journey, *, by: User | None, now: dt.datetime) -> Version:
    """Freeze the draft as the next version, which takes people in from now on; the one before lets its people finish.

    A paused journey runs again. Raises InvalidJourney with everything that is in the way.
    """
    with transaction.atomic():
        journey = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
        drawn = graph.load(journey.draft)
        problems = [*_missing(drawn)]
        if journey.archived_at:
            problems.append(Problem("", "This journey is in the archive. Take it out first."))
        if problems:
            raise InvalidJourney(*problems)
        last = journey.versions.order_by("-number").first()
        journey.versions.filter(state__in=["live", "paused"]).update(state=Version.State.FINISHING)
        version = _freeze(journey, drawn, number=last.number + 1 if last else 1, by=by, now=now)
        _set_status(journey, Journey.Status.LIVE)
    return version


def problems(journey: Journey) -> list[Problem]:
    """What keeps the draft from being published now; an empty list where nothing does."""
    try:
        drawn = graph.load(journey.draft)
    except InvalidJourney as error:
        return list(error.problems)
    return [*_missing(drawn)]


def pause(journey: Journey) -> None:
    """Hold everybody where they are, and the messages that are owed to them; people still come in, and wait."""
    with transaction.atomic():
        journey = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
        if journey.status == Journey.Status.LIVE:
            journey.versions.filter(state="live").update(state=Version.State.PAUSED)
            _set_status(journey, Journey.Status.PAUSED)


def resume(journey: Journey) -> None:
    """Let everybody go on from where they were held; what came due meanwhile is due at once."""
    with transaction.atomic():
        journey = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
        if journey.status == Journey.Status.PAUSED:
            journey.versions.filter(state="paused").update(state=Version.State.LIVE)
            _set_status(journey, Journey.Status.LIVE)


def stop(journey: Journey, *, people: Fate, now: dt.datetime) -> None:
    """Take nobody in any more; the people inside finish their way, or leave now and get nothing more.

    The engine closes the journey when the last of them has left.
    """
    with transaction.atomic():
        journey = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
        journey.versions.filter(state__in=["live", "paused"]).update(state=Version.State.FINISHING)
        if journey.status != Journey.Status.DRAFT:
            _set_status(journey, Journey.Status.FINISHING)
        if people == "exit":
            inside = Run.objects.filter(journey=journey, state__in=["active", "waiting"])
            runs.end(list(inside.values_list("pk", flat=True)), reason="stopped", now=now)


def _set_status(journey: Journey, status: Journey.Status) -> None:
    journey.status = status
    journey.save(update_fields=["status", "updated_at"])


def _freeze(journey: Journey, drawn: Graph, *, number: int, by: User | None, now: dt.datetime) -> Version:
    trigger = drawn.trigger
    takes_members = isinstance(trigger, SegmentTrigger) and trigger.members != "future"
    return Version.objects.create(
        journey=journey,
        number=number,
        definition=journey.draft,
        published_at=now,
        published_by=by,
        trigger_event_id=_definition(trigger.event) if isinstance(trigger, EventTrigger) else None,
        trigger_segment_id=trigger.segment if isinstance(trigger, SegmentTrigger) else None,
        awaited_events=sorted(_definition(name) for name in drawn.awaited),
        # From the first member on; where only future ones count, there is nobody to catch up on.
        backfilled_to=0 if takes_members else ALL if isinstance(trigger, SegmentTrigger) else None,
    )


def _definition(name: str) -> int:
    """The event's number. A name nobody has sent yet gets one: a journey may be there before the shop sends."""
    return EventDefinition.objects.get_or_create(name=name)[0].pk


def _missing(drawn: Graph) -> Iterator[Problem]:
    """What the drawing refers to and is not there."""
    trigger = drawn.trigger
    if isinstance(trigger, SegmentTrigger):
        yield from _missing_segment(trigger)
    for step in drawn.steps.values():
        if isinstance(step, Email):
            for sentence in _missing_for_mail(step):
                yield Problem(step.id, sentence)


def _missing_segment(trigger: SegmentTrigger) -> Iterator[Problem]:
    segment = Segment.objects.filter(pk=trigger.segment, archived_at=None).first()
    if segment is None:
        yield Problem("", "The segment that starts the journey does not exist any more. Choose another one.")
    elif trigger.members != "future" and segment.kind == Segment.Kind.DYNAMIC and segment.built_at is None:
        yield Problem("", f"“{segment.name}” is still being counted. Try again in a moment.")


def _missing_for_mail(step: Email) -> Iterator[str]:
    revision = ContentRevision.objects.select_related("content").filter(pk=step.revision).first()
    if revision is None or revision.content.channel != Channel.EMAIL:
        yield "Choose what the mail says."
    else:
        said = revision.languages.get(revision.fallback) or {}
        if not str(said.get("subject") or "").strip():
            yield "The mail has no subject."
        if not str(said.get("html") or said.get("text") or "").strip():
            yield "The mail is empty."
    if step.topic is not None and not Topic.objects.filter(pk=step.topic, archived_at=None).exists():
        yield "The topic of this mail does not exist any more. Choose another one."
    if step.sender is None:
        if not Sender.objects.filter(is_default=True).exists():
            yield "Choose who the mail is from."
    elif not Sender.objects.filter(pk=step.sender).exists():
        yield "The sender of this mail does not exist any more. Choose another one."
