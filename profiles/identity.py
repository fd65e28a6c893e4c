"""Who is who, in the database: merges, those that a batch found out and those by hand, and their exact undo.

Whoever calls holds the digest lock.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import Q

from cdp.lib import db
from profiles import moving, present, staging
from profiles.arrivals import Merged
from profiles.identifiers import rules
from profiles.models import Contact, IdentityLink, Merge, Settings, Touch
from profiles.moving import Way
from profiles.present import Present
from profiles.resolution import Union

CHUNK: Final = 5_000


class MergeRefused(Exception):
    """These two contacts cannot be made one; the message is a sentence for a marketer."""


class AlreadyUndone(Exception):
    """Somebody undid this merge before."""


def unite(
    unions: Sequence[Union],
    contacts: dict[int, Present],
    *,
    founded: Collection[int],
    cause: str = Merge.Cause.IDENTIFIED,
    evidence: dict[str, Any] | None = None,
    by: User | None = None,
    now: dt.datetime,
) -> tuple[list[Merged], dict[int, set[str]]]:
    """Carry out merges, in their order; also the attribute keys that changed, by contact that survives them all.

    `contacts` holds everybody named in `unions` as they stand, and is changed; the caller stores it. `founded` are
    those who have no rows yet.
    """
    if not unions:
        return [], {}
    personas = _personas_of({union.survivor for union in unions} | {union.absorbed for union in unions})
    for contact in founded:
        personas.setdefault(contact, set()).add(contact)
    root: dict[int, int] = {}
    changed: dict[int, set[str]] = {}
    merges: list[Merge] = []
    ids = db.next_ids("profiles_merge_id_seq", len(unions))
    for id_, union in zip(ids, unions, strict=True):
        moved = personas.pop(union.absorbed, set())
        personas.setdefault(union.survivor, set()).update(moved)
        root = {contact: union.survivor if to == union.absorbed else to for contact, to in root.items()}
        root[union.absorbed] = union.survivor
        keys = contacts[union.survivor].absorb(contacts[union.absorbed])
        changed.setdefault(union.survivor, set()).update(keys | changed.pop(union.absorbed, set()))
        merges.append(
            Merge(
                id=id_,
                survivor_id=union.survivor,
                absorbed_id=union.absorbed,
                personas=sorted(moved),
                cause=cause,
                evidence=evidence or {"identifiers": [list(identifier) for identifier in union.evidence]},
                merged_at=now,
                merged_by=by,
            )
        )
    _write_merges(merges, root, contacts, founded=set(founded), now=now)
    return [Merged(merge.id, merge.survivor_id, merge.absorbed_id) for merge in merges], changed


def _write_merges(
    merges: Sequence[Merge],
    root: dict[int, int],
    contacts: dict[int, Present],
    *,
    founded: set[int],
    now: dt.datetime,
) -> None:
    for contact, to in root.items():
        contacts[contact].merged_into_id = to
    origins, targets = list(root), list(root.values())
    pairs = "unnest(%s::bigint[], %s::bigint[]) AS way(origin, target)"
    # Whoever was merged into somebody absorbed now follows along: readers take one step only.
    for table, column in (("profiles_contact", "merged_into_id"), ("profiles_persona", "contact_id")):
        db.execute(
            f"UPDATE {table} row SET {column} = way.target FROM {pairs} WHERE row.{column} = way.origin",
            [origins, targets],
        )
    ways = [Way(origin, target) for origin, target in root.items() if origin not in founded]
    counts = moving.sizes([way.origin for way in ways]) if ways else {}
    large = {way.origin for way in ways if counts.get(way.origin, 0) > moving.AT_ONCE}
    for merge in merges:
        merge.rows_moved_at = None if merge.absorbed_id in large else now
    Merge.objects.bulk_create(merges)
    moving.move_small(ways)
    moving.join_activity(ways)
    at_once = [way for way in ways if way.origin not in large]
    moving.move_large([way for way in at_once if counts.get(way.origin)], tables=["profiles_event"])
    moving.move_large(
        [way for way in at_once if contacts[way.origin].provenance], tables=["profiles_attributechange"]
    )


def _personas_of(contacts: Collection[int]) -> dict[int, set[int]]:
    personas: dict[int, set[int]] = {}
    rows = db.fetch(
        "SELECT contact_id, id FROM profiles_persona WHERE contact_id = ANY(%s)", [list(contacts)]
    )
    for contact, persona in rows:
        personas.setdefault(contact, set()).add(persona)
    return personas


def merge(
    *,
    survivor_id: int,
    absorbed_id: int,
    cause: str,
    evidence: dict[str, Any],
    by: User | None,
    now: dt.datetime,
) -> Merged:
    """Make two contacts one. Raises MergeRefused where they are known to be different people, or gone."""
    contacts = check_merge(survivor_id=survivor_id, absorbed_id=absorbed_id)
    since = [contact.known_since_at for contact in contacts.values() if contact.known_since_at]
    contacts[survivor_id].known_since_at = min(since, default=None)
    union = Union(survivor_id, absorbed_id, [])
    merges, _ = unite(
        [union], contacts, founded=(), cause=cause, evidence=evidence or {"by_hand": True}, by=by, now=now
    )
    present.store(contacts.values())
    moving.touch([(survivor_id, Touch.What.MERGE), (absorbed_id, Touch.What.MERGE)], now=now)
    _decide_stages([survivor_id], now=now)
    return merges[0]


def check_merge(*, survivor_id: int, absorbed_id: int) -> dict[int, Present]:
    """The two as they stand. Raises MergeRefused where they are known to be different people, or gone."""
    contacts = present.load([survivor_id, absorbed_id])
    if len(contacts) < 2 or any(contact.merged_into_id for contact in contacts.values()):
        raise MergeRefused(
            "One of these profiles is part of another one already. Open that one and try again."
        )
    _refuse_clash(survivor_id, absorbed_id)
    return contacts


def _decide_stages(contacts: Iterable[int], *, now: dt.datetime) -> None:
    moments = dict.fromkeys(contacts, now)
    staging.refresh(moments, why="correction", settings=Settings.objects.get(), now=now)


def _refuse_clash(survivor_id: int, absorbed_id: int) -> None:
    hard = [rule.namespace for rule in rules().values() if rule.is_hard]
    values: dict[str, dict[int, set[str]]] = {}
    for link in IdentityLink.objects.filter(
        persona__contact__in=[survivor_id, absorbed_id], namespace__in=hard
    ).select_related("persona"):
        values.setdefault(link.namespace, {}).setdefault(link.persona.contact_id, set()).add(link.value)
    for namespace, sides in values.items():
        if len(sides) == 2 and sides[survivor_id] != sides[absorbed_id]:
            raise MergeRefused(
                f"These are two people: one has the {namespace} “{min(sides[survivor_id])}”,"
                f" the other “{min(sides[absorbed_id])}”."
            )


def unmerge(merge: Merge, *, by: User | None, now: dt.datetime) -> Merged:
    """Make one contact two again, as if the merge had never been: every persona takes its facts along.

    `survivor_id` of the answer is the contact that had the absorbed one until now. Raises AlreadyUndone.
    """
    undone = Merge.objects.filter(pk=merge.pk, undone_at__isnull=True).update(undone_at=now, undone_by=by)
    if not undone:
        raise AlreadyUndone("This merge was undone before.")
    returning = merge.absorbed_id
    holder = Contact.objects.values_list("merged_into_id", flat=True).get(pk=returning)
    assert holder is not None  # an absorbed contact has one until its merge is undone
    merged = set(Contact.objects.filter(merged_into=holder).values_list("pk", flat=True))
    back = _under(returning, merged)
    Contact.objects.filter(pk=returning).update(merged_into=None)
    Contact.objects.filter(pk__in=back - {returning}).update(merged_into=returning)
    db.execute("UPDATE profiles_persona SET contact_id = %s WHERE id = ANY(%s)", [returning, list(back)])
    moving.give_back(back, among=merged | {holder}, to=returning)
    Merge.objects.filter(absorbed__in=back, rows_moved_at__isnull=True).update(rows_moved_at=now)
    still = merged - back
    moving.move_large([Way(contact, holder) for contact in still], tables=["profiles_attributechange"])
    contacts = present.load([holder, returning])
    present.refold(contacts)
    _still_known(contacts.values(), now=now)
    present.store(contacts.values())
    moving.recount([holder, returning])
    moving.touch([(holder, Touch.What.MERGE), (returning, Touch.What.MERGE)], now=now)
    _decide_stages([holder, returning], now=now)
    return Merged(merge.pk, holder, returning)


def _under(top: int, merged: Collection[int]) -> set[int]:
    """`top` and all who were merged into it, directly or not. A contact has its first persona's number."""
    edges = Merge.objects.filter(absorbed__in=merged, undone_at__isnull=True).values_list(
        "absorbed_id", "survivor_id"
    )
    below: dict[int, list[int]] = {}
    for absorbed, survivor in edges:
        below.setdefault(survivor, []).append(absorbed)
    found, open_ = {top}, [top]
    while open_:
        deeper = below.get(open_.pop(), [])
        found.update(deeper)
        open_.extend(deeper)
    return found


