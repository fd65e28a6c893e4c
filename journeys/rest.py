"""Journeys over the partner API: what they do, who is in them; programs put people in and take them out."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import numbers
from journeys.flow import publishing, runs
from journeys.flow.runs import NotPossible
from journeys.models import Journey, Run, Version
from journeys.rest_shapes import (
    ExitedOut,
    JourneyOut,
    NumbersOut,
    RunOut,
    RunQuery,
    ThingQuery,
    TriggeredOut,
    TriggerIn,
)
from profiles.models import Contact
from profiles.rest import identities, problems, versions
from profiles.rest.api import Resource
from profiles.rest.cursors import Order
from profiles.rest.problems import Problem
from profiles.rest.schema import describe
from profiles.rest.shapes import page_of

BY_NUMBER = Order((("id", int),))
LATEST = Order((("id", int),), is_descending=True)


class JourneyResource(Resource):
    """What addresses about journeys share."""

    family = "journeys"
    kind = Journey.Kind.JOURNEY

    def fetch(self, number: int) -> Journey:
        """One of its kind. Raises Problem (404)."""
        found = Journey.objects.filter(pk=number, kind=self.kind).first()
        if found is None:
            raise problems.missing()
        return found

    def chosen(self, query: dict[str, Any]) -> QuerySet[Journey]:
        """Those that the query asks for."""
        rows = Journey.objects.filter(kind=self.kind, archived_at__isnull=not query["archived"])
        return rows.filter(status=query["status"]) if "status" in query else rows

    def open_version(self, journey: Journey) -> Version | None:
        """The version that takes people in, fetched with the others of its page."""
        known = getattr(journey, "open_versions", None)
        if known is None:
            known = list(journey.versions.filter(state__in=["live", "paused"]))
            journey.open_versions = known  # type: ignore[attr-defined]
        return known[0] if known else None


class Journeys(JourneyResource):
    """All journeys."""

    @describe(
        "List journeys", name="journeys_list", query=ThingQuery, answers={200: page_of(JourneyOut)}, cost=2
    )
    def get(self, request: Request) -> Response:
        """Every journey that is not in the archive, or those that are."""
        query = self.query()
        return self.page(self.chosen(query), JourneyOut, BY_NUMBER, query)


class OneJourney(JourneyResource):
    """One journey."""

    @describe("Read a journey", name="journeys_read", answers={200: JourneyOut}, is_versioned=True)
    def get(self, request: Request, journey_id: int) -> Response:
        """What a journey is called, what it does now and what starts it."""
        return versions.shown(request, self.shown(JourneyOut, self.fetch(journey_id)))


class Numbers(JourneyResource):
    """A journey's numbers."""

    @describe("Read a journey's numbers", name="journeys_numbers", answers={200: NumbersOut}, cost=10)
    def get(self, request: Request, journey_id: int) -> Response:
        """How many came to each step, went on, stand there, and what became of its messages, since the beginning."""
        told = numbers.of(self.fetch(journey_id), until=self.now)
        steps = [
            {
                "step": step,
                **{
                    name: getattr(one, name)
                    for name in ("entered", "passed", "waiting", "sent", "opened", "clicked")
                },
            }
            for step, one in told.items()
        ]
        return Response(self.shown(NumbersOut, {"steps": steps}))


