"""The editor's draft of a journey: opened, saved with every state kept for undo, compared with what is live."""

import copy
import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.contrib.auth.models import User

from cdp.lib import db
from journeys import drafts
from journeys.drafts import Place
from journeys.editor import drawing
from journeys.editor.drawing import Definition, Step
from journeys.messages import contents
from journeys.models import Content, ContentRevision, Journey, Sender, Version
from profiles.models import Topic

# What a new step says before anybody has said anything.
FRESH: Final[dict[str, dict[str, Any]]] = {
    "wait": {"amount": 1, "unit": "day"},
    "wait_for": {"event": "", "amount": 3, "unit": "day", "happened": [], "timed_out": []},
    "window": {"days": [0, 1, 2, 3, 4], "from": "09:00", "until": "17:00", "zone": "contact"},
    "split": {"condition": {}, "yes": [], "no": []},
    "random": {
        "branches": [{"name": "A", "weight": 50, "steps": []}, {"name": "B", "weight": 50, "steps": []}]
    },
    "email": {"purpose": "marketing"},
    "set": {"attribute": "", "value": None},
    "goto": {"step": ""},
    "exit": {},
}


# What every look at a journey begins with: where the draft stands, the version that takes people in (else the last one
# that has some), and every version there was.
STANDING: Final = ("id", "journey_id", "number", "definition", "state")  # in the order of the model
OPENED: Final = f"""
    SELECT place.*, standing.*, past.*
    FROM (SELECT array_agg(id), min(published_at) FROM journeys_version WHERE journey_id = %s) AS past (ids, begun_at)
    LEFT JOIN (
        SELECT id, journey_id, number, definition::json, state FROM journeys_version
        WHERE journey_id = %s AND state <> 'over' ORDER BY number DESC LIMIT 1
    ) AS standing ON true
    LEFT JOIN ({drafts.STANDS}) AS place (number, state, saved_at, can_undo, can_redo) ON true
"""


@dataclass(frozen=True)
class Desk:
    """A journey as its editor opens it: the draft, where it stands in its states, and the version people go through."""

    journey: Journey
    place: Place
    version: Version | None
    versions: Sequence[int] = ()  # every version there was
    begun_at: dt.datetime | None = None  # when the first of them went live

    @property
    def definition(self) -> Definition:
        """The draft."""
        state: Definition = self.place.state
        return state

    @cached_property
    def is_changed(self) -> bool:
        """Whether the draft says something else than the version that is live."""
        return self.version is not None and _meaning(self.version.definition) != _meaning(self.definition)


def open_desk(journey: Journey) -> Desk:
    """The journey with its draft, in one statement. A draft that another hand changed since is what stands."""
    (row,) = db.fetch(OPENED, [journey.pk, journey.pk, "journey", journey.pk])
    number, state, saved_at, can_undo, can_redo, *standing, versions, begun_at = row
    definition = draft(journey)
    place = Place(
        number or 0, definition, bool(can_undo), bool(can_redo), saved_at if state == definition else None
    )
    version = Version.from_db(None, STANDING, standing) if standing[0] else None
    return Desk(journey, place, version, versions or (), begun_at)


def draft(journey: Journey) -> Definition:
    """The draft alone."""
    return _named(journey.draft)


def live_version(journey: Journey) -> Version | None:
    """The version that takes people in; else the last one that has some."""
    return journey.versions.exclude(state="over").order_by("-number").first()


def save(
    journey: Journey, definition: Definition, *, by: User, now: dt.datetime, since: int | None = None
) -> Place:
    """Keep a new state of the draft. Raises drafts.Conflict where somebody else saved since state `since`."""
    before, stands = drafts.place("journey", journey.pk), _named(journey.draft)
    if before is None or before.state != stands:
        # Drawn by other means than this editor: keep that state, too, so that undo leads back to it.
        begun = since == (before.number if before else 0)
        number = drafts.keep("journey", journey.pk, stands, by=by, now=now).number
        since = number if begun else since
    place = drafts.keep("journey", journey.pk, _named(definition), by=by, now=now, since=since)
    _stand(journey, place, by=by)
    return place


def undo(journey: Journey, *, by: User) -> Place | None:
    """One state back; None where there is none."""
    place = drafts.undo("journey", journey.pk)
    if place:
        _stand(journey, place, by=by)
    return place


def redo(journey: Journey, *, by: User) -> Place | None:
    """One state forward; None where there is none."""
    place = drafts.redo("journey", journey.pk)
    if place:
        _stand(journey, place, by=by)
    return place


def _stand(journey: Journey, place: Place, *, by: User) -> None:
    journey.draft, journey.edited_by = place.state, by
    journey.save(update_fields=["draft", "edited_by", "updated_at"])


def naming(kind: str) -> str:
    """An id that no step has ever had: people may still stand on one that was deleted."""
    return f"{kind}-{secrets.token_hex(4)}"


def fresh(kind: str) -> Step:
    """A new step of a kind, with what the workspace usually says."""
    step = {"id": naming(kind), "kind": kind, **copy.deepcopy(FRESH[kind])}
    if kind == "email":
        topic = Topic.objects.filter(archived_at=None).order_by("pk").first()
        sender = Sender.objects.order_by("-is_default", "pk").first()
        step |= {"topic": topic.pk} if topic else {}
        step |= {"sender": sender.pk} if sender else {}
    return step


def new_content(name: str, *, by: User, now: dt.datetime) -> Content:
    """An empty mail under a name that is free."""
    taken = set(Content.objects.filter(name__startswith=name[:100]).values_list("name", flat=True))
    free = next(one for one in (name, *(f"{name[:100]} {n}" for n in range(2, 10_000))) if one not in taken)
    return contents.begin(free, "blank", by=by, now=now)


def _named(definition: Definition) -> Definition:
    """The drawing with contents in place of the revisions that versions and older drafts name."""
    if not definition:
        return {"trigger": {}, "settings": {}, "steps": []}
    mails = [one for one in drawing.walk(definition.get("steps") or []) if _names_a_revision(one)]
    if not mails:
        return definition
    revisions = [one["revision"] for one in mails if "content" not in one]
    asked = ContentRevision.objects.filter(pk__in=revisions).values_list("pk", "content_id")
    contents = dict(asked) if revisions else {}

    def rename(step: Step) -> Step:
        if not _names_a_revision(step):
            return step
        known = {"content": contents[step["revision"]]} if step["revision"] in contents else {}
        return known | {key: value for key, value in step.items() if key != "revision"}

    return definition | {"steps": drawing.mapped(definition["steps"], rename)}


def _names_a_revision(step: Step) -> bool:
    return step.get("kind") == "email" and isinstance(step.get("revision"), int)


def draft_of(version: Version) -> Definition:
    """A version's drawing, to go on drawing from."""
    return _named(version.definition)


def _meaning(definition: Definition) -> Definition:
    named = _named(definition)
    return {key: named.get(key) or {} for key in ("trigger", "settings", "steps")}
