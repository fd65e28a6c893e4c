"""Loading the sample shop, a little at a time: whoever is stopped half-way goes on where the row says.

Its history goes through the door and the digest in bulk, so that what the user sends meanwhile is digested first.
Each step is a transaction that also writes down how far it came.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from django.db import transaction

from cdp.demo import furnishing, past, refused, registry, stirring, story, things
from cdp.demo.models import LOADING, Demo
from cdp.demo.posting import Posted
from cdp.demo.story import Story
from cdp.lib import db, partitions
from cdp.models import DailyFigure
from journeys import attribution
from profiles import ingest, moving
from profiles import partitions as months
from profiles.models import (
    IdentityLink,
    InboxItem,
    Lane,
    Purchase,
    Record,
    RecordLink,
    RecordType,
    Source,
    Touch,
)
from segments import rebuild
from segments.models import Segment

log = structlog.get_logger(__name__)

CALLS: Final = 1_200  # through the door at once
AHEAD: Final = 3_000  # so many may wait in the inbox: the digest is never without, and nobody waits behind us
MAILS: Final = 250  # of the past, at once
CREDITS: Final = 400


@dataclass(frozen=True, slots=True)
class Went:
    """How far a step came: the new place within its stage, and whether the stage is over."""

    place: int = 0
    is_over: bool = False


def advance(*, now: dt.datetime) -> int:
    """One step further; 0 where there is nothing to do, or somebody else must go first."""
    demo = Demo.objects.filter(pk=1, phase=Demo.Phase.LOADING).first()
    if demo is None:
        return 0
    if demo.stage in OUTSIDE:
        went = OUTSIDE[demo.stage](demo, now)
        return _note(demo, went, now=now)
    with transaction.atomic():
        went = STAGES[demo.stage](demo, now)
        return _note(demo, went, now=now)


def is_wanted() -> bool:
    """Whether the shop is being loaded or removed."""
    return Demo.objects.filter(phase__in=[Demo.Phase.LOADING, Demo.Phase.REMOVING]).exists()


def _note(demo: Demo, went: Went, *, now: dt.datetime) -> int:
    """Write down how far it came, unless somebody has decided otherwise meanwhile."""
    names = [name for name, _ in LOADING]
    here = Demo.objects.filter(pk=1, phase=Demo.Phase.LOADING, stage=demo.stage, place=demo.place)
    if not went.is_over:
        here.update(place=went.place)
        return int(went.place != demo.place)
    if demo.stage == names[-1]:
        here.update(phase=Demo.Phase.READY, stage="", place=0, ready_at=now, beat_at=now)
        log.info("sample_shop_loaded", seconds=round((now - _began(demo)).total_seconds()))
        return 0
    here.update(stage=names[names.index(demo.stage) + 1], place=0)
    return 1


def _began(demo: Demo) -> dt.datetime:
    assert demo.began_at is not None, "whoever asks for the shop says when"
    return demo.began_at


def _story(demo: Demo) -> Story:
    return story.tell(seed=demo.seed, now=_began(demo), size=demo.people)


def _furnish(demo: Demo, now: dt.datetime) -> Went:
    furnishing.furnish(now=now)
    return Went(is_over=True)


def _people(demo: Demo, now: dt.datetime) -> Went:
    """The next people through the door, whole lives at a time."""
    told = _story(demo)
    if furnishing.waiting() >= AHEAD:
        return Went(demo.place)
    calls: list[bytes] = []
    place = demo.place
    while place < len(told.people) and len(calls) < CALLS:
        calls += told.told(place)
        place += 1
    send(calls, now=now)
    return Went(place, is_over=place >= len(told.people))


def send(calls: Sequence[bytes], *, now: dt.datetime, lane: Lane = Lane.BULK) -> None:
    """Through the door, as the shop's own source does it."""
    source = furnishing.source()
    source.lane = lane
    ingest.accept(source=source, items=calls, sent_at=None, now=now)


def _digested(demo: Demo, now: dt.datetime) -> Went:
    return Went(is_over=not furnishing.waiting(limit=1))


