"""What every request carries: an id that its log lines and its answer share, and no character that no row can hold."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

NUL = "%00"  # as it stands in an address
MACHINES = ("/api/", "/v1/")
ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


class RequestId:
    """Middleware: binds `request_id` to the log lines of this request and answers with it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take the caller's id where it looks like one, else make one."""
        given = request.headers.get("X-Request-Id", "")
        request_id = given if ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


class NoNul:
    """Middleware: takes the NUL character out of a page's query: PostgreSQL keeps none and would refuse the search.

    Programs are told that what they send is wrong.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Clean what was asked before anybody reads it."""
        query = request.META.get("QUERY_STRING", "")
        if NUL in query and not request.path.startswith(MACHINES):
            request.META["QUERY_STRING"] = query.replace(NUL, "")
        return self.get_response(request)
