"""`manage.py load_cdnow FILE`: send the public CDNOW purchase history over HTTP into the product."""

import itertools
import time
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cdp import cdnow
from profiles import keys
from profiles.models import Lane, Settings, Source

BATCH = 500
AT_ONCE = 2
TRIES = 60  # a server that restarts is away for seconds


class Command(BaseCommand):
    """Send CDNOW's customers and purchases, shifted to end today, through the event API."""

    help = __doc__ or ""
    requires_system_checks = []  # they load every route; it asks a running product

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE, and where to send it."""
        parser.add_argument("file", type=Path, help="CDNOW_master.txt, also as .gz or .xz")
        parser.add_argument("--url", default=settings.PUBLIC_URL, help="where Kindred answers")
        parser.add_argument("--key", help="a write key; without one, the source 'CDNOW' gets a new key")
        parser.add_argument("--customers", type=int, help="only the first N customers of the file")

    def handle(self, *_: Any, **options: Any) -> None:
        """Read, send, and say how much was sent."""
        try:
            purchases = cdnow.read(options["file"], until=timezone.now().date())
        except (OSError, cdnow.NotCdnow) as error:
            raise CommandError(str(error)) from error
        if options["customers"]:
            wanted = set(sorted({purchase.customer for purchase in purchases})[: options["customers"]])
            purchases = [purchase for purchase in purchases if purchase.customer in wanted]
        started = time.monotonic()
        sent = _send(purchases, url=options["url"], key=options["key"] or _new_key())
        seconds = time.monotonic() - started
        people = len({purchase.customer for purchase in purchases})
        self.stdout.write(
            f"Sent {people} customers and {len(purchases)} purchases ({sent} calls) in {seconds:.1f} s."
        )


def _new_key() -> str:
    source, _ = Source.objects.get_or_create(
        name="CDNOW", defaults={"kind": Source.Kind.SERVER, "lane": Lane.BULK}
    )
    return keys.issue(source)


def _send(purchases: list[cdnow.Bought], *, url: str, key: str) -> int:
    calls = list(cdnow.messages(purchases, currency=Settings.objects.get().currency))
    with (
        httpx.Client(base_url=url, auth=(key, ""), timeout=30) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        for _ in pool.map(lambda batch: _post(client, list(batch)), itertools.batched(calls, BATCH)):
            pass
    return len(calls)


def _post(client: httpx.Client, batch: list[dict[str, Any]]) -> None:
    """Send one batch until it is accepted: message ids make repeating harmless."""
    body = msgspec.json.encode({"batch": batch})
    for attempt in range(TRIES):
        try:
            answer = client.post("/v1/batch", content=body, headers={"Content-Type": "application/json"})
        except httpx.TransportError:
            time.sleep(min(5, 0.2 * 2**attempt))
            continue
        if answer.status_code == httpx.codes.OK:
            return
        if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR and answer.status_code != 429:
            raise CommandError(f"{client.base_url} answered {answer.status_code}: {answer.text[:300]}")
        time.sleep(min(5, 0.2 * 2**attempt))
    raise CommandError(f"{client.base_url} did not accept a batch in {TRIES} tries.")