def _plans(demo: Demo, now: dt.datetime) -> Went:
    """The service plans: no event speaks of records yet, so they are written under the digest's lock."""
    plans = {one.key: one.renews_on for one in _story(demo).people if one.renews_on}
    links = IdentityLink.objects.filter(namespace="user_id", value__in=list(plans))
    with db.transaction_with_lock(db.DIGEST_LOCK):
        people = list(links.values_list("value", "persona_id", "persona__contact_id"))
        type_id = registry.number("record-type") or RecordType.objects.get(key=furnishing.PLAN).pk
        records = Record.objects.bulk_create(
            Record(
                type_id=type_id, key=f"plan-{user}", due_on=plans[user], updated_at=now,
                fields={"plan": "yearly", "renews_on": str(plans[user])},
            )
            for user, _, _ in people
        )  # fmt: skip
        RecordLink.objects.bulk_create(
            RecordLink(record=record, contact_id=contact, persona_id=persona, role="holder", since_at=now)
            for record, (_, persona, contact) in zip(records, people, strict=True)
        )
        moving.touch([(contact, Touch.What.RECORD) for _, _, contact in people], now=now)
    return Went(is_over=True)


def _partings(demo: Demo, now: dt.datetime) -> Went:
    send(_story(demo).partings(), now=now)
    return Went(is_over=True)


def _things(demo: Demo, now: dt.datetime) -> Went:
    steps = things.steps(_began(demo))
    if furnishing.waiting(limit=1):
        return Went(demo.place)
    steps[demo.place]()
    return Went(demo.place + 1, is_over=demo.place + 1 == len(steps))


def _builds(demo: Demo, now: dt.datetime) -> Went:
    """Count the segments, then make what needs them; outside any transaction, as counting asks for."""
    unbuilt = Segment.objects.filter(
        tags__contains=[registry.TAG], kind=Segment.Kind.DYNAMIC, built_at=None, archived_at=None
    )
    if segment := unbuilt.order_by("pk").first():
        rebuild.rebuild(segment, now=now)
        return Went(demo.place)
    steps = things.steps_after_counting(_began(demo))
    steps[demo.place]()
    return Went(demo.place + 1, is_over=demo.place + 1 == len(steps))


def _past(demo: Demo, now: dt.datetime) -> Went:
    posted = _story(demo).posted
    if demo.place == 0:
        partitions.ensure_months([*months.BY_ARRIVAL], past.months(posted))
    past.write(_whole(posted, demo.place), now=now)
    place = demo.place + len(_whole(posted, demo.place))
    return Went(place, is_over=place >= len(posted))


def _whole(posted: Sequence[Posted], start: int) -> Sequence[Posted]:
    """The next portion; one person's mails are never parted."""
    end = min(start + MAILS, len(posted))
    while 0 < end < len(posted) and posted[end].person == posted[end - 1].person:
        end += 1
    return posted[start:end]


def _credits(demo: Demo, now: dt.datetime) -> Went:
    """Which orders the mails of the past earned."""
    mine = Purchase.objects.filter(source__is_sample=True, pk__gt=demo.place).order_by("pk")
    numbers = list(mine.values_list("pk", flat=True)[:CREDITS])
    with db.transaction_with_lock(db.DIGEST_LOCK):
        attribution.credit(numbers, now=now)
    return Went(numbers[-1] if numbers else demo.place, is_over=len(numbers) < CREDITS)


def _today(demo: Demo, now: dt.datetime) -> Went:
    """What happens just now: Lars and his cart, and what the till sent wrong this morning."""
    refused.send(Source.objects.get(pk=registry.number("till") or 0), now=now)
    stirring.fill_cart(now=now)
    return Went(is_over=True)


def _settled(demo: Demo, now: dt.datetime) -> Went:
    """Wait for the last event to be digested, then have Home's figures counted from the beginning."""
    if InboxItem.objects.filter(lane=Lane.BULK).exists():
        return Went(demo.place)
    DailyFigure.objects.all().delete()
    furnishing.count_anew()
    return Went(is_over=True)


STAGES: Final[dict[str, Callable[[Demo, dt.datetime], Went]]] = {
    "furnish": _furnish,
    "people": _people,
    "digested": _digested,
    "plans": _plans,
    "partings": _partings,
    "things": _things,
    "past": _past,
    "credits": _credits,
    "today": _today,
    "settled": _settled,
}
OUTSIDE: Final[dict[str, Callable[[Demo, dt.datetime], Went]]] = {"builds": _builds}
