"""Lists over the partner API: people picked by a program instead of by hand."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from profiles.models import Contact
from profiles.rest import identities, problems, versions
from profiles.rest.schema import describe
from profiles.rest.shapes import page_of
from segments import lists
from segments.forms import ListForm
from segments.models import Membership, Segment
from segments.rest import BY_CONTACT, BY_NUMBER, MembersResource, SegmentResource, put_away, taken_out
from segments.rest_shapes import (
    FatesOut,
    ListEditIn,
    ListIn,
    ListOut,
    MemberOut,
    MembersQuery,
    PeopleIn,
    SizeOut,
    ThingQuery,
)


class ListResource(SegmentResource):
    """What addresses about lists share."""

    tag = "lists"
    kind = Segment.Kind.STATIC

    def keep(self, chosen: Segment, said: dict[str, Any]) -> Segment:
        """Save its names. Raises Problem (422)."""
        given = {
            "name": said.get("name", chosen.name),
            "description": said.get("description", chosen.description),
        }
        form = ListForm(given, instance=chosen)
        if not form.is_valid():
            name, texts = next(iter(form.errors.items()))
            raise problems.invalid(f"/{name}", str(texts[0]))
        saved: Segment = form.save()
        return saved


class Lists(ListResource):
    """All lists, and new ones."""

    @describe("List lists", name="lists_list", query=ThingQuery, answers={200: page_of(ListOut)})
    def get(self, request: Request) -> Response:
        """Every list that is not in the archive, or those that are."""
        query = self.query()
        return self.page(self.chosen(query), ListOut, BY_NUMBER, query)

    @describe("Create a list", name="lists_create", body=ListIn, answers={201: ListOut}, cost=2)
    def post(self, request: Request) -> Response:
        """Begin a list with nobody on it."""
        with transaction.atomic():
            made = self.keep(Segment(kind=Segment.Kind.STATIC), self.body(ListIn))
        address = request.build_absolute_uri(reverse("api_list", args=[made.pk]))
        told = self.shown(ListOut, self.fetch(made.pk))
        return versions.shown(request, told, status=201, headers={"Location": address})


class OneList(ListResource):
    """One list."""

    @describe("Read a list", name="lists_read", answers={200: ListOut}, is_versioned=True)
    def get(self, request: Request, list_id: int) -> Response:
        """What a list is called."""
        return versions.shown(request, self.shown(ListOut, self.fetch(list_id)))

    @describe(
        "Rename a list",
        name="lists_edit",
        body=ListEditIn,
        answers={200: ListOut},
        is_versioned=True,
        also=(409,),
    )
    def patch(self, request: Request, list_id: int) -> Response:
        """Change its name or description. What is in the archive is not edited (409)."""
        said = self.body(ListEditIn)
        with transaction.atomic():
            chosen = self.fetch(list_id, lock=True)
            versions.require(request, self.shown(ListOut, chosen))
            if chosen.archived_at is not None:
                raise problems.Problem(409, "archived", "It is in the archive; restore it first.")
            self.keep(chosen, said)
        return versions.shown(request, self.shown(ListOut, self.fetch(list_id)))


class ArchivedList(ListResource):
    """Put away."""

    @describe("Archive a list", name="lists_archive", answers={200: ListOut}, cost=2)
    def post(self, request: Request, list_id: int) -> Response:
        """Put it away; it can be restored. What something live uses stays (409)."""
        return Response(self.shown(ListOut, put_away(self, list_id)))


class RestoredList(ListResource):
    """Taken out again."""

    @describe("Restore a list", name="lists_restore", answers={200: ListOut}, cost=2)
    def post(self, request: Request, list_id: int) -> Response:
        """Take it out of the archive. If its name was given away meanwhile, it gets a number."""
        return Response(self.shown(ListOut, taken_out(self, list_id)))


class ListSize(ListResource):
    """How many are on it."""

    @describe("Count a list's members", name="lists_size", answers={200: SizeOut}, cost=2)
    def get(self, request: Request, list_id: int) -> Response:
        """How many people are on it."""
        count = Membership.objects.filter(segment=self.fetch(list_id)).count()
        return Response(self.shown(SizeOut, {"count": count, "as_of": self.now}))


class ListMembers(ListResource, MembersResource):
    """Who is on it."""

    @describe(
        "List a list's members",
        name="lists_members",
        query=MembersQuery,
        answers={200: page_of(MemberOut)},
        cost=2,
    )
    def get(self, request: Request, list_id: int) -> Response:
        """Everybody on it, by number, with since when."""
        query = self.query()
        rows = self.members.filter(segment=self.fetch(list_id))
        if "since" in query:
            rows = rows.filter(entered_at__gte=query["since"])
        return self.page(rows, MemberOut, BY_CONTACT, query)


class ListChange(ListResource):
    """People come and go."""

    def change(self, list_id: int, *, enter: bool) -> Response:
        """Put those who are named on the list, or take them off it; what became of each."""
        said = self.body(PeopleIn)
        chosen = self.fetch(list_id)
        if chosen.archived_at is not None:
            raise problems.Problem(409, "archived", "It is in the archive; restore it first.")
        who = self._who(said)
        deed = lists.add if enter else lists.remove
        moved = set(deed(chosen, [one for one in who.values() if one], by=None, now=self.now))
        results = [
            {
                "who": name,
                "contact": contact,
                "result": "unknown" if contact is None else "changed" if contact in moved else "unchanged",
            }
            for name, contact in who.items()
        ]
        return Response(self.shown(FatesOut, {"changed": len(moved), "results": results}))

    def _who(self, said: dict[str, Any]) -> dict[str, int | None]:
        """Whom each name means now; merged people are whom they became."""
        numbers = dict.fromkeys(said["contacts"])
        rows = Contact.objects.filter(pk__in=numbers).values_list("pk", "merged_into")
        now = {number: merged or number for number, merged in rows}
        found: dict[str, int | None] = {str(number): now.get(number) for number in numbers}
        for name in dict.fromkeys(said["identifiers"]):
            try:
                holder = identities.holder(identities.named(name, sees_people=self.sees_people))
            except problems.Problem as problem:
                if problem.status == 403:
                    raise
                raise problems.invalid("/identifiers", problem.detail) from None
            found[name] = holder.pk if holder else None
        return found


class Joined(ListChange):
    """Onto the list."""

    @describe("Put people on a list", name="lists_add", body=PeopleIn, answers={200: FatesOut}, cost=5)
    def post(self, request: Request, list_id: int) -> Response:
        """Put up to 1,000 people on the list, by number or identifier; what became of each. Journeys that answer to the
        list hear of it."""
        return self.change(list_id, enter=True)


class Left(ListChange):
    """Off the list."""

    @describe("Take people off a list", name="lists_remove", body=PeopleIn, answers={200: FatesOut}, cost=5)
    def post(self, request: Request, list_id: int) -> Response:
        """Take up to 1,000 people off the list, by number or identifier; what became of each."""
        return self.change(list_id, enter=False)
