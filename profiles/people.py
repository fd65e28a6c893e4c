"""The contact list: finds people by what a marketer types and chooses, a page at a time."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, Func, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cdp.lib import db
from profiles.models import (
    Channel,
    Consent,
    ConsentState,
    Contact,
    ContactActivity,
    IdentityLink,
    Suppression,
)
from profiles.pages import read_cursor, write_cursor
from profiles.stages import Stage

PAGE: Final = 50
MOST_COUNTED: Final = 100_000  # beyond it, counting takes longer than the number is worth
MOST_NAMED: Final = 500  # contacts whose identifier begins with what was typed
SHORT: Final = 2  # letters of a word that is looked for only where names begin: no index finds so few inside
ADDRESSES: Final = {Channel.EMAIL: "email", Channel.SMS: "phone"}
ORDERS: Final[dict[str, Promise]] = {
    "newest": _("Newest first"),
    "seen": _("Last seen first"),
    "name": _("By name"),
}
COLUMNS: Final[dict[str, Promise]] = {
    "stage": _("Stage"),
    "phone": _("Phone"),
    "country": _("Country"),
    "city": _("City"),
    "language": _("Language"),
    "known": _("Known since"),
    "events": _("Events"),
    "seen": _("Last seen"),
}
# What a row and its place in the list want of a contact.
SHOWN: Final = (
    *("first_name", "last_name", "email", "phone", "country", "city", "language", "lifecycle_stage"),
    *("known_since_at", "created_at", "is_sample", "activity__last_seen_at", "activity__event_count"),
)
USUAL: Final = ("stage", "country", "events", "seen")


def _columns(model: type[Model], shown: Iterable[str]) -> list[str]:
    """The number and these columns, in the order in which `Model.from_db` takes their values."""
    fields = model._meta.concrete_fields
    return [field.attname for field in fields if field.primary_key or field.attname in shown]


OF_CONTACT: Final = _columns(Contact, SHOWN)
OF_ACTIVITY: Final = _columns(ContactActivity, [name.removeprefix("activity__") for name in SHOWN])
# Whoever has these words is gathered once, to be counted and put in order; then what the list shows of one page.
GATHER: Final = f"""
WITH found (id, moment) AS MATERIALIZED ({{people}}),
page AS (
    SELECT id, moment FROM found WHERE moment IS NOT NULL{{behind}} ORDER BY moment DESC, id DESC LIMIT %s
)
SELECT (SELECT count(*) FROM found), {", ".join(f"contact.{name}" for name in OF_CONTACT)},
    {", ".join(f"activity.{name}" for name in OF_ACTIVITY)}
