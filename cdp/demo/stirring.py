"""Making something happen: Lars fills his cart and waits for the reminder, or orders and leaves the journey."""

import datetime as dt

from django.db import transaction

from cdp.demo import cast, finding, furnishing, registry
from cdp.demo.telling import Person, raw
from journeys.flow import signals, timeline
from journeys.models import Journey, Run, Version
from profiles import ingest
from profiles.models import Lane

WAITS: dt.timedelta = dt.timedelta(hours=1)  # the journey's, before the reminder


def is_waiting() -> bool:
    """Whether Lars is in the cart journey now."""
    lars, cart = finding.person("lars"), registry.number("cart")
    return Run.objects.filter(contact=lars, journey=cart, state__in=["active", "waiting"]).exists()


def order_for_lars(*, now: dt.datetime) -> bool:
    """Lars orders what is in his cart, and leaves the journey a moment later; False where the shop is not there.

    Where he is not waiting any more he fills a new cart first.
    """
    if finding.person("lars") is None or registry.number("cart") is None:
        return False
    if not is_waiting():
        fill_cart(now=now)
    send(cast.lars_buys(now), f"lars-order-{int(now.timestamp())}", lane=Lane.LIVE, now=now)
    return True


@transaction.atomic
def fill_cart(*, now: dt.datetime) -> None:
    """Lars left a cart 50 minutes ago, and waits for his reminder, which goes out in ten.

    He came in while nobody looked, so his place in the journey is written down as the engine would have left it.
    """
    left = now - dt.timedelta(minutes=cast.LARS_MINUTES)
    send(cast.lars_at_his_cart(left), f"lars-cart-{int(now.timestamp())}", lane=Lane.BULK, now=now)
    lars = finding.person("lars")
    journey = Journey.objects.filter(pk=registry.number("cart") or 0, status=Journey.Status.LIVE).first()
    version = Version.objects.filter(journey=journey, state=Version.State.LIVE).first() if journey else None
    if lars is None or version is None or is_waiting():
        return
    run = Run.objects.create(
        journey_id=version.journey_id, version=version, contact=lars, persona_id=lars.pk, step="order",
        visit_number=1, state=Run.State.WAITING, entered_at=left, arrived_at=left, wake_at=left + WAITS,
        awaits=list(version.awaited_events), signal_seq=signals.latest(),
    )  # fmt: skip
    timeline.entered([run], now=left)
    timeline.reached([run], now=left)


def send(one: Person, name: str, *, lane: Lane, now: dt.datetime) -> None:
    """What somebody does now, through the door."""
    source = furnishing.source()
    source.lane = lane
    calls = [raw(call, f"{name}-{place}") for place, call in enumerate(one.calls)]
    ingest.accept(source=source, items=calls, sent_at=None, now=now)
