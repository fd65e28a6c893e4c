"""Why (not)? For one person and one journey: where they are, or what kept them out, from facts that lie there.

The answer is what the engine would say: the same drawing, the same filters, the same reasons of messages.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, assert_never

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from journeys import board, words
from journeys.flow import conditions, plans
from journeys.flow.people import People
from journeys.flow.plans import Plan
from journeys.flow.reentry import Earlier, may_enter
from journeys.flow.shapes import (
    ApiTrigger,
    DateTrigger,
    EventTrigger,
    HandTrigger,
    InvalidJourney,
    SegmentTrigger,
)
from journeys.models import Journey, Message, Run, Version
from profiles.models import Contact, Event
from profiles.models import Settings as Workspace
from segments.models import SET, Cause, Membership, MembershipChange, Segment

LAST: Final = 50  # the latest events of a person that are looked at


@dataclass(frozen=True, slots=True)
class Answer:
    """A sentence that answers, and the facts behind it."""

    sentence: str
    facts: list[str] = field(default_factory=list)
    came_in: bool = False


def ask(contact: Contact, journey: Journey, *, now: dt.datetime) -> Answer:
    """Whether this person is or was in the journey, what came of it; or why they never came in."""
    runs = list(
        Run.objects.filter(contact=contact, journey=journey).select_related("version").order_by("-pk")[:LAST]
    )
    if runs:
        return _was_in(contact, journey, runs, now=now)
    version = _newest(journey)
    if version is None:
        return Answer(_("The journey was not published yet, so nobody comes in."))
    try:
        plan = plans.of([version.pk])[version.pk]
    except InvalidJourney as problem:
        return Answer(_("The journey cannot be read any more: %(why)s") % {"why": problem.sentence})
    return _never(contact, journey, plan, now=now)


def of_message(message: Message) -> Answer:
    """What became of a message, and why it was not sent."""
    outcome, because = words.outcome(message), words.because(message)
    told = (
        _("%(outcome)s, %(because)s.") % {"outcome": outcome, "because": because}
        if because
        else f"{outcome}."
    )
    facts = [_("Sent %(when)s.") % {"when": _when(message.sent_at)}] if message.sent_at else []
    return Answer(told, facts, came_in=True)


def _newest(journey: Journey) -> Version | None:
    return journey.versions.order_by("-number").first()


def _when(moment: dt.datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "j M Y, H:i")


def _was_in(contact: Contact, journey: Journey, runs: Sequence[Run], *, now: dt.datetime) -> Answer:
    last = board.travellers([runs[0]])[0]
    run = last.run
    facts = [
        _("Came in %(when)s, version %(number)d.")
        % {"when": _when(run.entered_at), "number": run.version.number}
    ]
    if run.ended_at:
        sentence = _("They went through it: %(state)s, %(when)s.") % {
            "state": last.state, "when": _when(run.ended_at),
        }  # fmt: skip
    else:
        sentence = _("They are in it now: %(where)s.") % {"where": last.where or last.state}
        facts += _holds_up(journey, run, now=now)
    for message, outcome, because in last.messages:
        facts.append(
            f"{outcome}, {because}."
            if because
            else f"{outcome}: {_when(message.sent_at or message.created_at)}."
        )
    if len(runs) > 1:
        facts.append(_("They were in it %(n)d times.") % {"n": len(runs)})
    elif run.ended_at and (again := _again(journey, run, now=now)):
        facts.append(again)
    return Answer(sentence, facts, came_in=True)


def _holds_up(journey: Journey, run: Run, *, now: dt.datetime) -> list[str]:
    facts = []
    if run.wake_at:
        late = run.wake_at <= now
        facts.append(_("Due to go on since %(when)s.") % {"when": _when(run.wake_at)} if late else
                     _("Goes on %(when)s at the latest.") % {"when": _when(run.wake_at)})  # fmt: skip
    if journey.status == Journey.Status.PAUSED:
        facts.append(_("The journey is paused: everybody stays where they are."))
    return facts


def _again(journey: Journey, run: Run, *, now: dt.datetime) -> str:
    """What the re-entry rules say about a second time."""
    newest = _newest(journey)
    if newest is None:
        return ""
    settings = plans.of([newest.pk])[newest.pk].graph.settings
    if may_enter(settings, Earlier(False, run.entered_at), now=now):
        return ""
    if settings.reentry == "never":
        return _("They cannot come in again: people go through this journey once.")
    return _("They cannot come in again before %(days)d days have passed.") % {"days": settings.days}


def _never(contact: Contact, journey: Journey, plan: Plan, *, now: dt.datetime) -> Answer:
    if not plan.takes_people:
        return Answer(_("They never came in, and the journey takes nobody in any more."))
    trigger = plan.graph.trigger
    match trigger:
        case EventTrigger():
            answer = _no_event(contact, plan, trigger, now=now)
        case SegmentTrigger():
            answer = _no_entry(contact, plan, trigger)
        case DateTrigger():
            answer = Answer(
                _("They never came in: their day has not come since the journey went live."), _live(plan)
            )
        case HandTrigger() | ApiTrigger():
            answer = Answer(_("They never came in: nobody has put them in."), _live(plan))
        case _:
            assert_never(trigger)
    if trigger.condition is not None and contact.pk not in People(
        now=now, conditions=[trigger.condition]
    ).who(trigger.condition, [contact.pk]):
        answer.facts.append(
            _("Besides, the journey is only for certain people, and now they are not among them.")
        )
    return answer


def _live(plan: Plan) -> list[str]:
    return [_("Version %(n)d is live since %(when)s.") % {"n": plan.number, "when": _when(plan.published_at)}]


def _no_event(contact: Contact, plan: Plan, trigger: EventTrigger, *, now: dt.datetime) -> Answer:
    events = list(
        Event.objects.filter(contact=contact, definition=plan.trigger_event_id).order_by("-occurred_at")[
            :LAST
        ]
    )
    name = {"event": trigger.event}
    if not events:
        return Answer(_("They never came in: “%(event)s” has never happened to them.") % name, _live(plan))
    last = _("“%(event)s” last happened to them %(when)s.") % {**name, "when": _when(events[0].occurred_at)}
    facts = [last, *_live(plan)]
    since = [one for one in events if one.received_at >= plan.published_at]
    if not since:
        return Answer(
            _("They never came in: “%(event)s” happened before the journey went live.") % name, facts
        )
    fresh = [one for one in since if _is_news(plan, one)]
    if not fresh:
        return Answer(
            _("They never came in: we heard of “%(event)s” too late for it to count as news.") % name, facts
        )
    workspace = Workspace.objects.get()
    asked = {(plan.version_id, one.pk): (trigger.where, one.properties) for one in fresh if trigger.where}
    if asked and not conditions.holding(asked, now=now, zone=workspace.time_zone):
        return Answer(
            _("They never came in: “%(event)s” happened, but its details did not fit.") % name, facts
        )
    return Answer(
        _(
            "“%(event)s” happened, and yet they did not come in: it came in bulk, or they were left out at the door."
        )
        % name,
        facts,
    )


def _is_news(plan: Plan, event: Event) -> bool:
    settings = plan.graph.settings
    freshness = settings.freshness or dt.timedelta(hours=Workspace.objects.get().freshness_hours)
    return settings.accept_late or event.occurred_at > event.received_at - freshness


def _no_entry(contact: Contact, plan: Plan, trigger: SegmentTrigger) -> Answer:
    segment = Segment.objects.filter(pk=trigger.segment).first()
    name = {"segment": segment.name if segment else "?"}
    inside = Membership.objects.filter(segment=trigger.segment, contact=contact).first()
    if inside is None:
        return Answer(_("They never came in: they are not in the segment “%(segment)s”.") % name,
                      [*_last_change(contact, trigger), *_live(plan)])  # fmt: skip
    facts = [_("In the segment since %(when)s.") % {"when": _when(inside.entered_at)}, *_live(plan)]
    if trigger.members == "future" and inside.entered_at <= plan.published_at:
        return Answer(
            _(
                "They never came in: they were in “%(segment)s” before, and only those who enter it later come in."
            )
            % name,
            facts,
        )
    if trigger.members == "current" and inside.entered_at > plan.published_at:
        return Answer(
            _("They never came in: only those who were in “%(segment)s” at the start come in.") % name, facts
        )
    if inside.cause in {*SET, Cause.MERGE} and not plan.graph.settings.accept_edit:
        return Answer(
            _(
                "They never came in: a change of “%(segment)s” brought them into it; this journey lets only news in."
            )
            % name,
            facts,
        )
    return Answer(
        _("They are in “%(segment)s” and are being taken in, or were left out at the door.") % name, facts
    )


def _last_change(contact: Contact, trigger: SegmentTrigger) -> list[str]:
    last = (
        MembershipChange.objects.filter(contact=contact, segment=trigger.segment)
        .order_by("-changed_at", "-pk")
        .first()
    )
    return (
        [_("They left it %(when)s.") % {"when": _when(last.changed_at)}] if last and not last.entered else []
    )
