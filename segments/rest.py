"""Segments over the partner API: kept, checked, counted, and who is in them."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from profiles.models import Contact
from profiles.rest import problems, versions
from profiles.rest.api import Resource
from profiles.rest.cursors import Order
from profiles.rest.schema import describe
from profiles.rest.shapes import page_of
from profiles.shelf import Shelf, archive
from segments import ast, catalog, preview, references, tasks
from segments import describe as words
from segments import versions as kept
from segments.ast import InvalidSegment, Node
from segments.forms import SegmentForm
from segments.models import Membership, Segment
from segments.rest_shapes import (
    CountOut,
    MemberOut,
    MembershipOut,
    MembersQuery,
    SegmentEditIn,
    SegmentIn,
    SegmentOut,
    SizeOut,
    ThingQuery,
    TreeIn,
    ValidityOut,
    pointer,
)
from segments.shelves import LISTS, SEGMENTS

BY_NUMBER = Order((("id", int),))
BY_CONTACT = Order((("contact_id", int),))


class SegmentResource(Resource):
    """What addresses about segments share."""

    family = "segments"
    kind = Segment.Kind.DYNAMIC
    catalogue: catalog.Catalogue | None = None

    def fetch(self, segment_id: int, *, lock: bool = False) -> Segment:
        """One of its kind. Raises Problem (404)."""
        rows = Segment.objects.filter(pk=segment_id, kind=self.kind)
        found = (rows.select_for_update() if lock else rows).first()
        if found is None:
            raise problems.missing()
        return found

    def chosen(self, query: dict[str, Any]) -> QuerySet[Segment]:
        """Those that the query asks for."""
        rows = Segment.objects.filter(kind=self.kind, archived_at__isnull=not query["archived"])
        return rows.filter(name__iexact=query["name"]) if "name" in query else rows

    def words(self, definition: Any) -> str:
        """A stored definition as a sentence; what is wrong with it where it asks nothing."""
        self.catalogue = self.catalogue or catalog.catalogue()
        try:
            return words.in_words(ast.load(definition), self.catalogue)
        except InvalidSegment as problem:
            return problem.message

    def tree(self, definition: Any, *, of: Segment | None = None) -> Node:
        """The tree that was sent. Raises Problem (422)."""
        try:
            node = ast.load(definition)
        except InvalidSegment as problem:
            raise problems.invalid(pointer(problem), problem.message) from None
        unknown = references.named_in(node) - set(
            Segment.objects.filter(pk__in=references.named_in(node)).values_list("pk", flat=True)
        )
        if unknown:
            raise problems.invalid("/definition", f"There is no segment {min(unknown)}.")
        if of and of.pk and (other := references.path_back(of.pk, node)):
            raise problems.invalid("/definition", f"Through “{other}” the segment would ask itself.")
        return node

    def save(self, segment: Segment, said: dict[str, Any]) -> Segment:
        """Save as the builder does; a changed question is built anew. Raises Problem (422)."""
        given = {
            "name": said.get("name", segment.name),
            "description": said.get("description", segment.description),
            "include_visitors": said.get("include_visitors", segment.include_visitors),
        }
        definition = segment.definition
        if "definition" in said:
            definition = ast.dump(self.tree(said["definition"], of=segment))
        form = SegmentForm(given, instance=segment)
        if not form.is_valid():
            name, texts = next(iter(form.errors.items()))
            raise problems.invalid(f"/{name}", str(texts[0]))
        saved = form.save_as(definition)
        kept.keep(saved, by=None, now=self.now)
        transaction.on_commit(lambda: tasks.build_soon(saved))
        return saved


class Segments(SegmentResource):
    """All segments, and new ones."""

    @describe(
        "List segments", name="segments_list", query=ThingQuery, answers={200: page_of(SegmentOut)}, cost=2
    )
    def get(self, request: Request) -> Response:
        """Every segment that is not in the archive, or those that are."""
        query = self.query()
        return self.page(self.chosen(query), SegmentOut, BY_NUMBER, query)

    @describe("Create a segment", name="segments_create", body=SegmentIn, answers={201: SegmentOut}, cost=5)
    def post(self, request: Request) -> Response:
        """Keep a question under a name. Who belongs is built a moment later: see `built_at`."""
        with transaction.atomic():
            made = self.save(Segment(), self.body(SegmentIn))
        address = request.build_absolute_uri(reverse("api_segment", args=[made.pk]))
        return versions.shown(
            request, self.shown(SegmentOut, self.fetch(made.pk)), status=201, headers={"Location": address}
        )


class OneSegment(SegmentResource):
    """One segment."""

    @describe("Read a segment", name="segments_read", answers={200: SegmentOut}, is_versioned=True)
    def get(self, request: Request, segment_id: int) -> Response:
        """A segment with its definition, in JSON and in words."""
        return versions.shown(request, self.shown(SegmentOut, self.fetch(segment_id)))

    @describe(
        "Edit a segment",
        name="segments_edit",
        body=SegmentEditIn,
        answers={200: SegmentOut},
        is_versioned=True,
        cost=5,
        also=(409,),
    )
    def patch(self, request: Request, segment_id: int) -> Response:
        """Change its name or its question. A changed question is built anew, and journeys hear who entered by it as
        the segment's edits always tell them. What is in the archive is not edited (409)."""
        said = self.body(SegmentEditIn)
        with transaction.atomic():
            segment = self.fetch(segment_id, lock=True)
            versions.require(request, self.shown(SegmentOut, segment))
            if segment.archived_at is not None:
                raise problems.Problem(409, "archived", "It is in the archive; restore it first.")
            self.save(segment, said)
        return versions.shown(request, self.shown(SegmentOut, self.fetch(segment_id)))


