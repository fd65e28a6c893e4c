"""A sender that keeps its own log, and the auditor that recomputes the truth from that log."""

import random
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.walks.stack import Stack

DELAYS = (0.05, 0.2, 0.5, 1.0)


@dataclass
class Sender:
    """Sends people's visits from several threads until told to stop; repeats what was not answered with 200."""

    stack: Stack
    key: str
    threads: int = 3
    seed: int = 20261118
    stopping: threading.Event = field(default_factory=threading.Event)
    acknowledged: list[dict[str, Any]] = field(default_factory=list)
    repeated: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _running: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to send."""
        for number in range(self.threads):
            thread = threading.Thread(target=self._send_all, args=(number,), daemon=True)
            thread.start()
            self._running.append(thread)

    def stop(self) -> None:
        """Send no new batch; every batch that was begun is sent until it is acknowledged."""
        self.stopping.set()
        for thread in self._running:
            thread.join(120)
            assert not thread.is_alive(), "a batch was never acknowledged"

    def _send_all(self, number: int) -> None:
        chance, batches = random.Random(self.seed + number), 0
        with httpx.Client(base_url=self.stack.url, auth=(self.key, ""), timeout=10) as client:
            while not self.stopping.is_set():
                batch = list(_visit(chance, f"{number}-{batches}"))
                self._send_until_acknowledged(client, batch, chance)
                batches += 1

    def _send_until_acknowledged(
        self, client: httpx.Client, batch: list[dict[str, Any]], chance: random.Random
    ) -> None:
        while True:
            try:
                answer = client.post("/v1/batch", json={"batch": batch})
                if answer.status_code == httpx.codes.OK:
                    break
                assert answer.status_code in (429, 500, 502, 503), answer.text
            except httpx.TransportError:
                pass
            self.repeated += 1
            time.sleep(chance.choice(DELAYS))
        with self._lock:
            self.acknowledged += batch
        if chance.random() < 0.1:  # a client that lost the answer sends everything again
            with suppress(httpx.TransportError):  # once more nobody there: it does not need this answer
                client.post("/v1/batch", json={"batch": batch})


def _visit(chance: random.Random, number: str) -> list[dict[str, Any]]:
    """One person: looks around unknown, signs in, goes on as known."""
    user, device = f"user-{number}", f"device-{number}"
    calls: list[dict[str, Any]] = [
        {"type": "track", "event": "Page Viewed", "anonymousId": device} for _ in range(chance.randint(1, 4))
    ]
    calls.append({"type": "identify", "anonymousId": device, "userId": user, "traits": {"plan": "gold"}})
    calls += [
        {"type": "track", "event": chance.choice(("Page Viewed", "Product Added")), "userId": user}
        for _ in range(chance.randint(1, 4))
    ]
    for place, call in enumerate(calls):
        call["messageId"] = f"{number}:{place}"
        call.setdefault("properties", {"n": call["messageId"], "user": user})
    return calls


def audit(stack: Stack, sender: Sender) -> None:
    """Nothing acknowledged is lost, nothing is stored twice, everybody has their own history and no other's."""
    sent = {call["messageId"]: call for call in sender.acknowledged if call["type"] == "track"}
    stored = stack.rows("""
        SELECT event.properties->>'n', event.properties->>'user', event.contact_id, definition.name, event.persona_id
        FROM profiles_event event JOIN profiles_eventdefinition definition ON definition.id = event.definition_id
        WHERE event.properties ? 'n'
    """)
    times = Counter(row[0] for row in stored)
    assert not [number for number in sent if number not in times], "acknowledged and lost"
    assert not [number for number, count in times.items() if count > 1], "stored twice"
    assert set(times) == set(sent), "stored and never sent"

    owners: dict[str, set[int]] = defaultdict(set)
    truth: Counter[tuple[int, str]] = Counter()
    for _, user, contact, name, _ in stored:
        owners[user].add(contact)
        truth[contact, name] += 1
    assert all(len(contacts) == 1 for contacts in owners.values()), "one person's history in two places"
    assert len({next(iter(contacts)) for contacts in owners.values()}) == len(owners), "two people in one"
    known = {
        user for (user,) in stack.rows("SELECT value FROM profiles_identitylink WHERE namespace = 'user_id'")
    }
    assert known == set(owners)

    counted = stack.rows("""
        SELECT counter.contact_id, definition.name, sum(counter.count)
        FROM profiles_eventcount counter JOIN profiles_eventdefinition definition
          ON definition.id = counter.definition_id
        WHERE definition.name IN ('Page Viewed', 'Product Added') GROUP BY 1, 2
    """)
    assert {(contact, name): int(count) for contact, name, count in counted} == dict(truth)
    assert stack.one("SELECT count(*) FROM profiles_rejecteditem") == 0