class Triggered(JourneyResource):
    """People put in by a program."""

    @describe(
        "Put people into a journey",
        name="journeys_trigger",
        body=TriggerIn,
        answers={200: TriggeredOut},
        cost=5,
    )
    def post(self, request: Request, journey_id: int) -> Response:
        """Start a journey whose trigger is the API for up to 100 people. A key names each start: sent again, it leads
        to the same run. Whoever the journey's own rules keep out is `not_admitted`. A journey that takes nobody in
        now, or starts otherwise, answers 409."""
        people = self.body(TriggerIn)["people"]
        version = self.open_version(self.fetch(journey_id))
        if version is None:
            raise Problem(409, "not_live", "This journey takes nobody in now.")
        if (version.definition.get("trigger") or {}).get("kind") != "api":
            raise Problem(409, "other_trigger", "This journey is not started by programs.")
        results = [self._start(version, one, place) for place, one in enumerate(people)]
        return Response(self.shown(TriggeredOut, {"results": results}))

    def _start(self, version: Version, said: dict[str, Any], place: int) -> dict[str, Any]:
        contact = self._who(said, place)
        if contact is None:
            return {"key": said["key"], "contact": None, "result": "unknown", "run": None}
        try:
            run = runs.start(version, contact, data=said["data"], key=said["key"], now=self.now)
        except NotPossible as problem:
            raise Problem(409, "not_live", str(problem)) from None
        result = "in" if run else "not_admitted"
        return {"key": said["key"], "contact": contact, "result": result, "run": run.pk if run else None}

    def _who(self, said: dict[str, Any], place: int) -> int | None:
        """Whom it names now; merged people are whom they became."""
        if "identifier" in said:
            try:
                holder = identities.holder(identities.named(said["identifier"], sees_people=self.sees_people))
            except Problem as problem:
                if problem.status == 403:
                    raise
                raise problems.invalid(f"/people/{place}/identifier", problem.detail) from None
            return holder.pk if holder else None
        row = Contact.objects.filter(pk=said["contact"]).values_list("pk", "merged_into").first()
        return (row[1] or row[0]) if row else None


class Runs(JourneyResource):
    """Who is in a journey."""

    @describe(
        "List people in a journey",
        name="journeys_runs",
        query=RunQuery,
        answers={200: page_of(RunOut)},
        cost=2,
    )
    def get(self, request: Request, journey_id: int) -> Response:
        """Everybody who came in, the latest first; narrowed by state or contact."""
        query = self.query()
        rows = Run.objects.filter(journey=self.fetch(journey_id)).select_related("version")
        if "state" in query:
            rows = rows.filter(state=query["state"])
        if "contact" in query:
            rows = rows.filter(contact=query["contact"])
        return self.page(rows, RunOut, LATEST, query)


class RunResource(JourneyResource):
    """What addresses of one run share."""

    tag = "journeys"

    def run(self, run_id: int) -> Run:
        """The run. Raises Problem (404)."""
        found = Run.objects.filter(pk=run_id, journey__kind=self.kind).select_related("version").first()
        if found is None:
            raise problems.missing()
        return found


class OneRun(RunResource):
    """One person on the way."""

    @describe("Read a run", name="runs_read", answers={200: RunOut}, is_versioned=True)
    def get(self, request: Request, run_id: int) -> Response:
        """Where somebody is in a journey."""
        return versions.shown(request, self.shown(RunOut, self.run(run_id)))


class Exited(RunResource):
    """Taken out."""

    @describe("Take somebody out", name="runs_exit", answers={200: ExitedOut}, cost=2)
    def post(self, request: Request, run_id: int) -> Response:
        """Take somebody out of a journey now; what is owed to them is not sent."""
        number = runs.take_out(self.run(run_id), by=None, now=self.now)
        return Response(self.shown(ExitedOut, {"exited": bool(number)}))


class Switched(JourneyResource):
    """A journey held, or let go on."""

    def switch(self, journey_id: int, verb: Callable[[Journey], None], wanted: str) -> Response:
        """Do it; 409 where the journey is not in a state for it."""
        journey = self.fetch(journey_id)
        verb(journey)
        found = self.fetch(journey_id)
        if found.status != wanted:
            raise Problem(409, "not_now", f"It is {found.get_status_display().lower()} now.")
        return Response(self.shown(JourneyOut, found))


class Paused(Switched):
    """Held."""

    @describe("Pause a journey", name="journeys_pause", answers={200: JourneyOut}, cost=2)
    def post(self, request: Request, journey_id: int) -> Response:
        """Hold everybody where they are, and what is owed to them; people still come in, and wait."""
        return self.switch(journey_id, publishing.pause, Journey.Status.PAUSED)


class Resumed(Switched):
    """Let go on."""

    @describe("Resume a journey", name="journeys_resume", answers={200: JourneyOut}, cost=2)
    def post(self, request: Request, journey_id: int) -> Response:
        """Let everybody go on from where they were held."""
        return self.switch(journey_id, publishing.resume, Journey.Status.LIVE)
