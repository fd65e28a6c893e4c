"""How the partner API describes itself: OpenAPI, with every answer that an operation may give."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from profiles.rest import problems
from profiles.rest.shapes import Input, ProblemOut, Query, Shape

ALWAYS: Final = (400, 401, 403, 429, 500, 503)
WITH_BODY: Final = (413, 415, 422)
WRITES: Final = ("POST", "PUT", "PATCH")
RATE: Final = {
    "RateLimit": {
        "description": "What is left of the key's allowance, and the seconds until it is full.",
        "schema": {"type": "string"},
        "example": '"requests";r=599;t=1',
    }
}
RETRY: Final = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "string"}, "example": "3"}
}
ETAG: Final = {"ETag": {"description": "The version that is shown.", "schema": {"type": "string"}}}
IDEMPOTENCY: Final = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A name for this request, new for each; sent again within 24 hours, it is not done again"
    " and has the first answer, with `Idempotent-Replayed: true`.",
)
IF_MATCH: Final = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag of the version that is changed."
)
IF_NONE_MATCH: Final = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag that you have: 304 if it still holds.",
)


@dataclass(frozen=True, slots=True)
class Deed:
    """What the kit must know of a handler."""

    query: type[Query] | None = None
    cost: int = 1
    is_versioned: bool = False  # reading shows an ETag, editing asks for If-Match
    needs_version: bool = True
    problems: tuple[int, ...] = ()


def describe[F: Callable[..., Any]](
    summary: str,
    *,
    name: str,
    answers: Mapping[int, Shape | None],
    query: type[Query] | None = None,
    body: type[Input] | None = None,
    parameters: Sequence[OpenApiParameter] = (),
    cost: int = 1,
    is_versioned: bool = False,
    needs_version: bool = True,
    also: tuple[int, ...] = (),
) -> Callable[[F], F]:
    """Decorate a handler of a Resource with what it takes and answers; the docstring is its description.

    `name` is the operation's, unique: what generated clients call it. `cost` is how many requests it counts for.
    `also` are the problems that only this operation has.
    """
    deed = Deed(query, cost, is_versioned, needs_version, also)

    def decorate(handler: F) -> F:
        handler.deed = deed  # type: ignore[attr-defined]
        described = extend_schema(
            operation_id=name,
            summary=summary,
            description=" ".join((handler.__doc__ or summary).split()),
            parameters=[*([query] if query else []), *parameters],
            request=body,
            responses={status: _answer(shape, status) for status, shape in answers.items()},
            examples=_examples(body, request_only=True),
        )
        decorated: F = described(handler)
        return decorated

    return decorate


def _answer(shape: Shape | None, status: int) -> OpenApiResponse:
    phrase = HTTPStatus(status).phrase
    if shape is None:
        return OpenApiResponse(description=phrase)
    return OpenApiResponse(shape, description=phrase, examples=_examples(shape, status=status))


def _examples(shape: Any, *, status: int = 200, request_only: bool = False) -> list[OpenApiExample]:
    example = getattr(shape, "example", None)
    if example is None:
        return []
    return [OpenApiExample("Example", value=example, request_only=request_only, status_codes=[str(status)])]


def deed_of(view: Any, method: str) -> Deed:
    """What the kit must know of a view's handler."""
    found = getattr(getattr(view, method.lower(), None), "deed", None)
    return found if isinstance(found, Deed) else Deed()


class Schema(AutoSchema):
    """Adds what every operation has in common: problems, headers, scopes."""

    def get_tags(self) -> list[str]:
        """The family, in words."""
        return [getattr(self.view, "tag", "") or getattr(self.view, "family", "") or "meta"]

    def get_override_parameters(self) -> list[Any]:
        """The headers that the kit reads."""
        deed = deed_of(self.view, self.method)
        found = [IDEMPOTENCY] if self.method == "POST" else []
        if deed.is_versioned:
            found.append(IF_NONE_MATCH if self.method == "GET" else IF_MATCH)
        return [*found, *super().get_override_parameters()]

    def get_operation(self, *arguments: Any, **keywords: Any) -> Any:
        """With the scopes that it takes."""
        operation = super().get_operation(*arguments, **keywords)
        if operation and hasattr(self.view, "scopes_for"):
            needed = self.view.scopes_for(self.method)
            words = " and ".join(f"`{scope}`" for scope in needed)
            operation["description"] = f"{operation.get('description', '')}\n\nScope: {words}.".strip()
            operation["x-scopes"] = needed
        return operation

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        deed = deed_of(self.view, self.method)
        for answer in bodies.values():
            headers = {**answer.get("headers", {}), **RATE}
            answer["headers"] = {**headers, **ETAG} if deed.is_versioned else headers
        if deed.is_versioned and self.method == "GET":
            bodies["304"] = {"description": "You have this version already.", "headers": ETAG}
        for status in self._problems(deed):
            bodies[str(status)] = self._problem(status)
        return dict(sorted(bodies.items()))

    def _problems(self, deed: Deed) -> list[int]:
        found = {*ALWAYS, *deed.problems}
        if "{" in self.path:
            found.add(404)
        if self.method in WRITES and self.get_request_serializer() is not None:
            found.update(WITH_BODY)
        if self.method == "POST":
            found.update((409, 413, 415, 422))  # of Idempotency-Key, and of a body where there is none
        if deed.is_versioned and self.method != "GET":
            found.update((412, 428) if deed.needs_version else (412,))
        return sorted(found)

    def _problem(self, status: int) -> dict[str, Any]:
        component = self.resolve_serializer(ProblemOut(), "response")
        headers = RETRY if status in (429, 503) else {}
        phrase = HTTPStatus(status).phrase
        example = {
            "type": f"urn:kindred:problem:{problems.CODES.get(status, ('invalid', ''))[0]}",
            "title": phrase,
            "status": status,
            "detail": problems.CODES.get(status, ("", phrase))[1],
            "instance": self.path,
        }
        content = {problems.MEDIA_TYPE: {"schema": component.ref, "example": example}}
        return {"description": phrase, "content": content, **({"headers": headers} if headers else {})}

    def _postprocess_serializer_schema(self, schema: Any, serializer: Any, direction: Any) -> Any:
        schema = super()._postprocess_serializer_schema(schema, serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, Input):
            schema["additionalProperties"] = False
        return schema

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        """As partners read it: ContactOut is Contact, ContactIn is ContactRequest."""
        return type(serializer).__name__.removesuffix("Out").removesuffix("In")


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a key is sent."""

    target_class = "profiles.rest.api.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Authorization: Bearer kc_…"""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "kc_…"}
