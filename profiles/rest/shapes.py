"""What goes in and out: serializers that refuse what they do not know, and the shape of a page."""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from django.http import QueryDict
from rest_framework import serializers

from profiles.rest import cursors
from profiles.rest.problems import Problem

type Shape = type["serializers.Serializer[Any]"]


class Renaming(serializers.Serializer[Any]):
    """A field that is declared as `source_` is called `source`: some words are the framework's, too."""

    def get_fields(self) -> dict[str, Any]:
        """The fields under the names that partners see."""
        return {name.rstrip("_"): field for name, field in super().get_fields().items()}


class Output(Renaming):
    """What an answer shows. `example` is one of it, for the documentation."""

    example: ClassVar[Any] = None


class Input(Renaming):
    """A body. What it does not name is refused: a misspelt name must not pass for nothing."""

    example: ClassVar[Any] = None

    def to_internal_value(self, data: Any) -> Any:
        """Check the names, then the values."""
        if isinstance(data, Mapping):
            strange = sorted(str(name)[:100] for name in data if name not in self.fields)
            if strange:
                known = ", ".join(self.fields)
                raise serializers.ValidationError(
                    {name: [f"There is no such field; there are {known}."] for name in strange}
                )
        return super().to_internal_value(data)


class Query(Renaming):
    """The parameters of an address; strange ones are refused."""

    @classmethod
    def read(cls, given: QueryDict) -> dict[str, Any]:
        """The values that were given, and the defaults. Raises Problem (400)."""
        query = cls(data={name: given[name] for name in given})
        strange = sorted(name for name in given if name not in query.fields)
        errors = [{"detail": "There is no such parameter.", "parameter": name[:100]} for name in strange]
        if not query.is_valid():
            errors += [
                {"detail": str(text), "parameter": name}
                for name, texts in query.errors.items()
                for text in (texts if isinstance(texts, list) else [texts])
            ]
        if errors:
            raise Problem(
                400, "bad_parameter", "A parameter is not as it must be; see errors.", errors=errors
            )
        found: dict[str, Any] = dict(query.validated_data)
        return found


class PageQuery(Query):
    """The parameters of a list."""

    cursor = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=cursors.LONGEST,
        help_text="Where to go on; it stands in the `next` of the page before. Opaque.",
    )
    limit = serializers.IntegerField(
        required=False, default=cursors.LIMIT, min_value=1, max_value=cursors.MOST, help_text="Rows a page."
    )


class ErrorOut(Output):
    """One thing that is wrong, and where."""

    detail = serializers.CharField()
    pointer = serializers.CharField(required=False, help_text="JSON pointer into the body.")
    parameter = serializers.CharField(required=False, help_text="Parameter of the address.")
    header = serializers.CharField(required=False, help_text="Header of the request.")


class ProblemOut(Output):
    """What went wrong, after RFC 9457."""

    type = serializers.CharField(help_text="The kind of problem, for programs: `urn:kindred:problem:…`.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for people.")
    instance = serializers.CharField(help_text="The address that was asked.")
    errors_ = ErrorOut(many=True, required=False)


@cache
def page_of(shape: Shape) -> Shape:
    """The shape of a page of these."""
    name = shape.__name__.removesuffix("Out")
    example = getattr(shape, "example", None)
    return type(
        f"{name}PageOut",
        (Output,),
        {
            "__doc__": f"A page: {name}.",
            "results": shape(many=True),
            "next": serializers.URLField(
                allow_null=True, help_text="The address of the next page; null on the last."
            ),
            "example": {"results": [example], "next": None} if example else None,
        },
    )
