"""How fast pages and fragments are on 25,000 contacts, beside a bare Django list: `python benchmarks/pages.py`.

One client asks gunicorn, started as the one-command start configures it, for one thing after another over a kept
connection: what is measured is how long somebody waits for an answer, not how many the server could give. Each
request for a page is followed by one for the bare list (`pages_baseline.py`), so that both meet the same machine.
Every request looks at another person or word. What the product keeps for a minute is warm, except in "first".

With `--database` (an address) the shop is kept there: the second run finds it and asks at once. That server is taken
as it is, durable or not, and says so.
"""

import argparse
import datetime as dt
import functools
import gzip
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import harness
from benchmarks.ingest import _answers, _free_port

if TYPE_CHECKING:
    from benchmarks.pages_list import Visit
    from benchmarks.pages_seed import Shop

PAGE_TIMES: Final = 2.0  # a page may take as many times as long as the bare list
FRAGMENT_MS: Final = 30.0  # 95 of 100 answers
SCRIPTS: Final = 60_000  # bytes
KEPT: Final = "shop-of-the-benchmark-of-pages"  # the session that keeps the shop
YEAR: Final = dt.timedelta(days=366)
TOKEN: Final = "b" * 32  # the CSRF secret of our session


@dataclass(slots=True)
class Taken:
    """What one thing took: the first answer, then the rounds, each a list of milliseconds."""

    visit: "Visit"
    first: float = 0.0
    scripts: int = 0  # bytes of JavaScript that the page loads at once, compressed
    has_charts: bool = False
    rounds: list[list[float]] = field(default_factory=list)
    bare: list[list[float]] = field(default_factory=list)

    @property
    def p95(self) -> list[float]:
        """Of each round."""
        return [harness.percentile(one, 0.95) for one in self.rounds]

    @property
    def median(self) -> list[float]:
        """Of each round."""
        return [statistics.median(one) for one in self.rounds]

    @property
    def ratio(self) -> list[float]:
        """Of each round: the median beside that of the bare list asked for in between."""
        return [
            statistics.median(ours) / statistics.median(bare)
            for ours, bare in zip(self.rounds, self.bare, strict=False)
        ]

    @property
    def passes(self) -> bool:
        """Whether it is as quick as promised: by the median of the rounds."""
        if self.visit.is_fragment:
            return statistics.median(self.p95) <= FRAGMENT_MS
        return statistics.median(self.ratio) <= PAGE_TIMES


class Reader:
    """Ada's browser: one connection, one session."""

    def __init__(self, port: int, session: str) -> None:
        self.link = HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Cookie": f"sessionid={session}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}

    def ask(self, path: str, visit: "Visit | None" = None, number: int = 0) -> tuple[float, int, bytes]:
        """The milliseconds until the answer was there, its status and its body; of which request of a visit."""
        headers = dict(self.headers)
        if visit and visit.is_fragment:
            headers["HX-Request"] = "true"
        body = None
        if visit and (posted := visit.posts(number)):
            body = urlencode(posted)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        self.link.request("POST" if body else "GET", path, body, headers)
        answer = self.link.getresponse()
        said = answer.read()
        return (time.perf_counter() - started) * 1e3, answer.status, said


def main() -> None:
    """Seed, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=25_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=40, help="of each page and fragment, each round")
    parser.add_argument("--only", default="", help="names that contain one of these, parted by commas")
    parser.add_argument("--database", default="", help="an address, to keep the shop for the next run")
    said = parser.parse_args()
    with database(said.database), mail_server() as mailbox:
        from django.conf import settings

        from benchmarks.pages_list import FRAGMENTS, PAGES

        settings.TEST_MAILBOX = mailbox
        print("durability:", "not asked" if said.database else harness.durability())
        shop, session = kept(said.people) if said.database else seed(said.people)
        words = said.only.lower().split(",")
        wanted = [one for one in (*PAGES, *FRAGMENTS) if any(word in one.name.lower() for word in words)]
        port = _free_port()
        command = ("-m", "gunicorn", "-c", "python:cdp.runtime.web", "-b", f"127.0.0.1:{port}")
        with harness.program(*command, "benchmarks.pages_site:application", silent=True) as web:
            harness.wait_until(functools.partial(_answers, port), timeout=120, what="gunicorn")
            reader = Reader(port, session)
            before = harness.cpu_seconds(web.pid)
            took = [first(reader, shop, one) for one in wanted]
            for number in range(said.rounds):
                print(f"  round {number + 1}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
                for one in took if number % 2 == 0 else reversed(took):
                    measure(reader, shop, one, said.requests, number)
            print(f"web server: {harness.cpu_seconds(web.pid) - before:.0f} s of CPU")
        report(took)


@contextmanager
def database(url: str) -> Iterator[str]:
    """A PostgreSQL of our own that ends with us, or the database at this address."""
    if url:
        harness.prepare_django(url)
        yield url
    else:
        with harness.start_postgres() as own:
            yield own


def kept(people: int) -> "tuple[Shop, str]":
    """The shop that an earlier run left in this database, or a new one; and the key of a session of Ada's."""
    from django.contrib.auth.models import User
    from django.contrib.sessions.models import Session
    from django.test import Client
    from django.utils import timezone

    from benchmarks.pages_seed import Shop, count_in_background

    found = Session.objects.filter(pk=KEPT).first()
    if found is None:
        shop, session = seed(people)
        Session.objects.save(KEPT, asdict(shop), timezone.now() + YEAR)
        return shop, session
    count_in_background(now=timezone.now())
    client = Client()
    client.force_login(User.objects.get(username="ada"))
    return Shop(**found.get_decoded()), client.cookies["sessionid"].value


