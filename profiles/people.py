"""The contact list: finds people by what a marketer types, a page at a time."""

from dataclasses import dataclass
from typing import Final, Self

from django.db.models import Q, QuerySet
from django.http import QueryDict

from profiles.models import Contact, IdentityLink
from profiles.pages import Cursor

PAGE: Final = 50
MOST_COUNTED: Final = 100_000  # beyond it, counting takes longer than the number is worth
MOST_NAMED: Final = 500  # contacts whose identifier begins with what was typed


@dataclass(frozen=True, slots=True)
class Search:
    """What the list is narrowed to; every part of it stands in the page's address."""

    words: str = ""
    country: str = ""
    reach: str = ""  # "email" or "phone"
    visitors: bool = False

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """From the page's address."""
        return cls(
            words=query.get("q", "").strip()[:200],
            country=query.get("country", "").strip().upper()[:2],
            reach=query.get("reach", "") if query.get("reach") in ("email", "phone") else "",
            visitors=query.get("visitors") == "1",
        )

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves anyone out that the plain list shows."""
        return bool(self.words or self.country or self.reach)


def find(search: Search) -> QuerySet[Contact]:
    """The people a search means, in no order yet."""
    people = Contact.objects.filter(merged_into__isnull=True)
    if not search.visitors:
        people = people.filter(known_since_at__isnull=False)
    if search.country:
        people = people.filter(country=search.country)
    if search.reach:
        people = people.exclude(**{search.reach: ""})
    if search.words:
        people = people.filter(_says(search.words))
    return people


def page_of(people: QuerySet[Contact], *, after: Cursor | None, visitors: bool) -> list[Contact]:
    """One page and one row more, newest first."""
    field = "created_at" if visitors else "known_since_at"
    if after:
        moment, number = after
        people = people.filter(
            Q(**{f"{field}__lt": moment}) | Q(**{field: moment, "id__lt": number}),
            **{f"{field}__lte": moment},
        )
    return list(people.select_related("activity").order_by(f"-{field}", "-id")[: PAGE + 1])


def count(people: QuerySet[Contact]) -> int:
    """How many, or MOST_COUNTED + 1 when it is more than that."""
    return people.order_by()[: MOST_COUNTED + 1].count()


def _says(words: str) -> Q:
    """Every word stands in the name, e-mail or phone; or the whole is how an identifier begins.

    The identifiers are looked up first: one OR across tables would read every contact.
    """
    everywhere = Q()
    for word in words.split():
        everywhere &= (
            Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(email__icontains=word)
            | Q(phone__contains=word)
        )
    starts = (
        Q(value__startswith=words)
        | Q(value__startswith=words.lower())
        | Q(value__startswith=words.replace(" ", ""))
    )
    named = IdentityLink.objects.filter(starts).values_list("persona__contact_id", flat=True)[:MOST_NAMED]
    return everywhere | Q(pk__in=list(named))
