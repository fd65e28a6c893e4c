"""Versions of a resource: an ETag says which one an answer shows, and edits say which one they are about."""

import hashlib
from typing import Any, Final

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from profiles.rest.problems import Problem

LONGEST: Final = 2_000


def tag(content: Any) -> str:
    """The ETag of what an answer shows."""
    return f'"{hashlib.blake2b(JSONRenderer().render(content), digest_size=16).hexdigest()}"'


def shown(
    request: Request, content: Any, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """One resource with its ETag; 304 where the asker has this very version already."""
    etag = tag(content)
    told = {**(headers or {}), "ETag": etag}
    if request.method in ("GET", "HEAD") and _names(request.headers.get("If-None-Match", ""), etag):
        return Response(status=304, headers=told)
    return Response(content, status=status, headers=told)


def require(request: Request, content: Any, *, is_needed: bool = True) -> None:
    """Raise Problem where an edit is about another version (412), or about none though it must be (428).

    `content` None: there is nothing yet, so no version matches.
    """
    given = request.headers.get("If-Match", "")
    if not given:
        if is_needed:
            detail = "Say which version you change: If-Match with the ETag that you read."
            raise Problem(428, "version_needed", detail, errors=[{"detail": detail, "header": "If-Match"}])
        return
    if content is None or not _names(given, tag(content)):
        raise Problem(412, "changed", "It changed since you read it; read it again.")


def _names(header: str, etag: str) -> bool:
    """Whether a list of ETags names this one; * names any."""
    given = [one.strip().removeprefix("W/") for one in header[:LONGEST].split(",")]
    return "*" in given or etag in given
