"""Segments and lists on their shelves: what their list pages show beside what everything with a name has."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cdp.lib import db
from profiles.shelf import Column, Empty, Facts, Shelf
from segments import ast, catalog, describe, lists, tasks
from segments.models import Segment

COPIED_AT_ONCE: Final = 20_000  # people of a list, about half a second
SIZES: Final = "SELECT segment_id, count(*) FROM segments_membership WHERE segment_id = ANY(%s) GROUP BY 1"


def _of(kind: Segment.Kind) -> QuerySet[Segment]:
    return Segment.objects.filter(kind=kind)


def _url(segment: Segment) -> str:
    return reverse("segment", args=[segment.pk])


def sizes(segments: Sequence[Segment]) -> Mapping[int, Facts]:
    """How many people are in each, and what it asks in words."""
    counted = dict(db.fetch(SIZES, [[one.pk for one in segments]]))
    return {one.pk: {"size": counted.get(one.pk, 0)} for one in segments}


def _size(segment: Segment, facts: Facts) -> int | str:
    if segment.kind == Segment.Kind.DYNAMIC and segment.built_at is None and not segment.archived_at:
        return _("being counted")
    return int(facts["size"])


def in_words(segment: Segment, catalogue: catalog.Catalogue | None = None) -> str:
    """What a segment asks, in a sentence; what is wrong with it where it asks nothing."""
    try:
        return describe.in_words(ast.load(segment.definition), catalogue or catalog.catalogue())
    except ast.InvalidSegment as error:
        return error.message


def _asked(segments: Sequence[Segment]) -> Mapping[int, Facts]:
    catalogue = catalog.catalogue()
    return {
        number: {**facts, "words": in_words(one, catalogue)}
        for one, (number, facts) in zip(segments, sizes(segments).items(), strict=True)
    }


def _unbuilt(segment: Segment) -> None:
    segment.version, segment.built_at = 1, None


def _built_again(segment: Segment) -> None:
    """Nobody kept it while it was away: count it anew."""
    if segment.kind != Segment.Kind.DYNAMIC:
        return
    Segment.objects.filter(pk=segment.pk).update(built_at=None)
    segment.built_at = None
    tasks.build_soon(segment)


def _with_people(original: Segment, copy: Segment) -> None:
    """A copied list has the same people: a small one at once, a large one as soon as a worker comes to it."""
    copy.filled_from = original
    copy.save(update_fields=["filled_from"])
    if not lists.fill(copy, now=copy.created_at, most=COPIED_AT_ONCE):
        # after commit: a worker that is quicker would not find the list
        transaction.on_commit(lambda: tasks.fill_soon(copy))


PEOPLE: Final = Column[Segment](key="people", label=lazy("People"), kind="number", value=_size)

SEGMENTS: Final = Shelf[Segment](
    slug="segments",
    path="segments/",
    model=Segment,
    one=lazy("Segment"),
    many=lazy("Segments"),
    new=lazy("New segment"),
    icon="filter",
    things=lambda: _of(Segment.Kind.DYNAMIC),
    url=_url,
    create="segment_create",
    columns=(PEOPLE,),
    facts=_asked,
    below=lambda _, facts: str(facts["words"]),
    renew=_unbuilt,
    restored=_built_again,
    empty=Empty(
        title=lazy("No segments yet"),
        sentence=lazy(
            "A segment is a question about people, “bought in the last 90 days” say. It keeps itself up to date."
        ),
    ),
)

LISTS: Final = Shelf[Segment](
    slug="lists",
    path="lists/",
    model=Segment,
    one=lazy("List"),
    many=lazy("Lists"),
    new=lazy("New list"),
    icon="list-check",
    things=lambda: _of(Segment.Kind.STATIC),
    url=_url,
    create="list_create",
    columns=(PEOPLE,),
    facts=sizes,
    copied=_with_people,
    empty=Empty(
        title=lazy("No lists yet"),
        sentence=lazy("A list holds people whom you pick by hand; it changes only when you change it."),
    ),
)
