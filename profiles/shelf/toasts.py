"""Toasts: what was just done, in a sentence, with a button that undoes it."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def undoable(request: HttpRequest, sentence: str, *, url: str, **fields: Any) -> None:
    """Tell it on the next page or fragment; its Undo button posts `fields` to `url`."""
    messages.success(request, sentence, extra_tags=json.dumps({"url": url, "fields": fields}))


def tell(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A fragment with what there is to tell appended, so that toasts appear without a new page."""
    response.content += render_to_string("parts/toasts.html", {"is_fragment": True}, request).encode()
    return response
