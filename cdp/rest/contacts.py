"""What of the partner API takes the whole house: a person edited at once, two made one, and one made two again."""

from django.db import DataError
from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cdp import pipeline
from profiles import uniting
from profiles.identifiers import Identifier
from profiles.identity import AlreadyUndone, MergeRefused
from profiles.inbox import Batch, Item
from profiles.models import Contact, Lane, Merge, RejectedItem
from profiles.rest import accepting, identities, problems, versions
from profiles.rest.api import Resource
from profiles.rest.contact_shapes import AttributesIn, ContactOut
from profiles.rest.contacts import ContactResource, OneContact
from profiles.rest.cursors import Order
from profiles.rest.problems import Problem
from profiles.rest.schema import describe
from profiles.rest.shapes import Input, Output, PageQuery, page_of

LATEST = Order((("id", int),), is_descending=True)


class EditedContact(OneContact):
    """One person, read and edited."""

    @describe(
        "Edit a contact",
        name="contacts_edit",
        body=AttributesIn,
        answers={200: ContactOut},
        is_versioned=True,
        cost=3,
        also=(409,),
    )
    def patch(self, request: Request, contact_id: int) -> Response:
        """Change attributes, at once: the answer shows what holds now. A value that somebody with a better word
        gave (first-party before second before third, then the latest) stays, and is what the answer shows."""
        given = self.body(AttributesIn)["attributes"]
        who = identities.strongest(self.fetch(contact_id))
        if who is None:
            raise Problem(
                409, "no_identifier", "Nothing names this contact any more; write with an identifier."
            )
        checker = accepting.Checker(self.key, self.now)
        checker.know([given])
        item = checker.about(who, given).item(self.key, lane=Lane.LIVE)
        try:
            pipeline.digest_at_once(
                Batch([item]),
                before=lambda: self._require_version(contact_id, who),
                after=lambda _arrivals: _refuse(item),
                now=self.now,
            )
        except DataError:
            raise problems.invalid("/attributes", "A value cannot be kept.") from None
        return versions.shown(request, self.told_one(self.fetch(contact_id)))

    def _require_version(self, contact_id: int, who: Identifier) -> None:
        contact = self.fetch(contact_id)
        versions.require(self.request, self.told_one(contact))
        if identities.holder(who) != contact:
            raise Problem(412, "changed", "It changed since you read it; read it again.")


def _refuse(item: Item) -> None:
    """Raise Problem (422) where a part of what was just digested was not accepted."""
    refused = RejectedItem.objects.filter(
        received_at=item.received_at, source=item.source_id, message_hash=item.message_hash
    )
    if errors := [{"detail": one.detail, "pointer": "/attributes"} for one in refused]:
        raise Problem(422, "invalid", "Not all of it can be accepted; see errors.", errors=errors)


class MergeOut(Output):
    """Two contacts that became one."""

    example = {
        "id": 12,
        "survivor": 4711,
        "absorbed": 4712,
        "cause": "by_hand",
        "merged_at": "2026-11-22T09:00:00Z",
        "undone_at": None,
    }

    id = serializers.IntegerField()
    survivor = serializers.IntegerField(source="survivor_id", help_text="Whose number remains.")
    absorbed = serializers.IntegerField(source="absorbed_id")
    cause = serializers.ChoiceField(choices=Merge.Cause.choices)
    merged_at = serializers.DateTimeField()
    undone_at = serializers.DateTimeField(allow_null=True)


class MergeIn(Input):
    """Who is the same person."""

    example = {"other": 4712}

    other = serializers.IntegerField(min_value=1, max_value=2**32, help_text="The other contact's number.")


class Merges(ContactResource):
    """The merges of one person."""

    @describe(
        "List a contact's merges", name="merges_list", query=PageQuery, answers={200: page_of(MergeOut)}
    )
    def get(self, request: Request, contact_id: int) -> Response:
        """Who became part of this contact, the latest first; undone merges too."""
        contact = self.fetch(contact_id)
        return self.page(Merge.objects.filter(survivor=contact), MergeOut, LATEST, self.query())

    @describe("Merge two contacts", name="merges_create", body=MergeIn, answers={201: MergeOut}, cost=5)
    def post(self, request: Request, contact_id: int) -> Response:
        """Make two contacts one. The one that has been known for longer survives. Two that are known to be
        different people are refused (409). It can be undone."""
        other_id = self.body(MergeIn)["other"]
        one = self.fetch(contact_id)
        other = Contact.objects.filter(pk=other_id, merged_into__isnull=True).first()
        if other is None or other.pk == one.pk:
            raise problems.invalid("/other", "There is no such other contact.")
        plan = uniting.preview(one, other)
        try:
            merged = pipeline.merge_contacts(
                survivor_id=plan.survivor.pk,
                absorbed_id=plan.absorbed.pk,
                by=None,
                evidence={"by_key": self.key.name},
                now=self.now,
            )
        except MergeRefused as error:
            raise Problem(409, "merge_refused", str(error)) from None
        address = self.request.build_absolute_uri(reverse("api_merge", args=[merged.merge_id]))
        told = self.shown(MergeOut, Merge.objects.get(pk=merged.merge_id))
        return Response(told, status=201, headers={"Location": address})


class MergeResource(Resource):
    """What addresses of one merge share."""

    family = "contacts"

    def fetch(self, merge_id: int) -> Merge:
        """The merge. Raises Problem (404)."""
        found = Merge.objects.filter(pk=merge_id).first()
        if found is None:
            raise problems.missing()
        return found


class OneMerge(MergeResource):
    """One merge."""

    @describe("Read a merge", name="merges_read", answers={200: MergeOut}, is_versioned=True)
    def get(self, request: Request, merge_id: int) -> Response:
        """One merge by number."""
        return versions.shown(request, self.shown(MergeOut, self.fetch(merge_id)))


class UndoneMerge(MergeResource):
    """A merge undone."""

    @describe("Undo a merge", name="merges_undo", answers={200: MergeOut}, cost=5)
    def post(self, request: Request, merge_id: int) -> Response:
        """Make one contact two again, each with their own facts. What was undone before is refused (409)."""
        found = self.fetch(merge_id)
        try:
            pipeline.undo_merge(found.pk, by=None, now=self.now)
        except AlreadyUndone:
            raise Problem(409, "already_undone", "This merge was undone before.") from None
        return Response(self.shown(MergeOut, self.fetch(merge_id)))
