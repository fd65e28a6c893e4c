"""Publishing: a drawing becomes a version that takes people in; later it is paused, resumed, stopped.

What keeps a drawing from being published is said in sentences, each beside its step.
"""

import copy
import datetime as dt
from typing import Any, Final, Literal

from django.contrib.auth.models import User
from django.db import transaction

from cdp.lib import audit, db
from journeys.flow import fates, graph, missing
from journeys.flow.members import ALL
from journeys.flow.shapes import DateTrigger, EventTrigger, InvalidJourney, Problem, SegmentTrigger
from journeys.messages import contents
from journeys.models import Content, Journey, Version
from profiles.models import EventDefinition

type Fate = Literal["finish", "follow", "exit"]  # of the people inside
PORTIONS_AT_ONCE: Final = 10


def publish(journey: Journey, *, by: User | None, now: dt.datetime, people: Fate = "finish") -> Version:
    """Freeze the draft as the next version, which takes people in from now on.

    `people` says what becomes of those inside: they finish the version they are in, follow the new one where their
    step is still there, or leave. A paused journey runs again. Raises InvalidJourney with everything that is in the
    way.
    """
    # A digest that still believes the version before takes people in is kept out.
    with db.transaction_with_lock(db.DIGEST_LOCK):
        journey = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
        wrong = [one for one in problems(journey) if one.severity == "error"]
        if journey.archived_at:
            wrong.append(Problem("", "This journey is in the archive. Take it out first."))
        if wrong:
            raise InvalidJourney(*wrong)
        frozen = _frozen(journey.draft, by=by, now=now)
        last = journey.versions.order_by("-number").first()
        _close(journey, people)
        version = _freeze(journey, frozen, number=last.number + 1 if last else 1, by=by, now=now)
        _set_status(journey, Journey.Status.LIVE)
    _carry_out(now=now)
    return version


def problems(journey: Journey, *, beside: str | None = None) -> list[Problem]:
    """What keeps the draft from being published now, and warnings, which do not; in the order of the steps.

    `beside` asks for those of one step alone, "" for those of the start.
    """
    drawn, found = graph.read(journey.draft)
    if journey.draft.get("trigger") == {}:  # read as "put in by hand", which nobody chose
        found.append(Problem("", "Choose what starts it."))
    if not any(one.severity == "error" for one in found):
        found += missing.problems(drawn, beside=beside)
    if beside is not None:
        return [one for one in found if one.step == beside]
    places = ["", *(str(step.get("id")) for step in graph.each(journey.draft.get("steps")))]
    return sorted(found, key=lambda one: places.index(one.step))


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


def finish(journey: Journey, *, now: dt.datetime) -> None:
    """Take nobody in any more, and let the people inside finish their way."""
    stop(journey, people="finish", now=now)


def stop(journey: Journey, *, people: Literal["finish", "exit"], now: dt.datetime) -> None:
    """Take nobody in any more; the people inside finish their way, or leave now and get nothing more.

    The engine closes the journey when the last of them has left.
    """
    with db.transaction_with_lock(db.DIGEST_LOCK):
        journey = Journey.objects.select_for_update(no_key=True).get(pk=journey.pk)
        _close(journey, people)
        if journey.status != Journey.Status.DRAFT:
            _set_status(journey, Journey.Status.FINISHING)
    _carry_out(now=now)


def _close(journey: Journey, people: Fate) -> None:
    """Let no version take people in any more, and write down what becomes of those inside."""
    journey.versions.filter(state__in=["live", "paused"]).update(state=Version.State.FINISHING)
    if people != "finish":
        audit.update(journey.versions.exclude(state=Version.State.OVER), fate=people)


def _carry_out(*, now: dt.datetime) -> None:
    """Begin at once with what becomes of people; of very many, the engine does the rest."""
    for _ in range(PORTIONS_AT_ONCE):
        if not fates.carry_out(now=now):
            return


def _set_status(journey: Journey, status: Journey.Status) -> None:
    journey.status = status
    journey.save(update_fields=["status", "updated_at"])


def _frozen(draft: dict[str, Any], *, by: User | None, now: dt.datetime) -> dict[str, Any]:
    """The drawing with each mail as it reads now. Raises InvalidJourney where one cannot be used."""
    frozen = copy.deepcopy(draft)
    wrong = []
    for step in graph.each(frozen.get("steps")):
        if step.get("kind") != "email" or not step.get("content"):
            continue
        try:
            content = Content.objects.get(pk=step["content"])
            step["revision"] = contents.freeze(content, by=by, now=now).pk
        except contents.ContentProblem as problem:
            wrong += [Problem(step["id"], sentence) for sentence in problem.sentences]
    if wrong:
        raise InvalidJourney(*wrong)
    return frozen


def _freeze(
    journey: Journey, frozen: dict[str, Any], *, number: int, by: User | None, now: dt.datetime
) -> Version:
    drawn = graph.load(frozen)
    trigger = drawn.trigger
    takes_members = isinstance(trigger, SegmentTrigger) and trigger.members != "future"
    return Version.objects.create(
        journey=journey,
        number=number,
        definition=frozen,
        published_at=now,
        published_by=by,
        trigger_event_id=_definition(trigger.event) if isinstance(trigger, EventTrigger) else None,
        trigger_segment_id=trigger.segment if isinstance(trigger, SegmentTrigger) else None,
        awaited_events=sorted(_definition(name) for name in drawn.awaited),
        # From the first member on; where only future ones count, there is nobody to catch up on.
        backfilled_to=0 if takes_members else ALL if isinstance(trigger, SegmentTrigger) else None,
        sweep_at=now if isinstance(trigger, DateTrigger) else None,
    )


def _definition(name: str) -> int:
    """The event's number. A name nobody has sent yet gets one: a journey may be there before the shop sends."""
    return EventDefinition.objects.get_or_create(name=name)[0].pk
