"""What people and programs reach from a mail: tracked links, the pixel, the unsubscribe page. Nobody is signed in."""

import base64
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from journeys.channels import receipts
from journeys.channels.receipts import Caller
from journeys.content import pictures
from journeys.messages import links, subscriptions
from journeys.messages.links import BadLink
from journeys.models import Image

log = structlog.get_logger(__name__)
PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


class Onward(HttpResponseRedirectBase):
    """To a page that a message of ours linked to; the signature was checked."""

    status_code = 302
    allowed_schemes = ["http", "https"]


def _caller(request: HttpRequest) -> Caller:
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or ""
    return Caller(request.headers.get("User-Agent", ""), request.method or "GET", purpose)


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "journeys/public/gone.html", status=404)


@never_cache
@require_safe
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Note a click and lead on."""
    try:
        message, url = links.read_click(token)
    except BadLink:
        return _gone(request)
    try:
        receipts.clicked(
            message.message_id, message.run_entered_at, url=url, caller=_caller(request), at=timezone.now()
        )
    except (DatabaseError, InterfaceError):
        log.exception(
            "click_not_noted", message=message.message_id
        )  # the reader gets where they want all the same
    try:
        return Onward(url)
    except ValueError:  # signed, but no address: a contact's own words stood in the link
        return _gone(request)


@never_cache
@require_safe
def pixel(request: HttpRequest, token: str) -> HttpResponse:
    """Note an opening and show nothing."""
    try:
        message = links.read_pixel(token)
    except BadLink:
        return HttpResponse(PIXEL, content_type="image/gif", status=404)
    try:
        receipts.opened(
            message.message_id, message.run_entered_at, caller=_caller(request), at=timezone.now()
        )
    except (DatabaseError, InterfaceError):
        log.exception("opening_not_noted", message=message.message_id)
    return HttpResponse(PIXEL, content_type="image/gif")


@csrf_exempt  # The signed link is the permission; mail programs post without cookies (RFC 8058).
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the choice and changes nothing, because scanners follow every link; POST does it."""
    try:
        link = links.read_unsubscribe(token)
        if request.method != "POST":
            standing = subscriptions.standing(link)
            page = "left" if standing.is_unsubscribed else "leave"
            return render(request, f"journeys/public/{page}.html", {"standing": standing})
        return _decide(request, link)
    except BadLink:
        return _gone(request)


def _decide(request: HttpRequest, link: links.Subscription) -> HttpResponse:
    now = timezone.now()
    one_click = request.POST.get("List-Unsubscribe") == "One-Click"
    proof = {
        "via": "one-click" if one_click else "unsubscribe page",
        "address": request.META.get("REMOTE_ADDR", ""),
        "user_agent": request.headers.get("User-Agent", "")[:300],
    }
    if request.POST.get("choice") == "back":
        standing = subscriptions.come_back(link, proof=proof, now=now)
        return render(request, "journeys/public/back.html", {"standing": standing})
    everything = request.POST.get("choice") == "everything" or link.topic_id is None
    standing = subscriptions.leave(link, everything=everything, proof=proof, now=now)
    return render(request, "journeys/public/left.html", {"standing": standing})


@require_safe
def image(request: HttpRequest, token: str, extension: str) -> HttpResponse:
    """An image of the library, as mails show it. Its bytes never change, so it may be kept for a year."""
    return _image(token, extension, "content")


@require_safe
def thumbnail(request: HttpRequest, token: str, extension: str) -> HttpResponse:
    """The same, small."""
    return _image(token, extension, "thumbnail")


def _image(token: str, extension: str, which: str) -> HttpResponse:
    kept = Image.objects.filter(token=token, extension=extension).values_list(which, flat=True).first()
    if kept is None:
        raise Http404
    kind = "png" if which == "thumbnail" and extension == "gif" else extension
    response = HttpResponse(bytes(kept), content_type=pictures.TYPES[kind])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Disposition"] = "inline"
    return response
