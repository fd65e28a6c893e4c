"""What the door is measured against. Frozen: a faster baseline would be another benchmark.

RAW copies the same payloads into a table without any index, over as many connections and with one commit a batch,
without HTTP and without looking at them. NAIVE is the Django view that everybody writes first.
"""

import json
import threading
import time
from collections.abc import Sequence
from hashlib import blake2b

import psycopg
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from cdp.lib import crypto
from profiles.models import InboxItem, WriteKey

RAW_TABLE = "CREATE TABLE IF NOT EXISTS benchmark_raw (payload text NOT NULL)"


def message(run: str, number: int) -> bytes:
    """One track message of about 500 bytes, as a shop's server sends it."""
    return json.dumps(
        {
            "type": "track",
            "event": "Order Completed",
            "userId": f"user-{number % 10_000:06}",
            "messageId": f"{run}-{number:010}-111122223333",
            "timestamp": "2026-11-22T01:36:12.123456+00:00",
            "context": {
                "library": {"name": "analytics-python", "version": "2.4.0"},
                "page": {"url": f"https://shop.example/products/{number % 997:04}", "referrer": "https://search.example"},
            },
            "properties": {
                "order_id": f"A-{number:010}",
                "total": 59.9,
                "currency": "EUR",
                "products": [{"sku": f"S-{number % 313:04}", "name": "Shirt", "price": 19.95, "quantity": 3}],
            },
        }
    ).encode()  # fmt: skip


def body(run: str, first: int, items: int) -> bytes:
    """A batch of messages with consecutive numbers."""
    return b'{"batch":[' + b",".join(message(run, first + number) for number in range(items)) + b"]}"


def raw_copy(url: str, batches: Sequence[Sequence[bytes]], *, connections: int) -> tuple[float, list[float]]:
    """COPY each batch and commit it; seconds in all, and those of each batch."""
    taken: list[float] = []
    start = threading.Barrier(connections + 1)

    def work(mine: Sequence[Sequence[bytes]]) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            start.wait()
            for batch in mine:
                began = time.perf_counter()
                with connection.cursor().copy("COPY benchmark_raw (payload) FROM STDIN") as out:
                    out.write(b"".join(item.replace(b"\\", b"\\\\") + b"\n" for item in batch))
                taken.append(time.perf_counter() - began)

    threads = [
        threading.Thread(target=work, args=[batches[number::connections]]) for number in range(connections)
    ]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began, taken


@csrf_exempt
def naive(request: HttpRequest) -> HttpResponse:
    """One INSERT an event through the ORM, each committed by itself."""
    key = WriteKey.objects.select_related("source").get(digest=crypto.hashed(request.headers["X-Key"]))
    now = timezone.now()
    for item in json.loads(request.body)["batch"]:
        InboxItem.objects.create(
            lane=key.source.lane,
            source=key.source,
            message_hash=blake2b(item["messageId"].encode(), digest_size=16).digest(),
            occurred_at=item["timestamp"],
            received_at=now,
            payload=json.dumps(item),
        )
    return JsonResponse({"success": True})
