"""What is to be expected of somebody: the next order by their own rhythm, and the dates of what they have."""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdp.lib import db
from profiles import belongings, rhythm
from profiles.models import Record, RecordType

MOST: Final = 5  # dates of records
# When a contact bought, and the dates of what it has: nothing where there is no such contact. Its facts may
# stand under the numbers of those who were merged into it, until they have moved.
AHEAD: Final = """
    SELECT (
        SELECT array_agg(occurred_at ORDER BY occurred_at, id) FROM profiles_purchase
        WHERE contact_id = ANY(numbers) AND cancelled_at IS NULL
    ), (
        SELECT json_agg(json_build_array(key, name, due_on, label, fields, date_field)) FROM (
            SELECT record.key, record.fields -> 'name' AS name, record.due_on, type.label, type.fields, type.date_field
            FROM profiles_record record JOIN profiles_recordtype type ON type.id = record.type_id
            WHERE record.due_on >= %(today)s
              AND record.id IN (SELECT record_id FROM profiles_recordlink WHERE contact_id = ANY(numbers))
            ORDER BY record.due_on, record.id LIMIT %(most)s
        ) dated
    )
    FROM (
        SELECT contact.id || ARRAY(
            SELECT merge.absorbed_id
            FROM profiles_merge merge JOIN profiles_contact absorbed ON absorbed.id = merge.absorbed_id
            WHERE absorbed.merged_into_id = contact.id AND merge.rows_moved_at IS NULL AND merge.undone_at IS NULL
        ) AS numbers
        FROM profiles_contact contact WHERE contact.id = %(contact)s
    ) found
"""


@dataclass(frozen=True, slots=True)
class Prospect:
    """One thing that lies ahead (or was to be expected by now)."""

    what: str
    words: str


def of(contact_id: int, *, now: dt.datetime, zone: dt.tzinfo) -> list[Prospect]:
    """What lies ahead of a contact, the dates of what they have in their order; 404 where there is none."""
    today = now.astimezone(zone).date()
    found = db.fetch(AHEAD, {"contact": contact_id, "today": today, "most": MOST})
    if not found:
        raise Http404
    ((bought, dated),) = found
    outlook = rhythm.outlook_in_short(rhythm.expected(bought or [], zone=zone), today=today)
    order = (
        [
            Prospect(
                _("Next order"),
                _("%(words)s, by their own rhythm") % {"words": outlook[0].upper() + outlook[1:]},
            )
        ]
        if outlook
        else []
    )
    return [*order, *(_date(*one, today=today) for one in dated or [])]


def _date(
    key: str, name: Any, due: str, label: str, fields: Any, date_field: str, *, today: dt.date
) -> Prospect:
    """The date of a record, told by what AHEAD found of it and of its type."""
    kind = RecordType(label=label, fields=fields, date_field=date_field)
    record = Record(key=key, fields={"name": name})
    return Prospect(
        str(kind) if record.name == key else record.name,
        f"{belongings.date_label(kind)}: {_in_days(dt.date.fromisoformat(due), today)}",
    )


def _in_days(day: dt.date, today: dt.date) -> str:
    """A day to come, as "13 Dec 2026, in 21 days"."""
    days = (day - today).days
    near = ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days} if days else _("today")
    return f"{formats.date_format(day, 'j M Y')}, {near}"
