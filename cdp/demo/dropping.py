"""Deleting for good, with everything that hangs on it: of the sample shop alone, under the caller's lock."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any, Final

from django.db import IntegrityError, models, transaction

from cdp.lib import db
from cdp.models import TestMail
from profiles.models import Favourite, RejectedItem, Source, Suppression

# Whoever was merged into these goes with them.
FAMILY: Final = """
    WITH RECURSIVE family (id) AS (
        SELECT unnest(%s::bigint[])
        UNION
        SELECT contact.id FROM profiles_contact contact JOIN family ON contact.merged_into_id = family.id
    )
    SELECT id FROM family
"""
# What hangs on a thing that hangs on a person: (table, its column, the table it hangs on, that one's column).
HANGING: Final = (
    ("journeys_receipt", "message_id", "journeys_message", "contact_id"),
    ("journeys_visit", "run_id", "journeys_run", "contact_id"),
    ("journeys_credit", "purchase_id", "profiles_purchase", "contact_id"),
    ("profiles_purchaseitem", "purchase_id", "profiles_purchase", "contact_id"),
    ("journeys_runmerge", "merge_id", "profiles_merge", "survivor_id"),
    ("segments_membershipmerge", "merge_id", "profiles_merge", "survivor_id"),
)
# Tables that know people by another name than contact_id.
NAMED: Final = (
    ("profiles_merge", "survivor_id"),
    ("profiles_merge", "absorbed_id"),
    ("profiles_identitylink", "persona_id"),
    ("profiles_identitylinkmove", "from_persona_id"),
    ("profiles_identitylinkmove", "to_persona_id"),
)


def people(roots: Sequence[int]) -> None:
    """These contacts, whoever was merged into them, and all that is known of them."""
    if not roots:
        return
    contacts = [row[0] for row in db.fetch(FAMILY, [list(roots)])]
    personas = [
        row[0] for row in db.fetch("SELECT id FROM profiles_persona WHERE contact_id = ANY(%s)", [contacts])
    ]
    emails = [
        row[0]
        for row in db.fetch(
            "SELECT email FROM profiles_contact WHERE id = ANY(%s) AND email <> ''", [contacts]
        )
    ]
    for table, column, owner, key in HANGING:
        db.execute(
            f"DELETE FROM {table} WHERE {column} IN (SELECT id FROM {owner} WHERE {key} = ANY(%s))",
            [contacts],
        )
    for table, column in NAMED:
        db.execute(f"DELETE FROM {table} WHERE {column} = ANY(%s)", [personas + contacts])
    db.execute(
        "DELETE FROM profiles_inboxitem WHERE payload LIKE '{%%\"personaId\":%%'"
        " AND (payload::jsonb->>'personaId')::bigint = ANY(%s)",
        [personas],
    )
    # Foreign keys are checked at commit, so the order does not matter.
    for table in tables():
        if table != "profiles_persona":
            db.execute(f'DELETE FROM "{table}" WHERE contact_id = ANY(%s)', [contacts])
    db.execute("DELETE FROM profiles_persona WHERE id = ANY(%s)", [personas])
    db.execute("DELETE FROM profiles_contact WHERE id = ANY(%s)", [contacts])
    Suppression.objects.filter(address__in=[email.lower() for email in emails]).delete()
    TestMail.objects.filter(recipient__in=emails).delete()


def tables() -> list[str]:
    """Our tables with a contact's number; a partitioned one once, without its months."""
    rows = db.fetch(
        """
        SELECT class.relname FROM pg_class class JOIN pg_attribute attribute ON attribute.attrelid = class.oid
        WHERE class.relkind IN ('r', 'p') AND NOT class.relispartition AND attribute.attname = 'contact_id'
          AND class.relnamespace = 'public'::regnamespace AND NOT attribute.attisdropped
        ORDER BY class.relname
        """
    )
    return [row[0] for row in rows]


def named(model: type[models.Model], numbers: Collection[int]) -> None:
    """Things with a name, with all that belongs to them: versions, states of drafts, stars."""
    if not numbers:
        return
    label = model._meta.label_lower
    Favourite.objects.filter(kind=label, thing_id__in=numbers).delete()
    kind = {"journeys.journey": "journey", "journeys.content": "content"}.get(label)
    if kind:
        for table in ("journeys_draftstate", "journeys_draftplace"):
            db.execute(f"DELETE FROM {table} WHERE kind = %s AND thing_id = ANY(%s)", [kind, list(numbers)])
    drop(model, numbers)


def drop(model: type[models.Model], numbers: Collection[Any]) -> None:
    """Delete these rows, first what refers to them; where it may do without, the reference is emptied."""
    if not numbers:
        return
    for relation in model._meta.get_fields(include_hidden=True):
        if not (isinstance(relation, models.ManyToOneRel) and relation.related_model is not model):
            continue
        child: type[models.Model] = relation.related_model
        name = relation.field.name
        mine = child._base_manager.filter(**{f"{name}__in": list(numbers)})
        if relation.on_delete is models.SET_NULL:
            mine.update(**{name: None})
        elif isinstance(child._meta.pk, models.CompositePrimaryKey):
            mine._raw_delete(mine.db)
        else:
            drop(child, list(mine.values_list("pk", flat=True)))
    gone = model._base_manager.filter(pk__in=list(numbers))
    gone._raw_delete(gone.db)


def source(one: Source, *, now: dt.datetime) -> None:
    """A source with what it sent wrong; where something of the user's came from it, it only stops."""
    RejectedItem.objects.filter(source=one).delete()
    db.execute("DELETE FROM profiles_seenmessage WHERE source_id = %s", [one.pk])
    told = db.fetch(
        "SELECT EXISTS (SELECT FROM profiles_event WHERE source_id = %s)"
        " OR EXISTS (SELECT FROM profiles_attributechange WHERE source_id = %s)",
        [one.pk, one.pk],
    )
    if told[0][0]:
        Source.objects.filter(pk=one.pk).update(disabled_at=now, is_sample=False)
        return
    try:
        with transaction.atomic():
            one.write_keys.all().delete()
            Source.objects.filter(pk=one.pk).delete()
    except (IntegrityError, models.ProtectedError):
        Source.objects.filter(pk=one.pk).update(disabled_at=now, is_sample=False)