class Validated(SegmentResource):
    """A tree looked over."""

    @describe("Check a definition", name="segments_validate", body=TreeIn, answers={200: ValidityOut})
    def post(self, request: Request) -> Response:
        """Whether a tree can be counted, and how it reads; what is wrong with it, and where. Keeps nothing."""
        given = self.body(TreeIn)["definition"]
        try:
            node = self.tree(given)
        except problems.Problem as problem:
            return Response({"valid": False, "words": "", "faults": problem.errors})
        told = words.in_words(node, catalog.catalogue())
        return Response({"valid": True, "words": told, "faults": []})


class Counted(SegmentResource):
    """A tree counted."""

    @describe("Count a definition", name="segments_count", body=TreeIn, answers={200: CountOut}, cost=10)
    def post(self, request: Request) -> Response:
        """How many people a tree means now, and how many of them can be reached. Keeps nothing. Exact within its time
        limit, else an estimate that says so. The figures may be up to a minute old: see `as_of`."""
        said = self.body(TreeIn)
        found = preview.look(
            self.tree(said["definition"]), now=self.now, include_visitors=said["include_visitors"]
        )
        return Response(self.shown(CountOut, found))


class MembersResource(SegmentResource):
    """Who is in a segment, or on a list."""

    @property
    def members(self) -> QuerySet[Membership]:
        """All of them, with whom they are."""
        return Membership.objects.select_related("contact")


class Size(MembersResource):
    """How many are in it."""

    @describe("Count a segment's members", name="segments_size", answers={200: SizeOut}, cost=2)
    def get(self, request: Request, segment_id: int) -> Response:
        """How many people are in it as it is kept."""
        found = self.fetch(segment_id)
        count = Membership.objects.filter(segment=found).count()
        return Response(self.shown(SizeOut, {"count": count, "as_of": self.now}))


class Members(MembersResource):
    """Who is in it."""

    @describe(
        "List a segment's members",
        name="segments_members",
        query=MembersQuery,
        answers={200: page_of(MemberOut)},
        cost=2,
    )
    def get(self, request: Request, segment_id: int) -> Response:
        """Everybody in it, by number, with when they entered."""
        query = self.query()
        rows = self.members.filter(segment=self.fetch(segment_id))
        if "since" in query:
            rows = rows.filter(entered_at__gte=query["since"])
        return self.page(rows, MemberOut, BY_CONTACT, query)


class OneMember(MembersResource):
    """Whether somebody is in it."""

    @describe("Ask about one contact", name="segments_membership", answers={200: MembershipOut})
    def get(self, request: Request, segment_id: int, contact_id: int) -> Response:
        """Whether this contact is in it, and since when."""
        segment = self.fetch(segment_id)
        if not Contact.objects.filter(pk=contact_id, merged_into__isnull=True).exists():
            raise problems.missing()
        found = Membership.objects.filter(segment=segment, contact=contact_id).first()
        told = {
            "contact": contact_id,
            "is_member": found is not None,
            "entered_at": found.entered_at if found else None,
        }
        return Response(self.shown(MembershipOut, told))


class Archived(SegmentResource):
    """Put away."""

    @describe("Archive a segment", name="segments_archive", answers={200: SegmentOut}, cost=2)
    def post(self, request: Request, segment_id: int) -> Response:
        """Put it away; it can be restored. What something live uses stays (409)."""
        return Response(self.shown(SegmentOut, put_away(self, segment_id)))


class Restored(SegmentResource):
    """Taken out again."""

    @describe("Restore a segment", name="segments_restore", answers={200: SegmentOut}, cost=2)
    def post(self, request: Request, segment_id: int) -> Response:
        """Take it out of the archive. If its name was given away meanwhile, it gets a number."""
        return Response(self.shown(SegmentOut, taken_out(self, segment_id)))


def put_away(resource: SegmentResource, segment_id: int) -> Segment:
    """Archive one of the resource's kind. Raises Problem (409) where something live uses it."""
    found = resource.fetch(segment_id)
    put = archive.archive(shelf_of(resource), [found], by=None, now=resource.now)
    if put.staying:
        raise problems.Problem(409, "in_use", put.staying[0])
    return resource.fetch(segment_id)


def taken_out(resource: SegmentResource, segment_id: int) -> Segment:
    """Restore one of the resource's kind."""
    archive.restore(shelf_of(resource), [resource.fetch(segment_id)], by=None, now=resource.now)
    return resource.fetch(segment_id)


def shelf_of(resource: SegmentResource) -> Shelf[Segment]:
    """Where things of this kind stand."""
    return SEGMENTS if resource.kind == Segment.Kind.DYNAMIC else LISTS
