"""`manage.py create_source` makes a source and shows its key once."""

import io
from datetime import datetime

import pytest
from django.core.management import CommandError, call_command

from cdp.lib import crypto
from profiles import keys
from profiles.models import Lane, Party, Source, WriteKey

pytestmark = pytest.mark.django_db


def create(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_source", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def test_it_prints_a_key_that_opens_the_door(now: datetime) -> None:
    key = create("Webshop", "--kind", "server")

    source = keys.source_of(key, now=now)
    assert (source.name, source.kind, source.lane, source.party) == (
        "Webshop",
        "server",
        Lane.LIVE,
        Party.FIRST,
    )


def test_it_keeps_the_key_as_a_hash_only() -> None:
    key = create("Webshop", "--kind", "browser")

    row = WriteKey.objects.values().get()
    assert bytes(row["digest"]) == crypto.hashed(key)
    assert not [value for value in row.values() if isinstance(value, str) and len(value) > 8 and value in key]


def test_it_takes_lane_and_party() -> None:
    create("Partner", "--kind", "server", "--lane", "bulk", "--party", "third")

    assert Source.objects.filter(name="Partner", lane=Lane.BULK, party=Party.THIRD).exists()


def test_it_refuses_a_name_twice() -> None:
    create("Webshop", "--kind", "server")

    with pytest.raises(CommandError, match="already"):
        create("Webshop", "--kind", "server")
