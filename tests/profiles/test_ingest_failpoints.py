"""A web process that is killed: what it acknowledged is there, what it did not commit is not."""

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection

from profiles import keys
from profiles.models import InboxItem, RejectedItem, Source
from tests.profiles.door import key_for

PROGRAM = """
import sys, django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
from django.utils import timezone
from profiles import ingest, keys
source = keys.source_of(sys.argv[2], now=timezone.now())
items = [b'{"type":"track","event":"Page Visited","userId":"ada"}', *[item.encode() for item in sys.argv[3:]]]
ingest.accept(source=source, items=items, sent_at=None, now=timezone.now())
print("acknowledged")
"""


@pytest.mark.parametrize("others", [[], ["rubbish"]])  # in a transaction of one statement, and of several
@pytest.mark.parametrize(
    ("place", "stored", "acknowledged"),
    [("door.read", 0, False), ("door.copied", 0, False), ("door.committed", 1, False), ("nowhere", 1, True)],
)
def test_it_keeps_its_word_when_it_is_killed(
    place: str, stored: int, acknowledged: bool, others: list[str], real_shop: Source
) -> None:
    keys.forget()
    command = [
        sys.executable,
        "-c",
        PROGRAM,
        str(connection.settings_dict["NAME"]),
        key_for(real_shop),
        *others,
    ]
    environment = {**os.environ, "KINDRED_FAILPOINT": place, "DJANGO_SETTINGS_MODULE": "cdp.settings"}

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == (0 if acknowledged else -signal.SIGKILL), done.stderr
    assert ("acknowledged" in done.stdout) == acknowledged
    assert InboxItem.objects.filter(source=real_shop).count() == stored
    assert RejectedItem.objects.filter(source=real_shop).count() == stored * len(others)
