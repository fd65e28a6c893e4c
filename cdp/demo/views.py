"""Pages of the sample shop: how far it is, whom to meet, loading it, making something happen, removing it."""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from cdp.demo import finding, registry, removing, state, stirring
from cdp.demo.models import Demo
from cdp.demo.removing import left
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, MANAGE_DATA, SEE_PEOPLE

WORD: Final = "Noord & Co"  # to be typed before it is removed for good


@page(MANAGE_DATA)
@require_safe
def sample_data(request: PageRequest) -> HttpResponse:
    """Where the sample shop stands, and what can be done about it."""
    return render(request, "demo/settings.html", _about())


@page()
@require_safe
def progress(request: PageRequest) -> HttpResponse:
    """How far loading or removing is; the page is drawn anew once that is over."""
    about = _about()
    if about["demo"].phase in (Demo.Phase.READY, Demo.Phase.ABSENT):
        return HttpResponseClientRefresh()
    return render(request, "demo/progress.html", about)


@page(SEE_PEOPLE)
@require_safe
def customers(request: PageRequest) -> HttpResponse:
    """The named people, each with a story and a link."""
    return render(request, "demo/customers.html", {"people": finding.people()})


@page(MANAGE_DATA)
@require_POST
def load(request: PageRequest) -> HttpResponse:
    """Load the sample shop."""
    if state.begin(now=timezone.now()):
        _nudge()
    return redirect("home")


@page(MANAGE_DATA)
@require_http_methods(["GET", "POST"])
def remove(request: PageRequest) -> HttpResponse:
    """Remove the sample shop, once its name is typed: it cannot be undone."""
    problem = ""
    if request.method == "POST":
        if request.POST.get("word", "").strip().casefold() == WORD.casefold():
            if removing.begin(by=request.user, now=timezone.now()):
                _nudge()
            return redirect("home")
        problem = _("Type “%(word)s” to remove it.") % {"word": WORD}
    template = "demo/remove.html" + ("#inside" if request.htmx else "")
    context = {"word": WORD, "problem": problem}
    return render(request, template, context, status=422 if problem else 200)


@page(EDIT)
@require_POST
def stir(request: PageRequest) -> HttpResponse:
    """Lars orders: see him leave the journey of his cart."""
    cart = registry.number("cart")
    if cart is None or not stirring.order_for_lars(now=timezone.now()):
        messages.error(request, _("The sample shop is not here any more."))
        return redirect("home")
    messages.success(request, _("Lars has just ordered what was in his cart: he leaves the journey."))
    return redirect(reverse("journey", args=[cart]))


def _about() -> dict[str, Any]:
    demo = state.read()
    percent = demo.percent
    if demo.phase == Demo.Phase.REMOVING:
        percent = 100 - min(100, 100 * left() // max(1, demo.people))
    return {"demo": demo, "percent": percent}


def _nudge() -> None:
    """Begin at once; without it, the timetable does within seconds."""
    from cdp.celery import nudge
    from cdp.tasks import sample_shop  # the whole house hangs on it; pages load without

    nudge(sample_shop)
