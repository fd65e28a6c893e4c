"""How fast the door takes events in, against a bare COPY and against the naive view: `python benchmarks/ingest.py`.

All sides write the same payloads into the same durable PostgreSQL, from as many connections, and every answer
stands for a commit. The door and the naive view are served by gunicorn as the one-command start configures it;
their load comes from a process of its own.
"""

import argparse
import itertools
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import harness
from benchmarks.harness import Measure

CONNECTIONS = 8
ITEMS = {
    1: {"door": 3_000, "naive": 1_500, "RAW": 3_000},
    100: {"door": 40_000, "naive": 3_000, "RAW": 40_000},
}

_runs = itertools.count(1)


@dataclass(frozen=True)
class Server:
    """Where the site under measurement answers, to whom, and its process."""

    url: str
    key: str
    pid: int
    database: str


def main() -> None:
    """Measure batches of 1 and of 100 and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    pairs = parser.parse_args().pairs
    with harness.start_postgres() as database:
        from benchmarks.ingest_baseline import RAW_TABLE
        from cdp.lib import db

        print("durability:", harness.durability(), f"· {CONNECTIONS} connections · {os.cpu_count()} cores")
        db.execute(RAW_TABLE)
        key = _key()
        port = _free_port()
        command = ("-m", "gunicorn", "-c", "python:cdp.runtime.web", "-b", f"127.0.0.1:{port}")
        with harness.program(*command, "benchmarks.ingest_site:application", silent=True) as web:
            server = Server(f"http://127.0.0.1:{port}", key, web.pid, database)
            harness.wait_until(partial(_answers, port), what="gunicorn")
            _empty()
            _over_http("/v1/batch", 1, 200, server)  # every worker and thread has its connection
            for items in (1, 100):
                sides = _sides(items, server)
                measured = harness.interleave(sides, pairs=pairs, before=_empty)
                harness.report(f"batches of {items}", measured, unit="events", baseline="RAW")
                harness.report(f"batches of {items}", measured, unit="events", baseline="naive")


def _sides(items: int, server: Server) -> dict[str, Callable[[], Measure]]:
    wanted = ITEMS[items]
    return {
        "RAW": partial(_raw, items, wanted["RAW"], server),
        "door": partial(_over_http, "/v1/batch", items, wanted["door"], server),
        "naive": partial(_over_http, "/naive", items, wanted["naive"], server),
    }


def _raw(items: int, events: int, server: Server) -> Measure:
    from benchmarks import ingest_baseline
    from cdp.lib import db

    run = _run()
    batches = [
        [ingest_baseline.message(run, first + number) for number in range(items)]
        for first in range(0, events, items)
    ]
    before = os.times()
    seconds, taken = ingest_baseline.raw_copy(server.database, batches, connections=CONNECTIONS)
    after = os.times()
    assert db.fetch("SELECT count(*) FROM benchmark_raw") == [(events,)], "rows are missing"
    return Measure(events, seconds, {**_latencies(taken), "load_cpu": _cpu(before, after) / seconds})


def _over_http(path: str, items: int, events: int, server: Server) -> Measure:
    from cdp.lib import db

    web_before = harness.cpu_seconds(server.pid)
    parts = {
        "url": server.url + path,
        "key": server.key,
        "run": _run(),
        "requests": events // items,
        "items": items,
        "connections": CONNECTIONS,
    }
    flags = [f"--{name}={value}" for name, value in parts.items()]
    took, _ = harness.run_child("-m", "benchmarks.ingest_load", *flags)
    web = harness.cpu_seconds(server.pid) - web_before
    stored = db.fetch(
        "SELECT count(*), count(DISTINCT message_hash), count(DISTINCT payload) FROM profiles_inboxitem"
    )
    assert stored == [(events, events, events)], f"{events} sent, stored {stored}"
    _empty()
    return Measure(
        events,
        took["seconds"],
        {
            "req/s": took["requests"] / took["seconds"],
            "p50_ms": took["p50_ms"],
            "p99_ms": took["p99_ms"],
            "load_cpu": took["cpu_seconds"] / took["seconds"],
            "web_cpu_us_per_event": web / events * 1e6,
        },
    )


def _empty() -> None:
    from cdp.lib import db

    db.execute("TRUNCATE profiles_inboxitem, profiles_rejecteditem, benchmark_raw")
    db.execute("CHECKPOINT")


def _key() -> str:
    from cdp.lib import crypto
    from profiles.models import Source, WriteKey

    key = crypto.new_key("ks")
    source = Source.objects.create(name="Benchmark", kind=Source.Kind.SERVER)
    WriteKey.objects.create(source=source, digest=crypto.hashed(key), hint=key[:8])
    return key


def _run() -> str:
    return f"r{next(_runs):05}-{os.getpid():08}"


def _latencies(taken: list[float]) -> dict[str, float]:
    return {
        "p50_ms": harness.percentile(taken, 0.5) * 1e3,
        "p99_ms": harness.percentile(taken, 0.99) * 1e3,
    }


def _cpu(before: os.times_result, after: os.times_result) -> float:
    return (after.user + after.system) - (before.user + before.system)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    main()
