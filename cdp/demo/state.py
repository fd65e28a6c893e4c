"""Where the sample shop stands: absent, being loaded, there, or being removed. One row says it."""

import datetime as dt

from django.db import transaction

from cdp.demo.models import LOADING, Demo
from profiles.models import Contact


def read() -> Demo:
    """The row; a fresh one, not saved, where nobody ever asked for the shop."""
    return Demo.objects.filter(pk=1).first() or Demo()


def begin(*, now: dt.datetime, seed: int = 1, people: int = 2000) -> bool:
    """Ask for it: it is loaded from now on, as if today were always `now`. False where it is there or on its way."""
    with transaction.atomic():
        Demo.objects.get_or_create(pk=1)
        demo = Demo.objects.select_for_update().get(pk=1)
        if demo.phase != Demo.Phase.ABSENT:
            return False
        demo.phase, demo.stage, demo.place = Demo.Phase.LOADING, LOADING[0][0], 0
        demo.seed, demo.people, demo.began_at = seed, people, now.replace(microsecond=0)
        demo.ready_at = demo.beat_at = None
        demo.problem = ""
        demo.save()
    return True


def begin_on_a_new_installation(*, now: dt.datetime) -> bool:
    """Ask for it where nobody decided about it yet and nobody is known."""
    if Demo.objects.exists() or Contact.objects.exists():
        return False
    return begin(now=now)
