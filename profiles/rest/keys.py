"""Keys of the partner API: made, asked for, revoked. A key is shown once; afterwards only its hash is known."""

import datetime as dt
import hmac
from collections.abc import Iterable
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from cdp.lib import crypto
from profiles.models import ApiKey, Source

BEGINS: Final = "kc_"
SHOWN: Final = len(BEGINS) + 8
LONGEST: Final = 100
USED_EVERY: Final = dt.timedelta(minutes=1)  # how exact "last used" is
NOBODY: Final = bytes(32)


def issue(
    *, name: str, scopes: Iterable[str], expires_at: dt.datetime | None, by: User | None
) -> tuple[ApiKey, str]:
    """Make a key and the source that it writes as. The secret is returned this once."""
    secret = crypto.new_key(BEGINS.rstrip("_"))
    with transaction.atomic():
        key = ApiKey(
            name=name,
            prefix=secret[:SHOWN],
            digest=crypto.hashed(secret),
            scopes=sorted(set(scopes)),
            source=_source(name),
            made_by=by,
            expires_at=expires_at,
        )
        key.save()
    return key, secret


def _source(name: str) -> Source:
    """A source of the key's name; one more where another key or source has it."""
    taken = set(Source.objects.filter(name__startswith=name).values_list("name", flat=True))
    names = (name, *(f"{name} {number}" for number in range(2, 1000)))
    free = next(one for one in names if one not in taken)
    return Source.objects.create(name=free, kind=Source.Kind.PARTNER)


def find(secret: str, *, now: dt.datetime) -> ApiKey | None:
    """The key with this secret, if it opens anything."""
    # Found by what is no secret; the secret's hash is compared in the same time, wherever it differs.
    shown = secret[:SHOWN] if secret.startswith(BEGINS) and len(secret) <= LONGEST else ""
    key = ApiKey.objects.select_related("source").filter(prefix=shown).first()
    if not hmac.compare_digest(crypto.hashed(secret), bytes(key.digest) if key else NOBODY):
        return None
    return key if key and key.is_open(now=now) else None


def note_use(key: ApiKey, *, now: dt.datetime) -> None:
    """Write down that it is used, once a minute at most."""
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def revoke(key: ApiKey, *, now: dt.datetime) -> None:
    """Let it open nothing from now on."""
    if key.revoked_at is None:
        key.revoked_at = now
        key.save(update_fields=["revoked_at"])
