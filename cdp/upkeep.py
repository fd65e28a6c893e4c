"""Upkeep: what must be done now and then, so that tomorrow finds its place and the disk does not fill."""

import datetime as dt

from cdp.lib import partitions
from cdp.lib.db import DIGEST_LOCK, transaction_with_lock
from cdp.models import TestMail
from profiles import identity
from profiles import partitions as months
from profiles.models import Merge

KEPT_MAILS = 10_000
MERGED_ROWS_AT_ONCE = 5_000  # about 0.1 s of the digest lock


def run(*, now: dt.datetime) -> None:
    """One round. Safe to run at any time, twice, or not for weeks."""
    months.ensure([], now=now)
    partitions.drop_before(months.WEEKLY, (now - dt.timedelta(days=months.SEEN_DAYS)).date())
    _forget_old_mails()


def move_merged_rows(*, now: dt.datetime) -> int:
    """Go on re-pointing the rows of merges that were too big for one batch; how many rows moved."""
    if not Merge.objects.filter(rows_moved_at__isnull=True, undone_at__isnull=True).exists():
        return 0
    with transaction_with_lock(DIGEST_LOCK):
        return identity.move_rows(limit=MERGED_ROWS_AT_ONCE, now=now)


def _forget_old_mails() -> None:
    newest = TestMail.objects.order_by("-id").values_list("id", flat=True)[KEPT_MAILS : KEPT_MAILS + 1]
    if newest:
        TestMail.objects.filter(id__lte=newest[0]).delete()
