"""Who is in a segment or on a list: searched, a page at a time, or all of them as a file."""

import csv
from collections.abc import Iterator
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from profiles import people
from segments.models import Membership, Segment

PAGE: Final = 50
PORTION: Final = 2_000
SHOWN: Final = ("first_name", "last_name", "email", "phone")


def find(segment: Segment, words: str) -> QuerySet[Membership]:
    """The members that some words mean; by contact, as the table is kept, so that no page costs more than another."""
    members = Membership.objects.filter(segment=segment).select_related("contact").order_by("-contact")
    members = members.defer("contact__attributes", "contact__provenance")  # large, and no list shows them
    if words:
        members = members.filter(contact__in=people.find(people.Search(words=words, visitors=True)))
    return members


def page_of(found: QuerySet[Membership], after: str) -> list[Membership]:
    """One page and one row more."""
    is_place = after.isdigit() and len(after) < 11
    shown = found.defer(None).only("entered_at", "cause", *(f"contact__{name}" for name in SHOWN))
    return list((shown.filter(contact__lt=int(after)) if is_place else shown)[: PAGE + 1])


class _Line:
    """A file of one line: what is written is handed back."""

    def write(self, text: str) -> str:
        """Hand it back."""
        return text


def as_csv(found: QuerySet[Membership]) -> Iterator[str]:
    """All of them, in portions, so that a large segment needs no more memory than a small one."""
    writer = csv.writer(_Line())
    yield writer.writerow(
        [
            *(_("number"), _("first name"), _("last name"), _("e-mail"), _("phone"), _("country")),
            *(_("language"), _("stage"), _("since")),
        ]
    )
    after = ""
    while True:
        portion = list((found.filter(contact__lt=int(after)) if after else found)[:PORTION])
        for one in portion:
            yield writer.writerow(_row(one))
        if len(portion) < PORTION:
            return
        after = str(portion[-1].contact_id)


def _row(member: Membership) -> list[str]:
    contact = member.contact
    fields = [
        *(contact.first_name, contact.last_name, contact.email, contact.phone, contact.country),
        *(contact.language, contact.lifecycle_stage),
    ]
    return [str(contact.pk), *map(_harmless, fields), member.entered_at.isoformat()]


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; a phone number stays one."""
    return f"'{text}" if text[:1] in "=@\t\r" or (text[:1] in "+-" and not text[1:].isdigit()) else text
