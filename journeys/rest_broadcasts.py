"""Broadcasts over the partner API: what became of them, and the emergency brake."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from journeys.broadcasts import results
from journeys.flow import broadcasting
from journeys.flow.broadcasting import NotNow
from journeys.models import Journey
from journeys.rest import BY_NUMBER, JourneyResource
from journeys.rest_shapes import BroadcastOut, BroadcastResultsOut, ThingQuery
from profiles.rest import problems, versions
from profiles.rest.problems import Problem
from profiles.rest.schema import describe
from profiles.rest.shapes import page_of


class BroadcastResource(JourneyResource):
    """What addresses about broadcasts share."""

    family = "broadcasts"
    kind = Journey.Kind.BROADCAST

    def fetch(self, number: int) -> Journey:
        """One of them, with how far it has come. Raises Problem (404)."""
        found = Journey.objects.filter(pk=number, kind=self.kind).select_related("broadcast").first()
        if found is None:
            raise problems.missing()
        return found

    def chosen(self, query: dict[str, Any]) -> QuerySet[Journey]:
        """Those that the query asks for."""
        return super().chosen(query).select_related("broadcast")


class Broadcasts(BroadcastResource):
    """All broadcasts."""

    @describe(
        "List broadcasts",
        name="broadcasts_list",
        query=ThingQuery,
        answers={200: page_of(BroadcastOut)},
        cost=2,
    )
    def get(self, request: Request) -> Response:
        """Every broadcast that is not in the archive, or those that are."""
        query = self.query()
        return self.page(self.chosen(query), BroadcastOut, BY_NUMBER, query)


class OneBroadcast(BroadcastResource):
    """One broadcast."""

    @describe("Read a broadcast", name="broadcasts_read", answers={200: BroadcastOut}, is_versioned=True)
    def get(self, request: Request, broadcast_id: int) -> Response:
        """What it is called and how far it has come."""
        return versions.shown(request, self.shown(BroadcastOut, self.fetch(broadcast_id)))


class Results(BroadcastResource):
    """What became of it."""

    @describe(
        "Read a broadcast's results", name="broadcasts_results", answers={200: BroadcastResultsOut}, cost=5
    )
    def get(self, request: Request, broadcast_id: int) -> Response:
        """Who got it, who did not and why, and what they did then."""
        return Response(self.shown(BroadcastResultsOut, results.of(self.fetch(broadcast_id))))


class Stopped(BroadcastResource):
    """Held."""

    @describe("Stop a broadcast", name="broadcasts_stop", answers={200: BroadcastOut}, cost=2)
    def post(self, request: Request, broadcast_id: int) -> Response:
        """Hold what has not gone out, within a second. Going on is for people, on its page. 409 while it is not being
        sent."""
        try:
            broadcasting.stop(self.fetch(broadcast_id))
        except NotNow as problem:
            raise Problem(409, "not_now", str(problem)) from None
        return Response(self.shown(BroadcastOut, self.fetch(broadcast_id)))