def _still_known(contacts: Iterable[Present], *, now: dt.datetime) -> None:
    """A contact is known for as long as its own personas have, or had, an identifier that makes them so."""
    namespaces = [rule.namespace for rule in rules().values() if rule.makes_known]
    for contact in contacts:
        mine = Q(persona__contact=contact.id, namespace__in=namespaces)
        since = (
            IdentityLink.objects.filter(mine)
            .order_by("created_at")
            .values_list("created_at", flat=True)
            .first()
        )
        lost = db.fetch(
            "SELECT 1 FROM profiles_identitylinkmove move JOIN profiles_persona persona ON persona.id = from_persona_id"
            " WHERE persona.contact_id = %s AND namespace = ANY(%s) LIMIT 1",
            [contact.id, namespaces],
        )
        if lost:
            contact.known_since_at = min(filter(None, (contact.known_since_at, since)), default=now)
        else:
            contact.known_since_at = since


def move_rows(*, limit: int = CHUNK, now: dt.datetime) -> int:
    """Move at most `limit` rows of merges that are still moving; how many. Call it until it says 0."""
    moved = 0
    for waiting in Merge.objects.filter(rows_moved_at__isnull=True, undone_at__isnull=True).select_related(
        "absorbed"
    ):
        if moved >= limit:
            break
        target = waiting.absorbed.merged_into_id
        assert target is not None
        share = limit - moved
        done = moving.move_some(Way(waiting.absorbed_id, target), limit=share)
        moved += done
        if done < share:
            Merge.objects.filter(pk=waiting.pk).update(rows_moved_at=now)
    return moved
