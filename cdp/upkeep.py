"""Upkeep: what must be done now and then, so that tomorrow finds its place and yesterday does not fill the disk."""

import datetime as dt

from cdp import heartbeat
from cdp.lib import partitions
from cdp.lib.db import DIGEST_LOCK, transaction_with_lock
from cdp.webhooks import endpoints
from profiles import identity
from profiles import partitions as months
from profiles.models import Merge

MERGED_ROWS_AT_ONCE = 5_000  # about 0.1 s of the digest lock


def run(*, now: dt.datetime) -> None:
    """One round. Safe to run at any time, twice, or not for weeks."""
    from profiles.rest import repeats  # with the kit of the partner API: workers start without it

    months.ensure([], now=now)
    partitions.drop_before(months.WEEKLY, (now - dt.timedelta(days=months.SEEN_DAYS)).date())
    heartbeat.forget(before=now - dt.timedelta(days=1))
    repeats.forget(before=now - repeats.KEPT)
    endpoints.forget(before=now - endpoints.KEPT)


def move_merged_rows(*, now: dt.datetime) -> int:
    """Go on re-pointing the rows of merges that were too big for one batch; how many rows moved."""
    if not Merge.objects.filter(rows_moved_at__isnull=True, undone_at__isnull=True).exists():
        return 0
    with transaction_with_lock(DIGEST_LOCK):
        return identity.move_rows(limit=MERGED_ROWS_AT_ONCE, now=now)
