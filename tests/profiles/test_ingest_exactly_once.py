"""The twin of `benchmarks/ingest.py`: many connections at once, and every message is in the inbox exactly once."""

import json
import subprocess
import sys

import pytest
from pytest_django.live_server_helper import LiveServer

from benchmarks import ingest_baseline
from profiles import keys
from profiles.models import InboxItem, RejectedItem, Source
from tests.profiles.door import key_for


@pytest.mark.parametrize(("requests", "items"), [(60, 1), (40, 25)])
def test_it_has_every_message_exactly_once(
    requests: int, items: int, real_shop: Source, server: LiveServer
) -> None:
    keys.forget()
    arguments = {
        "url": f"{server.url}/v1/batch",
        "key": key_for(real_shop),
        "run": "twin",
        "requests": requests,
        "items": items,
        "connections": 6,
    }
    flags = [f"--{name}={value}" for name, value in arguments.items()]

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ingest_load", *flags], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["requests"] == requests
    sent = sorted(ingest_baseline.message("twin", number).decode() for number in range(requests * items))
    arrived = InboxItem.objects.filter(source=real_shop)
    assert sorted(arrived.values_list("payload", flat=True)) == sent
    assert arrived.values("message_hash").distinct().count() == len(sent)
    assert not RejectedItem.objects.filter(source=real_shop).exists()
