"""People: listed, found, written. What is written about them is accepted, and digested a moment later."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from profiles import people
from profiles.models import Contact, ContactActivity, Lane, Party
from profiles.people import Search
from profiles.rest import changes, identities, problems, scopes, versions
from profiles.rest.accepting import Checker, Said, accept
from profiles.rest.api import Resource
from profiles.rest.contact_shapes import (
    ActivityOut,
    AttributesOut,
    ContactIn,
    ContactOut,
    ContactQuery,
    ContactsIn,
    LookupQuery,
)
from profiles.rest.cursors import Order, cut
from profiles.rest.problems import Problem
from profiles.rest.schema import describe
from profiles.rest.shapes import Input, page_of

KNOWN = Order((("known_since_at", dt.datetime), ("id", int)), is_descending=True)
EVERYBODY = Order((("created_at", dt.datetime), ("id", int)), is_descending=True)
BULK_BYTES = 4 * 1024 * 1024


class ContactResource(Resource):
    """What addresses about people share."""

    family = "contacts"

    def fetch(self, contact_id: int) -> Contact:
        """Somebody by number. Raises Problem (404), which names who they are part of by now."""
        contact = Contact.objects.filter(pk=contact_id).first()
        if contact is None:
            raise problems.missing()
        if contact.merged_into_id is not None:
            now = f"/api/v1/contacts/{contact.merged_into_id}/"
            raise Problem(
                404,
                "merged",
                f"This contact is part of contact {contact.merged_into_id} now.",
                headers={"Link": f'<{now}>; rel="successor-version"'},
            )
        return contact

    def told(self, contacts: Sequence[Contact]) -> list[dict[str, Any]]:
        """These people, as far as the key may see."""
        context = {"view": self, "links": identities.of(contact.pk for contact in contacts)}
        told: list[dict[str, Any]] = ContactOut(contacts, many=True, context=context).data  # type: ignore[assignment]
        return told

    def told_one(self, contact: Contact) -> dict[str, Any]:
        """One of them."""
        return self.told([contact])[0]


class Contacts(ContactResource):
    """All people, and new ones."""

    @describe(
        "List contacts", name="contacts_list", query=ContactQuery, answers={200: page_of(ContactOut)}, cost=2
    )
    def get(self, request: Request) -> Response:
        """Known people, the newest first, narrowed by what is asked; or whoever has an identifier."""
        query = self.query()
        if "identifier" in query:
            who = identities.named(query["identifier"], sees_people=self.sees_people)
            found = identities.holder(who)
            return self.pages(self.told([found] if found else []), None)
        if "q" in query and not self.sees_people:
            raise identities.lacks("To search for words")
        order = EVERYBODY if query["visitors"] else KNOWN
        page = cut(_searched(query), order, cursor=query["cursor"], limit=query["limit"])
        return self.pages(self.told(page.rows), page.next)

    @describe(
        "Create or update a contact",
        name="contacts_upsert",
        body=ContactIn,
        answers={202: changes.AcceptedOut},
    )
    def post(self, request: Request) -> Response:
        """Say who somebody is and what is known of them. Whoever has one of the identifiers is updated; where
        nobody has, a contact is made; where two have, they become one if the rules allow it."""
        given = self.body(ContactIn)
        checker = Checker(self.key, self.now)
        checker.know([given["attributes"]])
        said = checker.contact(given)
        accept([said], key=self.key, now=self.now)
        return changes.accepted(self, said)


def _searched(query: dict[str, Any]) -> QuerySet[Contact]:
    return people.find(
        Search(
            words=query.get("q", ""),
            country=query.get("country", "").upper(),
            stage=query.get("stage", ""),
            reach=query.get("reach", ""),
            source=str(query.get("source", "")),
            visitors=query["visitors"],
        )
    )


class BulkContacts(ContactResource):
    """Many people at once."""

    body_bytes = BULK_BYTES

    @describe(
        "Create or update many contacts",
        name="contacts_bulk_upsert",
        body=ContactsIn,
        answers={202: changes.OutcomesOut},
        cost=10,
    )
    def post(self, request: Request) -> Response:
        """At most 1,000 people, each as in `POST /contacts/`, in 4 MB at most. Each is accepted or refused for
        itself; where none can be accepted, the answer is 422."""
        given = self.body(ContactsIn)
        outcomes = _checked(given["contacts"], Checker(self.key, self.now))
        said = [one for one in outcomes if isinstance(one, Said)]
        if not said:
            raise none_accepted(outcomes, "contacts")
        accept(said, key=self.key, lane=None if given["starts_journeys"] else Lane.BULK, now=self.now)
        return Response(changes.results(self, outcomes), status=202)


def _checked(given: Sequence[dict[str, Any]], checker: Checker) -> list[Said | Problem]:
    shapes = [ContactIn(data=one) for one in given]
    checker.know([shape.validated_data["attributes"] for shape in shapes if shape.is_valid()])
    return [attempt(shape, checker.contact) for shape in shapes]


def attempt(shape: Input, check: Callable[[Any], Said]) -> Said | Problem:
    """One of many, fit for the inbox; or what is wrong with it."""
    try:
        shape.is_valid(raise_exception=True)
        return check(shape.validated_data)
    except (ValidationError, Problem) as error:
        return problems.told(error)


def none_accepted(outcomes: Sequence[Said | Problem], name: str) -> Problem:
    """422, with all that is wrong."""
    errors = [
        {**error, "pointer": f"/{name}/{index}{error.get('pointer', '')}"}
        for index, one in enumerate(outcomes)
        if isinstance(one, Problem)
        for error in one.errors
    ]
    return Problem(422, "invalid", "None of them can be accepted; see errors.", errors=errors[:1000])


class Lookup(ContactResource):
    """Somebody by an identifier."""

    @describe(
        "Find a contact by an identifier",
        name="contacts_lookup",
        query=LookupQuery,
        answers={200: ContactOut},
        is_versioned=True,
        also=(404,),
    )
    def get(self, request: Request) -> Response:
        """Whoever has this identifier now. Without `personal_data` only `user_id` may be asked for."""
        who = identities.named(self.query()["identifier"], sees_people=self.sees_people)
        found = identities.holder(who)
        if found is None:
            raise problems.missing("Nobody has this identifier.")
        return versions.shown(request, self.told_one(found))


class OneContact(ContactResource):
    """One person."""

    @describe("Read a contact", name="contacts_read", answers={200: ContactOut}, is_versioned=True)
    def get(self, request: Request, contact_id: int) -> Response:
        """One person by number. Who became part of somebody else is answered with 404 and a `Link` to them."""
        return versions.shown(request, self.told_one(self.fetch(contact_id)))


class Attributes(ContactResource):
    """What is known of somebody, with its provenance."""

    needs = (scopes.PERSONAL,)

    @describe(
        "List a contact's attributes",
        name="contacts_attributes",
        answers={200: AttributesOut},
        is_versioned=True,
    )
    def get(self, request: Request, contact_id: int) -> Response:
        """Each present value with who said so and when. First-party beats second, second third; then the latest."""
        contact = self.fetch(contact_id)
        values = {**contact.attributes}
        held = [(key, whence) for key, whence in sorted(contact.provenance.items())]
        rows = [
            {
                "key": key,
                "value": values.get(key, getattr(contact, key, None) or None),
                "party": Party(whence[0]).name.lower(),
                "source": whence[2],
                "stated_at": dt.datetime.fromtimestamp(whence[1], dt.UTC),
            }
            for key, whence in held
        ]
        told = [row for row in rows if row["value"] is not None]
        return versions.shown(request, self.shown(AttributesOut, {"results": told}))


class Activity(ContactResource):
    """How lively somebody is."""

    @describe(
        "Read a contact's activity", name="contacts_activity", answers={200: ActivityOut}, is_versioned=True
    )
    def get(self, request: Request, contact_id: int) -> Response:
        """When somebody was first and last seen, and how many events there are."""
        contact = self.fetch(contact_id)
        found = ContactActivity.objects.filter(contact=contact).first()
        nothing = {"first_seen_at": None, "last_seen_at": None, "event_count": 0}
        return versions.shown(request, self.shown(ActivityOut, found or nothing))
