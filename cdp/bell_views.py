"""The bell: its page, and the number beside it."""

from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from cdp import bell
from profiles.pages import PageRequest, page

COOKIE: Final = "bell"  # what this browser has seen; `static/js/app.js` writes it when the page is looked at


@page()
@require_safe
def every(request: PageRequest) -> HttpResponse:
    """What needs somebody, and what long work came to."""
    return render(request, "cdp/bell.html", {"rung": bell.rung(request.user, now=timezone.now())})


@page()
@require_safe
def count(request: PageRequest) -> HttpResponse:
    """How many of them are new to this browser: a part of every page, loaded after it."""
    unseen = bell.rung(request.user, now=timezone.now()).unseen(request.COOKIES.get(COOKIE, ""))
    return render(request, "cdp/bell.html#count", {"unseen": unseen})
