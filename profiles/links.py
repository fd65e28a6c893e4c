"""What the database knows of identifiers, read for a batch; and what the batch found out, written down.

Whoever calls holds the digest lock.
"""

import datetime as dt
from collections.abc import Collection, Sequence

from cdp.lib import db
from profiles.identifiers import Identifier, Rules
from profiles.resolution import Known, Link, Person


def load(named: Sequence[Sequence[Identifier]], *, personas: Collection[int], rules: Rules) -> Known:
    """What is known of the messages' identifiers (a list a message) and of these personas."""
    known = Known(rules)
    wanted = {identifier for identifiers in named for identifier in identifiers}
    if wanted:
        _load_links(known, wanted)
    if personas:
        _load_personas(known, personas)
    at_stake = _at_stake(known, named)
    if at_stake:
        _load_people(known, at_stake)
        _load_separations(known, at_stake)
    return known


def _load_links(known: Known, wanted: Collection[Identifier]) -> None:
    rows = db.fetch(
        """
        SELECT link.namespace, link.value, link.persona_id, link.created_at, persona.contact_id
        FROM unnest(%s::text[], %s::text[]) AS wanted(namespace, value)
        JOIN profiles_identitylink link USING (namespace, value)
        JOIN profiles_persona persona ON persona.id = link.persona_id
        """,
        [[identifier.namespace for identifier in wanted], [identifier.value for identifier in wanted]],
    )
    for namespace, value, persona, since, contact in rows:
        known.links[Identifier(namespace, value)] = Link(persona, since)
        known.contact_of[persona] = contact


def _load_personas(known: Known, personas: Collection[int]) -> None:
    rows = db.fetch("SELECT id, contact_id FROM profiles_persona WHERE id = ANY(%s)", [list(personas)])
    known.contact_of.update(dict(rows))


def _at_stake(known: Known, named: Sequence[Sequence[Identifier]]) -> set[int]:
    """The contacts that may change: those named together with something that is not theirs yet."""
    stakes: set[int] = set()
    for identifiers in named:
        links = [known.links.get(identifier) for identifier in identifiers]
        contacts = {known.contact_of[link.persona] for link in links if link}
        if len(contacts) > 1 or None in links:
            stakes |= contacts
    for contact in known.contact_of.values():
        if contact not in stakes:
            known.people[contact] = Person(contact)
    return stakes


def _load_people(known: Known, contacts: Collection[int]) -> None:
    rows = db.fetch(
        """
        SELECT contact.id, contact.known_since_at, persona.id, link.namespace, link.value, link.created_at
        FROM profiles_contact contact
        JOIN profiles_persona persona ON persona.contact_id = contact.id
        LEFT JOIN profiles_identitylink link ON link.persona_id = persona.id
        WHERE contact.id = ANY(%s)
        """,
        [list(contacts)],
    )
    for contact, known_since, persona, namespace, value, since in rows:
        person = known.people.setdefault(contact, Person(contact, known_since))
        person.personas.add(persona)
        known.contact_of[persona] = contact
        if namespace is not None:
            person.values[namespace][value] = since


def _load_separations(known: Known, contacts: Collection[int]) -> None:
    """Who was separated by hand stays apart, or the next page view would undo the undo."""
    rows = db.fetch(
        """
        SELECT merge.survivor_id, merge.absorbed_id
        FROM profiles_persona persona
        JOIN profiles_merge merge ON persona.id IN (merge.survivor_id, merge.absorbed_id)
        WHERE persona.contact_id = ANY(%s) AND merge.undone_at IS NOT NULL
        """,
        [list(contacts)],
    )
    known.apart = {frozenset(pair) for pair in rows}


def number(known: Known) -> dict[int, int]:
    """Real numbers for the personas that the batch founded: provisional -> real."""
    reserved = db.next_ids("profiles_persona_id_seq", len(known.founded))
    return dict(zip(known.founded, reserved, strict=True))


def write(known: Known, *, now: dt.datetime) -> None:
    """Write down new personas, links and moved links, all numbered; contacts and merges have writers of their own."""
    if known.founded:
        rows = ((persona, known.contact_of[persona], now) for persona in known.founded)
        db.copy("profiles_persona", ("id", "contact_id", "created_at"), rows)
    if known.changed:
        _write_links([(identifier, known.links[identifier]) for identifier in known.changed], now=now)
    if known.moves:
        moves = (
            (*move.identifier, move.from_persona, move.to_persona, now, move.reason) for move in known.moves
        )
        columns = ("namespace", "value", "from_persona_id", "to_persona_id", "moved_at", "reason")
        db.copy("profiles_identitylinkmove", columns, moves)


def _write_links(links: Sequence[tuple[Identifier, Link]], *, now: dt.datetime) -> None:
    db.execute(
        """
        INSERT INTO profiles_identitylink (namespace, value, persona_id, source_id, created_at, last_seen_at)
        SELECT namespace, value, persona, source, %s, %s
        FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[]) AS new(namespace, value, persona, source)
        ON CONFLICT (namespace, value) DO UPDATE SET persona_id = EXCLUDED.persona_id,
            source_id = EXCLUDED.source_id, created_at = EXCLUDED.created_at, last_seen_at = EXCLUDED.last_seen_at
        """,
        [
            now,
            now,
            [identifier.namespace for identifier, _ in links],
            [identifier.value for identifier, _ in links],
            [link.persona for _, link in links],
            [link.source_id for _, link in links],
        ],
    )
