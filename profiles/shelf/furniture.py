"""What stands around the rows of every list: whose they can be, tags, campaigns, brands, one's stars and views.

One statement for all of it, because every list and every narrowing of one needs it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import BigIntegerField, Value
from django.db.models.functions import Cast

from cdp.lib import db
from profiles.models import Named
from profiles.shelf.kinds import Shelf

# As `forms.person` calls them, in the order of `forms.team`.
PERSON: Final = """
COALESCE(NULLIF(trim(concat(first_name, ' ', last_name)), ''), NULLIF(email, ''), username)
"""
FURNISH: Final = """
WITH things (archived_at, tags, owner_id, edited_by_id, campaign_id) AS MATERIALIZED ({things}),
people AS (
    SELECT id, {person} AS name, is_active, id IN (SELECT owner_id FROM things) AS owns,
        row_number() OVER (ORDER BY first_name, last_name, username) AS place
    FROM auth_user
    WHERE is_active OR id IN (SELECT owner_id FROM things UNION SELECT edited_by_id FROM things)
)
SELECT
    (SELECT json_agg(json_build_array(id, name, is_active, owns) ORDER BY place) FROM people),
    (SELECT json_agg(json_build_array(
        id, name, archived_at IS NULL, id IN (SELECT campaign_id FROM things)
    ) ORDER BY name) FROM profiles_campaign
    WHERE archived_at IS NULL OR id IN (SELECT campaign_id FROM things)),
    (SELECT json_agg(json_build_array(id, name) ORDER BY name) FROM profiles_brand),
    (SELECT json_agg(DISTINCT tag) FROM things, unnest(tags) tag WHERE archived_at IS NULL),
    (SELECT json_agg(thing_id) FROM profiles_favourite WHERE user_id = %s AND kind = %s),
    (SELECT json_agg(json_build_array(id, name, query) ORDER BY name) FROM profiles_savedview
    WHERE user_id = %s AND kind = %s)
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody or something that rows name. `is_offered`: it can be given to others; `is_used`: some row has it."""

    name: str
    is_offered: bool
    is_used: bool


@dataclass(frozen=True, slots=True)
class Furniture:
    """By number, in the order of their names."""

    people: Mapping[int, Entry]
    campaigns: Mapping[int, Entry]
    brands: Mapping[int, str]
    tags: Sequence[str]
    starred: frozenset[int]
    views: Sequence[tuple[int, str, str]]  # number, name, what stands after the ? of its address

    def person(self, number: int | None) -> str:
        """What somebody of the workspace is called; "" for nobody."""
        return _name(self.people, number)

    def campaign(self, number: int | None) -> str:
        """What a campaign is called; "" for none."""
        return _name(self.campaigns, number)


def _name(entries: Mapping[int, Entry], number: int | None) -> str:
    found = entries.get(number or 0)
    return found.name if found else ""


def offered(entries: Mapping[int, Entry]) -> list[tuple[int, str]]:
    """Those that rows can be given to."""
    return [(number, one.name) for number, one in entries.items() if one.is_offered]


def of[T: Named](shelf: Shelf[T], *, by: User) -> Furniture:
    """That of one list, for one person."""
    campaign = "campaign_id" if shelf.in_campaigns else Cast(Value(None), BigIntegerField())
    things, said = (
        shelf.things()
        .order_by()
        .values_list("archived_at", "tags", "owner_id", "edited_by_id", campaign)
        .query.sql_with_params()
    )
    sql = FURNISH.format(things=things, person=PERSON)
    rows = db.fetch(sql, [*said, by.pk, shelf.kind, by.pk, shelf.slug])
    people, campaigns, brands, tags, starred, views = (found or () for found in rows[0])
    return Furniture(
        people=_entries(people),
        campaigns=_entries(campaigns),
        brands=dict(brands),
        tags=sorted(tags, key=str.casefold),
        starred=frozenset(starred),
        views=[(number, name, query) for number, name, query in views],
    )


def _entries(rows: Sequence[Sequence[Any]]) -> dict[int, Entry]:
    return {
        number: Entry(name, bool(is_offered), bool(is_used)) for number, name, is_offered, is_used in rows
    }