FROM page JOIN profiles_contact contact ON contact.id = page.id
LEFT JOIN profiles_contactactivity activity ON activity.contact_id = page.id
ORDER BY page.moment DESC, page.id DESC
"""


@dataclass(frozen=True, slots=True)
class Search:
    """What the list is narrowed to and how it is drawn; every part of it stands in the page's address."""

    words: str = ""
    country: str = ""
    stage: str = ""
    reach: str = ""  # a channel: who can be reached there
    source: str = ""  # the number of a source that named them
    visitors: bool = False
    order: str = "newest"
    columns: tuple[str, ...] = USUAL

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """From the page's address; nonsense narrows nothing."""

        def one_of(name: str, known: Any, otherwise: str = "") -> str:
            given = query.get(name, "")
            return given if given in known else otherwise

        source = query.get("source", "")
        columns = tuple(name for name in COLUMNS if name in query.getlist("column"))
        return cls(
            words=query.get("q", "").replace("\0", "").strip()[:200],
            country=query.get("country", "").strip().upper()[:2],
            stage=one_of("stage", Stage),
            reach=one_of("reach", ADDRESSES),
            source=source if source.isdecimal() and len(source) < 18 else "",
            visitors=query.get("visitors") == "1",
            order=one_of("sort", ORDERS, "newest"),
            columns=columns or USUAL,
        )

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anyone out that the plain list shows."""
        return bool(self.words or self.country or self.stage or self.reach or self.source)

    @property
    def segment(self) -> str:
        """The query of the page that makes a segment of these people; empty where a segment cannot say it."""
        if self.words or self.source or not self.is_narrow:
            return ""
        conditions: list[dict[str, Any]] = []
        if self.country:
            conditions.append(
                {"type": "attribute", "key": "country", "operator": "is", "value": self.country}
            )
        if self.stage:
            conditions.append({"type": "stage", "operator": "is_any_of", "value": [self.stage]})
        if self.reach:
            conditions.append({"type": "reach", "channel": self.reach, "topic": None, "operator": "can"})
        return urlencode({"definition": json.dumps({"type": "all", "children": conditions})})


def find(search: Search) -> QuerySet[Contact]:
    """The people a search means, in no order yet."""
    people = Contact.objects.filter(merged_into__isnull=True)
    if not search.visitors:
        people = people.filter(known_since_at__isnull=False)
    if search.country:
        people = people.filter(country=search.country)
    if search.stage:
        people = people.filter(lifecycle_stage=search.stage)
    if search.reach:
        people = _reachable(people, Channel(search.reach))
    if search.source:
        links = IdentityLink.objects.filter(persona__contact=OuterRef("pk"), source=int(search.source))
        people = people.filter(Exists(links))
    if search.words:
        people = people.filter(_says(search.words))
    return people


def _reachable(people: QuerySet[Contact], channel: Channel) -> QuerySet[Contact]:
    """Those with an address that is not blocked, who did not leave the whole channel."""
    field = ADDRESSES[channel]
    address = Lower(OuterRef(field)) if field == "email" else OuterRef(field)
    blocked = Suppression.objects.filter(channel=channel, address=address, until_at__isnull=True)
    whole = Consent.objects.filter(contact=OuterRef("pk"), channel=channel, topic__isnull=True)
    last = whole.order_by("-at", "-id").values("state")[:1]
    left = people.filter(Exists(whole)).annotate(last_word=last).filter(last_word=ConsentState.UNSUBSCRIBED)
    return people.exclude(**{field: ""}).exclude(Exists(blocked)).exclude(pk__in=left.values("pk"))


def listed(search: Search, *, after: str) -> tuple[list[Contact], int]:
    """One page and one row more, and how many there are: MOST_COUNTED + 1 when it is more than that."""
    people = find(search)
    if search.words and search.order != "name":
        found, counted = _gathered(people, after=after, search=search)
        if counted <= MOST_COUNTED:
            return found, counted
    rows = page_of(people, after=after, search=search)
    return rows, len(rows) if not after and len(rows) <= PAGE else count(people)


def _gathered(people: QuerySet[Contact], *, after: str, search: Search) -> tuple[list[Contact], int]:
    """One page and one row more, and the count; the order is right only where all of them were gathered."""
    everyone = people.order_by().values_list("pk", _moment(search))[: MOST_COUNTED + 1]
    sql, said = everyone.query.sql_with_params()
    cursor = read_cursor(after)
    behind = " AND (moment, id) < (%s, %s)" if cursor else ""
    rows = db.fetch(GATHER.format(people=sql, behind=behind), [*said, *(cursor or ()), PAGE + 1])
    return [_filled(row[1:]) for row in rows], rows[0][0] if rows else 0


def _filled(row: tuple[Any, ...]) -> Contact:
    """A contact with its activity, as the ORM would fill them in."""
    contact = Contact.from_db("default", OF_CONTACT, row[: len(OF_CONTACT)])
    told = row[len(OF_CONTACT) :]
    seen = ContactActivity.from_db("default", OF_ACTIVITY, told) if any(told) else None
    contact._state.fields_cache["activity"] = seen
    return contact


def page_of(people: QuerySet[Contact], *, after: str, search: Search) -> list[Contact]:
    """One page and one row more, in the order of the search; `after` is the `place` of the last row before it."""
    if search.order == "name":
        return _rows(_after_name(people, after), "last_name", "first_name", "id")
    field = _moment(search)
    if cursor := read_cursor(after):
        moment, number = cursor
        people = people.filter(
            Q(**{f"{field}__lt": moment}) | Q(**{field: moment, "id__lt": number}),
            **{f"{field}__lte": moment},
        )
    if field.startswith("activity"):
        people = people.filter(activity__isnull=False)
    return _rows(people, f"-{field}", "-id")


def _rows(people: QuerySet[Contact], *order: str) -> list[Contact]:
    """The first ones: their numbers alone are sorted, for the rows are wide; then what the list shows of them."""
    numbers = people.order_by(*order).values("pk")[: PAGE + 1]
    found = Contact.objects.filter(pk__in=numbers).select_related("activity").only(*SHOWN)
    return list(found.order_by(*order))


def place(contact: Contact, search: Search) -> str:
    """Where a contact stands in the order of the search, as a link says it."""
    if search.order == "name":
        return json.dumps([contact.last_name, contact.first_name, contact.pk], ensure_ascii=False)
    if search.order == "seen":
        return write_cursor((contact.activity.last_seen_at, contact.pk))
    moment = contact.created_at if search.visitors else contact.known_since_at
    assert moment is not None  # only visitors have none, and they are not among the known
    return write_cursor((moment, contact.pk))


def _moment(search: Search) -> str:
    if search.order == "seen":
        return "activity__last_seen_at"
    return "created_at" if search.visitors else "known_since_at"


def _after_name(people: QuerySet[Contact], after: str) -> QuerySet[Contact]:
    try:
        last, first, number = json.loads(after) if after else ("", "", 0)
    except ValueError:
        return people
    if not after or not (isinstance(last, str) and isinstance(first, str) and isinstance(number, int)):
        return people
    later = Q(last_name__gt=last) | Q(last_name=last, first_name__gt=first)
    return people.filter(later | Q(last_name=last, first_name=first, id__gt=number), last_name__gte=last)


def count(people: QuerySet[Contact]) -> int:
    """How many, or MOST_COUNTED + 1 when it is more than that."""
    return people.order_by()[: MOST_COUNTED + 1].count()


def _says(words: str) -> Q:
    """Every word stands in the name, e-mail or phone; or the whole is how an identifier begins.

    The identifiers are looked up first, as an array: one OR across tables would read every contact.
    """
    everywhere = Q()
    for word in words.split():
        everywhere &= _begins(word) if len(word) <= SHORT else _stands(word)
    starts = (
        Q(value__startswith=words)
        | Q(value__startswith=words.lower())
        | Q(value__startswith=words.replace(" ", ""))
    )
    named = IdentityLink.objects.filter(starts).values_list("persona__contact_id", flat=True)[:MOST_NAMED]
    among = Func(F("pk"), ArraySubquery(named), template="%(expressions)s)", arg_joiner=" = ANY(")
    return everywhere | Q(ExpressionWrapper(among, output_field=BooleanField()))


def _stands(word: str) -> Q:
    return (
        Q(first_name__icontains=word)
        | Q(last_name__icontains=word)
        | Q(email__icontains=word)
        | Q(phone__contains=word)
    )


def _begins(word: str) -> Q:
    """A word of a name begins so, or the e-mail or the phone does."""
    names = Q(first_name__istartswith=word) | Q(last_name__istartswith=word)
    inside = Q(first_name__icontains=f" {word}") | Q(last_name__icontains=f" {word}")
    phone = Q(phone__startswith=word) | Q(phone__startswith=f"+{word}")
    return names | inside | Q(email__istartswith=word) | phone
