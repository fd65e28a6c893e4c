"""Whether somebody would come into a journey as it is drawn, as far as that is known before anything happens."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from journeys.editor import titles
from journeys.editor.names import Names
from journeys.flow import reentry
from journeys.flow.people import People
from journeys.flow.shapes import (
    ApiTrigger,
    DateTrigger,
    EventTrigger,
    Graph,
    HandTrigger,
    SegmentTrigger,
)
from segments.models import Membership


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence about coming in; whether it lets them in, None where that is open."""

    sentence: str
    lets_in: bool | None = None


def facts(
    journey_id: int,
    drawn: Graph,
    definition: Mapping[str, Any],
    contact_id: int,
    *,
    names: Names,
    now: dt.datetime,
) -> list[Fact]:
    """What leads this person in, and whether they may come at this moment."""
    return [
        *_occasion(drawn, definition, contact_id, names),
        *_door(drawn, definition, contact_id, names, now),
        *_again(journey_id, drawn, contact_id, now),
    ]


def _occasion(drawn: Graph, definition: Mapping[str, Any], contact_id: int, names: Names) -> Iterator[Fact]:
    match drawn.trigger:
        case EventTrigger(event=event, where=where):
            said = {"event": names.catalogue.events.get(event, event)}
            yield Fact(
                _("They come in when “%(event)s” happens and its details fit.") % said
                if where
                else _("They come in when “%(event)s” happens.") % said
            )
        case SegmentTrigger() as trigger:
            yield _of_segment(trigger, contact_id, names)
        case DateTrigger():
            day, _line = titles.trigger(definition, names)
            yield Fact(_("They come in on their day: %(day)s.") % {"day": day})
        case HandTrigger():
            yield Fact(_("They come in when somebody puts them in by hand."))
        case ApiTrigger():
            yield Fact(_("They come in when another program puts them in."))


def _of_segment(trigger: SegmentTrigger, contact_id: int, names: Names) -> Fact:
    said = {"segment": names.catalogue.segments.get(trigger.segment, "?")}
    is_inside = Membership.objects.filter(segment=trigger.segment, contact=contact_id).exists()
    match trigger.members, is_inside:
        case "future", True:
            return Fact(
                _("They are in “%(segment)s” already; only those who enter it later come in.") % said, False
            )
        case "current", False:
            return Fact(
                _("They are not in “%(segment)s”, and only those who are in it now come in.") % said, False
            )
        case _, True:
            return Fact(_("They are in “%(segment)s” and come in once this is published.") % said, True)
        case _:
            return Fact(_("They come in when they enter “%(segment)s”.") % said)


def _door(
    drawn: Graph, definition: Mapping[str, Any], contact_id: int, names: Names, now: dt.datetime
) -> Iterator[Fact]:
    condition = drawn.trigger.condition
    if condition is None:
        return
    said = {"who": titles.condition((definition.get("trigger") or {}).get("condition"), names)}
    if People(now=now, conditions=[condition]).who(condition, [contact_id]):
        yield Fact(_("Only people %(who)s come in; now they are among them.") % said, True)
    else:
        yield Fact(_("Only people %(who)s come in; now they are not among them.") % said, False)


def _again(journey_id: int, drawn: Graph, contact_id: int, now: dt.datetime) -> Iterator[Fact]:
    """What the re-entry rules say; where people come in once for each of something, that is not known yet."""
    place = (journey_id, contact_id, "")
    before = reentry.earlier([place]).get(place)
    if drawn.settings.key or before is None:
        return
    if reentry.may_enter(drawn.settings, before, now=now):
        yield Fact(_("They were in it before and may come in again."), True)
    elif before.is_inside:
        yield Fact(_("They are in it now, and nobody is in it twice at once."), False)
    elif drawn.settings.reentry == "after_days":
        said = {"days": drawn.settings.days}
        yield Fact(
            _("They were in it before and cannot come in again before %(days)d days have passed.") % said,
            False,
        )
    else:
        yield Fact(_("They were in it before, and people go through it once."), False)