@contextmanager
def mail_server() -> Iterator[str]:
    """A server that takes the mails of the seed; its address."""
    sink = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("mail_sink.py"))], stdout=subprocess.PIPE, text=True
    )
    try:
        assert sink.stdout is not None
        yield f"127.0.0.1:{int(sink.stdout.readline())}"
    finally:
        sink.terminate()
        sink.wait()


def seed(people: int) -> "tuple[Shop, str]":
    """The shop with its past, and the key of a session of Ada's."""
    from django.test import Client

    from benchmarks import pages_seed
    from cdp.lib import db

    started, now = time.monotonic(), dt.datetime.now(dt.UTC)
    ada = pages_seed.open_shop(people, now=now)
    shop = pages_seed.put_to_work(ada, now=now)
    db.execute("VACUUM ANALYZE")
    db.execute("CHECKPOINT")
    counted = db.fetch(
        "SELECT (SELECT count(*) FROM profiles_contact WHERE known_since_at IS NOT NULL),"
        " (SELECT count(*) FROM profiles_event), (SELECT count(*) FROM profiles_purchase),"
        " (SELECT count(*) FROM segments_membership), (SELECT count(*) FROM journeys_run),"
        " (SELECT count(*) FROM journeys_message)"
    )
    names = ("known people", "events", "orders", "memberships", "people in journeys", "messages")
    told = " · ".join(f"{number:,} {name}" for number, name in zip(counted[0], names, strict=True))
    print(f"seeded in {time.monotonic() - started:.0f} s: {told}")
    client = Client()
    client.force_login(ada)
    return shop, client.cookies["sessionid"].value


def first(reader: Reader, shop: "Shop", visit: "Visit") -> Taken:
    """The first answer, and whether it is the right one."""
    took, status, body = reader.ask(visit.address(shop, 0), visit)
    assert status == visit.status, f"{visit.name}: {status}"
    assert visit.says in body.decode(), f"{visit.name} does not say {visit.says!r}"
    said = body.decode()
    names = re.findall(r'<script[^>]* src="/static/([^"?]+)', said)
    return Taken(visit, took, sum(_weight(name) for name in names), "data-plotly" in said)


@functools.cache
def _weight(name: str) -> int:
    from django.contrib.staticfiles import finders

    path = finders.find(name)
    assert path is not None, name
    return len(gzip.compress(Path(path).read_bytes(), 6))


def measure(reader: Reader, shop: "Shop", taken: Taken, requests: int, number: int) -> None:
    """One round: pages beside the bare list, fragments by themselves."""
    ours, bare = [], []
    for step in range(number * requests + 1, (number + 1) * requests + 1):
        took, status, _ = reader.ask(taken.visit.address(shop, step), taken.visit, step)
        assert status == taken.visit.status, f"{taken.visit.name}: {status}"
        ours.append(took)
        if not taken.visit.is_fragment:
            took, status, _ = reader.ask("/bare/")
            assert status == 200
            bare.append(took)
    taken.rounds.append(ours)
    if bare:
        taken.bare.append(bare)


def report(took: Sequence[Taken]) -> None:
    """The tables, and what does not pass."""
    pages = [one for one in took if not one.visit.is_fragment]
    fragments = [one for one in took if one.visit.is_fragment]
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; milliseconds")
    if pages:
        bare = [statistics.median(one) for taken in pages for one in taken.bare]
        print(f"\nthe bare list: median {harness.spread(bare, 1)}")
        print(f"\npages: median, 95 of 100, times the bare list (at most {PAGE_TIMES})")
    for one in pages:
        print(
            f"  {_mark(one)} {one.visit.name:<34} {harness.spread(one.median, 1):<22} "
            f"{harness.spread(one.p95, 1):<24} x{harness.spread(one.ratio, 2):<18} first {one.first:.0f}"
        )
    print(f"\nJavaScript of a page, compressed (at most {SCRIPTS // 1000} kB; charts load plotly besides)")
    for one in sorted(pages, key=lambda page: -page.scripts)[:10]:
        heavy = "!" if one.scripts > SCRIPTS else " "
        print(
            f"  {heavy} {one.visit.name:<34} {one.scripts / 1000:.1f} kB{' · charts' if one.has_charts else ''}"
        )
    if fragments:
        print(f"\nfragments: median, 95 of 100 (at most {FRAGMENT_MS})")
    for one in fragments:
        print(
            f"  {_mark(one)} {one.visit.name:<40} {harness.spread(one.median, 1):<22} "
            f"{harness.spread(one.p95, 1):<24} first {one.first:.0f}"
        )
    for name, group in (("pages", pages), ("fragments", fragments)):
        slow = [one.visit.name for one in group if not one.passes]
        print(
            f"\n{len(group) - len(slow)} of {len(group)} {name} pass"
            + (f"; not: {', '.join(slow)}" if slow else "")
        )


def _mark(taken: Taken) -> str:
    return " " if taken.passes else "!"


if __name__ == "__main__":
    main()
