"""Where facts come from, as partners see it; keys are never shown."""

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from profiles.models import Party, Source
from profiles.rest import versions
from profiles.rest.api import Resource
from profiles.rest.cursors import Order
from profiles.rest.schema import describe
from profiles.rest.shapes import Output, PageQuery, page_of

BY_NUMBER = Order((("id", int),))


class SourceOut(Output):
    """A touchpoint that sends facts."""

    example = {
        "id": 3,
        "name": "Webshop",
        "kind": "server",
        "party": "first",
        "created_at": "2026-11-02T09:30:00Z",
        "disabled_at": None,
    }

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Source.Kind.choices)
    party = serializers.SerializerMethodField(help_text="Whose data it is: first, second or third.")
    created_at = serializers.DateTimeField()
    disabled_at = serializers.DateTimeField(allow_null=True)

    def get_party(self, source: Source) -> str:
        """In a word."""
        return Party(source.party).name.lower()


class Sources(Resource):
    """All sources."""

    family = "sources"

    @describe("List sources", name="sources_list", query=PageQuery, answers={200: page_of(SourceOut)})
    def get(self, request: Request) -> Response:
        """Where facts come from: keys of programs, imports, forms, partners, and Kindred itself."""
        return self.page(Source.objects.all(), SourceOut, BY_NUMBER, self.query())


class OneSource(Resource):
    """One source."""

    family = "sources"

    @describe("Read a source", name="sources_read", answers={200: SourceOut}, is_versioned=True)
    def get(self, request: Request, source_id: int) -> Response:
        """One source by its number."""
        found = get_object_or_404(Source, pk=source_id)
        return versions.shown(request, self.shown(SourceOut, found))
