"""What becomes of what was accepted: waiting, done, or refused with the reasons."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from profiles.rest import accepting, problems, scopes
from profiles.rest.accepting import Said
from profiles.rest.api import Resource
from profiles.rest.schema import describe
from profiles.rest.shapes import ErrorOut, Output

NUMBER = "64400d1b3c2f9-5f0c1d2e3a4b5c6d7e8f9a0b"


class AcceptedOut(Output):
    """It is accepted, and becomes facts in a moment."""

    example = {
        "id": NUMBER,
        "state": "waiting",
        "url": f"https://kindred.example/api/v1/changes/{NUMBER}/",
    }

    id = serializers.CharField()
    state = serializers.ChoiceField(choices=["waiting"])
    url = serializers.URLField(help_text="Says what became of it.")


class ResultOut(Output):
    """What became of one of many: accepted, with its address; or refused, with the reasons."""

    index = serializers.IntegerField(help_text="Its place in what was sent, from 0.")
    status = serializers.ChoiceField(choices=[202, 422])
    id = serializers.CharField(allow_null=True)
    url = serializers.URLField(allow_null=True)
    errors_ = ErrorOut(many=True)


class OutcomesOut(Output):
    """What became of each."""

    example = {
        "accepted": 1,
        "refused": 1,
        "results": [
            {"index": 0, "status": 202, "id": NUMBER, "url": AcceptedOut.example["url"], "errors": []},
            {
                "index": 1,
                "status": 422,
                "id": None,
                "url": None,
                "errors": [{"detail": "“ada@” is not an e-mail address.", "pointer": "/identifiers/email"}],
            },
        ],
    }

    accepted = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = ResultOut(many=True)


class RefusalOut(Output):
    """A part that was not accepted."""

    code = serializers.CharField()
    detail = serializers.CharField()


class ChangeOut(Output):
    """What became of something that was accepted."""

    example = {"id": NUMBER, "state": "done", "accepted_at": "2026-11-22T09:00:00.000001Z", "refusals": []}

    id = serializers.CharField()
    state = serializers.ChoiceField(
        choices=["waiting", "done", "refused"],
        help_text="Done may have refusals too: the rest of it was accepted.",
    )
    accepted_at = serializers.DateTimeField()
    refusals = RefusalOut(many=True)


def accepted(view: Resource, said: Said) -> Response:
    """202: where to ask what becomes of it."""
    url = address(view, said.number)
    return Response(
        {"id": said.number, "state": "waiting", "url": url}, status=202, headers={"Location": url}
    )


def address(view: Resource, number: str) -> str:
    """Where its fate is told."""
    return view.request.build_absolute_uri(reverse("api_change", args=[number]))


def results(view: Resource, outcomes: list[Said | problems.Problem]) -> dict[str, Any]:
    """What became of each of many."""
    rows = [
        {"index": index, "status": 202, "id": one.number, "url": address(view, one.number), "errors": []}
        if isinstance(one, Said)
        else {"index": index, "status": 422, "id": None, "url": None, "errors": one.errors}
        for index, one in enumerate(outcomes)
    ]
    good = sum(isinstance(one, Said) for one in outcomes)
    return {"accepted": good, "refused": len(outcomes) - good, "results": rows}


class Change(Resource):
    """The fate of something that this key sent."""

    tag = "contacts"

    def scopes_for(self, method: str) -> list[str]:
        """Whoever may write either may ask."""
        return []

    @describe("Ask what became of a change", name="changes_read", answers={200: ChangeOut})
    def get(self, request: Request, number: str) -> Response:
        """What was accepted with 202 is told of here for 30 days: `waiting` to be digested, `done`, or `refused`."""
        may = any(scopes.holds(self.key.scopes, scopes.writing(one)) for one in ("contacts", "events"))
        found = accepting.fate(number, key=self.key) if may else None
        if found is None:
            raise problems.missing()
        return Response(self.shown(ChangeOut, found))
