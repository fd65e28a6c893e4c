"""How many of a set of people may be written to, and why not the others: consent's question, asked of all at once.

It gives the answers that `consent.allowed` gives for each of them, in its order of reasons; a test compares the two.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdp.lib import db
from profiles.consent import TRANSACTIONAL
from profiles.models import Topic

ADDRESS: Final[Mapping[str, str]] = {"email": "lower(contact.email)", "sms": "contact.phone"}

TALLY: Final = """
    WITH asked AS MATERIALIZED ({people}),
    said AS (
        SELECT DISTINCT ON (consent.contact_id) consent.contact_id, consent.state
        FROM profiles_consent consent JOIN asked ON asked.id = consent.contact_id
        WHERE consent.channel = %(channel)s AND (consent.topic_id = %(topic)s OR consent.topic_id IS NULL)
        ORDER BY consent.contact_id, consent.at DESC, consent.id DESC
    )
    SELECT CASE
        WHEN suppression.id IS NOT NULL THEN 'suppressed'
        WHEN %(transactional)s THEN CASE WHEN {address} = '' THEN 'no_address' ELSE '' END
        WHEN said.state = 'unsubscribed' THEN 'unsubscribed'
        WHEN %(basis)s::text IS NULL THEN 'not_subscribed'
        WHEN %(basis)s = 'consent' AND said.state = 'pending' THEN 'pending'
        WHEN %(basis)s = 'consent' AND said.state IS DISTINCT FROM 'subscribed' THEN 'not_subscribed'
        WHEN {address} = '' THEN 'no_address'
        ELSE '' END AS reason, count(*)
    FROM asked
    JOIN profiles_contact contact ON contact.id = asked.id
    LEFT JOIN said ON said.contact_id = contact.id
    LEFT JOIN profiles_suppression suppression ON suppression.channel = %(channel)s
        AND suppression.address = {address} AND {address} <> ''
        AND (suppression.until_at IS NULL OR suppression.until_at > %(now)s)
    GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """Of `total` people `allowed` may be written to; `refused` counts the others by reason, most frequent first."""

    total: int
    allowed: int
    refused: dict[str, int]


def tally(
    people: str,
    parameters: Mapping[str, Any],
    *,
    channel: str,
    topic_id: int | None,
    purpose: str,
    now: dt.datetime,
) -> Tally:
    """Ask for all the people whose `id` the statement `people` answers with, in one statement.

    `parameters` are the statement's own; the names channel, topic, basis, transactional and now are taken.
    """
    basis = Topic.objects.filter(pk=topic_id).values_list("basis", flat=True).first() if topic_id else None
    rows = db.fetch(
        TALLY.format(people=people, address=ADDRESS[channel]),
        {
            **parameters,
            "channel": channel,
            "topic": topic_id,
            "basis": basis,
            "transactional": purpose == TRANSACTIONAL,
            "now": now,
        },
    )
    counts: dict[str, int] = dict(rows)
    allowed = counts.pop("", 0)
    refused = dict(sorted(counts.items(), key=lambda one: -one[1]))
    return Tally(allowed + sum(refused.values()), allowed, refused)
