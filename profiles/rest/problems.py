"""The one shape in which the partner API says what went wrong: RFC 9457, `application/problem+json`."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from profiles import bodies

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
AWAY_SECONDS: Final = 5
CANCELLED: Final = "57014"  # PostgreSQL's code for a statement that took longer than it may

type Error = dict[str, str]  # detail, and pointer (into the body) or parameter (of the address) or header


class Problem(Exception):
    """An answer that says what went wrong. `code` is for programs, `detail` a sentence for people."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Error] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def body(self, instance: str) -> dict[str, Any]:
        """As RFC 9457 writes it; `instance` is the address that was asked."""
        told: dict[str, Any] = {
            "type": f"urn:kindred:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
        }
        if self.errors:
            told["errors"] = self.errors
        return told


class ProblemRenderer(JSONRenderer):
    """JSON under the media type of problems."""

    media_type = MEDIA_TYPE
    format = "problem"


def missing(detail: str = "There is nothing here, or this key may not see it.") -> Problem:
    """404: also for what exists and must not be told."""
    return Problem(404, "not_found", detail)


def unusable(parameter: str, detail: str) -> Problem:
    """400 for one parameter of the address."""
    return Problem(400, "bad_parameter", detail, errors=[{"detail": detail, "parameter": parameter}])


def invalid(pointer: str, detail: str) -> Problem:
    """422 for one value of the body; `pointer` is a JSON pointer, "/email" say."""
    return Problem(422, "invalid", detail, errors=[{"detail": detail, "pointer": pointer}])


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """Every error becomes an answer of the one shape (DRF's EXCEPTION_HANDLER)."""
    request = context["request"]
    problem = told(error)
    if problem.status == 500:
        log.exception("api_failed", path=request.path, exc_info=error)
    return answer(problem, request.path)


def answer(problem: Problem, instance: str) -> Response:
    """The problem as a response."""
    return Response(
        problem.body(instance),
        status=problem.status,
        headers=problem.headers,
        content_type=MEDIA_TYPE,
    )


def told(error: Exception) -> Problem:
    """Which problem an error is."""
    match error:
        case Problem():
            return error
        case bodies.BadRequest():
            return Problem(error.status, error.code, error.detail)
        case exceptions.ValidationError():
            errors = _flat(error.detail)
            return Problem(422, "invalid", "The body is not as it must be; see errors.", errors=errors)
        case exceptions.APIException():
            return _of_framework(error)
        case Http404():
            return missing()
        case PermissionDenied():
            return Problem(403, "forbidden", "This key may not do that.")
        case OperationalError() | InterfaceError():
            return _of_database(error)
    return Problem(500, "failed", "Something is wrong on our side. It is written down; try again later.")


CODES: Final = {
    400: ("malformed", "The request cannot be read."),
    401: ("invalid_key", "Send a key that is valid: Authorization: Bearer kc_…"),
    403: ("forbidden", "This key may not do that."),
    404: ("not_found", "There is nothing here, or this key may not see it."),
    405: ("method_not_allowed", "This address does not take that method."),
    415: ("unsupported_type", "Send JSON, with Content-Type: application/json."),
}


def _of_framework(error: exceptions.APIException) -> Problem:
    code, detail = CODES.get(error.status_code, ("failed", str(error.detail)))
    headers = {"WWW-Authenticate": "Bearer"} if error.status_code == 401 else {}
    return Problem(error.status_code, code, detail, headers=headers)


def _of_database(error: Exception) -> Problem:
    if getattr(error.__cause__, "sqlstate", "") == CANCELLED:
        return Problem(400, "too_costly", "This question takes too long; narrow it.")
    log.warning("api_without_database", error=str(error))
    detail = "Nothing was done; try it again."
    return Problem(503, "unavailable", detail, headers={"Retry-After": str(AWAY_SECONDS)})


def _flat(detail: Any, pointer: str = "") -> list[Error]:
    """DRF's nested errors as a list with JSON pointers."""
    if isinstance(detail, Mapping):
        found: list[Error] = []
        for key, inside in detail.items():
            step = "" if key == "non_field_errors" else f"/{str(key).replace('~', '~0').replace('/', '~1')}"
            found += _flat(inside, pointer + step)
        return found
    if isinstance(detail, list):
        if all(isinstance(one, str) for one in detail):
            return [{"detail": str(one), "pointer": pointer} for one in detail]
        return [error for index, one in enumerate(detail) for error in _flat(one, f"{pointer}/{index}")]
    return [{"detail": str(detail), "pointer": pointer}]
