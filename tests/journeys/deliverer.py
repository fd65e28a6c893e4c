"""A worker that delivers until nothing is under way any more; run as a program, so that it can be killed.

`python -m tests.journeys.deliverer` with DATABASE_URL (of the test database), TEST_MAILBOX and KINDRED_FAILPOINT.
"""

import datetime as dt
import time

import django

if __name__ == "__main__":
    django.setup()

    from journeys.messages import delivery

    def clock() -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    delivery.recover(now=clock())
    while delivery.next_due(now=clock()) is not None:
        if not delivery.deliver(now=clock, limit=100).claimed:
            time.sleep(0.1)  # what a crash interrupted is due again in a few seconds
            delivery.recover(now=clock())
