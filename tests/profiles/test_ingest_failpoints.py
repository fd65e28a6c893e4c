"""A web process that is killed: what it acknowledged is there, what it did not commit is not."""

from pathlib import Path

import pytest
from django.utils import timezone

from profiles import ingest, keys
from profiles.models import InboxItem, RejectedItem, Source
from tests import victim
from tests.profiles.door import key_for

VISIT = b'{"type":"track","event":"Page Visited","userId":"ada"}'


@pytest.mark.parametrize("others", [[], [b"rubbish"]])  # in a transaction of one statement, and of several
@pytest.mark.parametrize(
    ("place", "stored", "acknowledged"),
    [("door.read", 0, False), ("door.copied", 0, False), ("door.committed", 1, False), ("nowhere", 1, True)],
)
def test_it_keeps_its_word_when_it_is_killed(
    place: str, stored: int, acknowledged: bool, others: list[bytes], real_shop: Source, tmp_path: Path
) -> None:
    keys.forget()
    key, answered = key_for(real_shop), tmp_path / "answered"

    def door() -> None:
        source = keys.source_of(key, now=timezone.now())
        assert source is not None
        ingest.accept(source=source, items=[VISIT, *others], sent_at=None, now=timezone.now())
        answered.touch()

    end = victim.ended(door, failpoint=place)

    assert end == (0 if acknowledged else victim.KILLED)
    assert answered.exists() == acknowledged
    assert InboxItem.objects.filter(source=real_shop).count() == stored
    assert RejectedItem.objects.filter(source=real_shop).count() == stored * len(others)
