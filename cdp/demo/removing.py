"""Removing the sample shop, a little at a time: its people with all that hangs on them, then its things.

People go in small portions under the digest's lock, so that nobody waits long. Whoever is stopped half-way goes on:
what is gone is gone, and the rest is found again.
"""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from django.contrib.auth.models import User
from django.db import transaction

from cdp.demo import dropping, furnishing, keeping, registry
from cdp.demo.furnishing import RULE, currency_at
from cdp.demo.models import Demo, SampleThing
from cdp.lib import db
from cdp.models import DailyFigure
from journeys.models import Journey, Version
from profiles.models import (
    Contact,
    ExchangeRate,
    IdentifierRule,
    IdentityLink,
    Product,
    Purchase,
    PurchaseItem,
    Record,
    RecordType,
    Source,
)
from segments.models import Flip, Leaf, Segment

log = structlog.get_logger(__name__)

WITHIN: Final = 0.1  # seconds that a portion may hold the lock, aimed at
FEWEST, MOST = 5, 50
STAGES: Final = ("quiet", "people", "things", "rest")

# Contacts of the shop, the merged ones with those they are part of; nobody who is part of somebody real, or the
# other way round.
PEOPLE: Final = """
    SELECT contact.id FROM profiles_contact contact
    WHERE contact.is_sample AND contact.merged_into_id IS NULL AND NOT EXISTS (
        SELECT FROM profiles_contact part WHERE part.merged_into_id = contact.id AND NOT part.is_sample
    )
    ORDER BY contact.id LIMIT %s
"""


class _Pace:
    """How many people a portion has; a process learns it anew."""

    people = 25


def begin(*, by: User | None, now: dt.datetime) -> bool:
    """Ask for it; False where the shop is not there."""
    with transaction.atomic():
        demo = Demo.objects.select_for_update().filter(pk=1).first()
        if demo is None or demo.phase not in (Demo.Phase.READY, Demo.Phase.LOADING):
            return False
        demo.phase, demo.stage, demo.place = Demo.Phase.REMOVING, STAGES[0], 0
        demo.people = Contact.objects.filter(is_sample=True).count()
        demo.save()
    log.info("sample_shop_removal_began", by=by.pk if by else None)
    return True


def advance(*, now: dt.datetime) -> int:
    """One step further; 0 where there is nothing to do."""
    demo = Demo.objects.filter(pk=1, phase=Demo.Phase.REMOVING).first()
    if demo is None:
        return 0
    is_over = _STEPS[demo.stage](now)
    if not is_over:
        return 1
    following = STAGES[STAGES.index(demo.stage) + 1 :]
    here = Demo.objects.filter(pk=1, phase=Demo.Phase.REMOVING)
    if following:
        here.update(stage=following[0])
        return 1
    here.update(phase=Demo.Phase.ABSENT, stage="", place=0, ready_at=None, beat_at=None)
    log.info("sample_shop_removed")
    return 0


def left() -> int:
    """How many of its people are still there."""
    return Contact.objects.filter(is_sample=True).count()


def _quiet(now: dt.datetime) -> bool:
    """Nothing more arrives, and its journeys take nobody in and send nothing."""
    with db.transaction_with_lock(db.DIGEST_LOCK):
        db.execute(
            "DELETE FROM profiles_inboxitem WHERE source_id IN (SELECT id FROM profiles_source WHERE is_sample)"
        )
        staying = keeping.kept()
        journeys = SampleThing.objects.filter(kind=Journey._meta.label_lower).exclude(key__in=staying)
        numbers = list(journeys.values_list("thing_id", flat=True))
        Version.objects.filter(journey__in=numbers).update(state=Version.State.OVER)
        Journey.objects.filter(pk__in=numbers).exclude(status=Journey.Status.DRAFT).update(
            status=Journey.Status.COMPLETED
        )
    return True


def _people(now: dt.datetime) -> bool:
    """The next portion of its people, with everything that is theirs."""
    started = time.perf_counter()
    with db.transaction_with_lock(db.DIGEST_LOCK):
        roots = [row[0] for row in db.fetch(PEOPLE, [_Pace.people])]
        dropping.people(roots)
    spent = time.perf_counter() - started
    fitting = int(_Pace.people * WITHIN / max(spent, 0.001))
    _Pace.people = max(FEWEST, min(MOST, fitting, _Pace.people * 2))
    return not roots


def _things(now: dt.datetime) -> bool:
    """Everything with a name that nobody changed and nobody uses; the rest becomes the user's."""
    staying = keeping.kept()
    for model in keeping.NAMED:
        mine = SampleThing.objects.filter(kind=model._meta.label_lower)
        with transaction.atomic():
            for row in mine.filter(key__in=staying):
                _hand_over(row)
            gone = list(mine.exclude(key__in=staying).values_list("thing_id", flat=True))
            dropping.named(model, gone)
            mine.delete()
    return True


def _hand_over(row: SampleThing) -> None:
    """It is a thing like any other from now on; a journey of ours with real people goes to the archive."""
    thing = registry.model(row.kind)._default_manager.filter(pk=row.thing_id).first()
    if not isinstance(thing, Journey | Segment) and not hasattr(thing, "tags"):
        return
    thing.tags = [tag for tag in thing.tags if tag != registry.TAG]  # type: ignore[union-attr]
    thing.save(update_fields=["tags"])  # type: ignore[union-attr]


def _rest(now: dt.datetime) -> bool:
    """The catalogue, the sources, the rates: as far as nothing of the user's hangs on them."""
    _catalogue()
    _forget_conditions()
    for row in SampleThing.objects.filter(kind="profiles.exchangerate"):
        currency = currency_at(row.thing_id)
        if not Purchase.objects.filter(currency=currency).exists():
            ExchangeRate.objects.filter(currency=currency).delete()
    for source in Source.objects.filter(is_sample=True):
        dropping.source(source, now=now)
    if not IdentityLink.objects.filter(namespace=RULE).exists():
        IdentifierRule.objects.filter(namespace=RULE).delete()
    SampleThing.objects.all().delete()
    DailyFigure.objects.all().delete()
    furnishing.count_anew()
    return True


def _forget_conditions() -> None:
    """Conditions that no segment asks any more."""
    with db.transaction_with_lock(db.DIGEST_LOCK):
        unused = Leaf.objects.filter(segments__isnull=True)
        Flip.objects.filter(leaf__in=unused).delete()
        unused.delete()


def _catalogue() -> None:
    staying = keeping.kept()
    rows = SampleThing.objects.exclude(key__in=staying)
    products = list(rows.filter(kind=Product._meta.label_lower).values_list("thing_id", flat=True))
    sold = set(PurchaseItem.objects.filter(product__in=products).values_list("product_id", flat=True))
    Product.objects.filter(pk__in=set(products) - sold).delete()
    Record.objects.filter(links__isnull=True, key__startswith="plan-noord-").delete()
    types = rows.filter(kind=RecordType._meta.label_lower).values_list("thing_id", flat=True)
    RecordType.objects.filter(pk__in=list(types), record__isnull=True).delete()


_STEPS: Final[dict[str, Callable[[dt.datetime], bool]]] = {
    "quiet": _quiet,
    "people": _people,
    "things": _things,
    "rest": _rest,
}

__all__: Sequence[str] = ["advance", "begin", "left"]
