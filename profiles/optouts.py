"""Opt-outs at the door: they stand in their ledger before the sender hears "yes", however long the inbox is.

Only an opt-out is noted so early: it is safe whoever says it. Whoever opts in waits for the digest.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cdp.lib import db
from profiles import choices, consent, spec
from profiles.models import Basis, Channel, ConsentState, Source

NAME: Final = choices.UNSUBSCRIBED

# The people whom these identifiers name now.
WHO: Final = """
    SELECT link.namespace, link.value, persona.id, persona.contact_id
    FROM unnest(%(namespaces)s::text[], %(values)s::text[]) AS given(namespace, value)
    JOIN profiles_identitylink link ON link.namespace = given.namespace AND link.value = given.value
    JOIN profiles_persona persona ON persona.id = link.persona_id
"""
TOPICS: Final = """
    SELECT given.name, topic.id, topic.basis
    FROM unnest(%(names)s::text[]) AS given(name)
    JOIN profiles_topic topic ON given.name IN (topic.key, topic.id::text)
"""

type Identifier = tuple[str, str]  # namespace, value


@dataclass(frozen=True, slots=True)
class OptOut:
    """One message that says "no more", and how the inbox knows it, so that the digest does not write it again."""

    message: spec.Message
    occurred_at: dt.datetime
    message_hash: bytes

    @property
    def channel(self) -> str | None:
        """Where no more is wanted: e-mail where nothing is said; None for a channel we do not have."""
        given = str(self.message.properties.get("channel") or Channel.EMAIL)
        return given if given in Channel.values else None

    @property
    def topic(self) -> str | None:
        """The topic by key or number, as it was named; None: all topics."""
        given = self.message.properties.get("topic")
        return None if given in choices.ALL_TOPICS else str(given)

    @property
    def identifiers(self) -> list[Identifier]:
        """Whom it is about, the surest name first."""
        given = [("user_id", self.message.user_id), ("anonymous_id", self.message.anonymous_id)]
        return [(namespace, value.strip()) for namespace, value in given if value]


def note(opt_outs: Sequence[OptOut], *, source: Source, now: dt.datetime) -> int:
    """Write these opt-outs to the ledger, in the caller's transaction; how many were new.

    One that names nobody we know, or a topic that does not exist, is left to the digest, which knows more.
    """
    people = _people(identifier for opt_out in opt_outs for identifier in opt_out.identifiers)
    topics = _topics({opt_out.topic for opt_out in opt_outs if opt_out.topic})
    statements = []
    for opt_out in opt_outs:
        who = next((people[name] for name in opt_out.identifiers if name in people), None)
        if who is None or opt_out.channel is None or (opt_out.topic and opt_out.topic not in topics):
            continue
        topic_id, basis = topics[opt_out.topic] if opt_out.topic else (None, Basis.CONSENT)
        statements.append(
            consent.Statement(
                contact_id=who[1],
                persona_id=who[0],
                channel=opt_out.channel,
                state=ConsentState.UNSUBSCRIBED,
                at=min(opt_out.occurred_at, now),
                topic_id=topic_id,
                basis=basis,
                source_id=source.pk,
                proof={"via": "event"},
                key=opt_out.message_hash,
            )
        )
    return consent.record(statements, now=now) if statements else 0


def _topics(names: set[str]) -> dict[str, tuple[int, str]]:
    rows = db.fetch(TOPICS, {"names": sorted(names)}) if names else []
    return {name: (topic_id, basis) for name, topic_id, basis in rows}


def _people(identifiers: Iterable[Identifier]) -> dict[Identifier, tuple[int, int]]:
    wanted = sorted(set(identifiers))
    rows = db.fetch(
        WHO, {"namespaces": [name for name, _ in wanted], "values": [value for _, value in wanted]}
    )
    return {(namespace, value): (persona, contact) for namespace, value, persona, contact in rows}
