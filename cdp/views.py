"""Pages of the roof: Home, the test mailbox, and what only the roof may do."""

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe

from cdp import access, dashboard, mails, palette
from cdp.demo import state
from cdp.demo.models import Demo
from cdp.frame import THEME_COOKIE, THEMES
from cdp.frame import frame as frame  # settings name it as `cdp.views.frame`
from cdp.models import TestMail
from profiles.identity import MergeRefused
from profiles.models import Contact, Merge
from profiles.pages import Missing, PageRequest, page, paged, read_cursor
from profiles.permissions import MANAGE_DATA, SEE_PEOPLE
from profiles.shelf import undoable

PAGE: Final = 50
YEAR: Final = 365 * 24 * 3600

# A mail may look however it likes and do nothing: no scripts, no forms, no frames, and nothing from elsewhere
# that would tell its sender that somebody here looked.
MAIL_POLICY: Final[dict[str, list[str]]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, settings.PUBLIC_URL, "https:", "data:"],
    "frame-ancestors": [CSP.SELF],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "sandbox": ["allow-popups"],
}


@page()
@require_safe
def home(request: PageRequest) -> HttpResponse:
    """What runs, what was sent, what to do next."""
    drawn = dashboard.draw(request.user, now=timezone.now())
    is_moving = drawn.shop in (Demo.Phase.LOADING, Demo.Phase.REMOVING)
    demo = state.read() if is_moving else Demo(phase=drawn.shop)
    context = {"dashboard": drawn, "demo": demo, "percent": demo.percent}
    return render(request, "cdp/home.html", context)


@page()
@require_safe
def search(request: PageRequest) -> HttpResponse:
    """What Ctrl+K finds; a page of its own without a script."""
    words = request.GET.get("q", "").strip()[:100]
    context = {"words": words, "groups": palette.find(request.user, words)}
    return render(request, "cdp/search.html" + ("#hits" if request.htmx else ""), context)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What is missing, and who can give it."""
    context = {}
    if isinstance(exception, Missing):
        context = {"missing": access.label(exception.permission), "givers": access.givers()}
    return render(request, "403.html", context, status=403)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or auto, and go back to where it was chosen."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = redirect(target)
    if (chosen := request.POST.get("theme", "")) in THEMES:
        response.set_cookie(
            THEME_COOKIE, chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
        )
    return response


@page(SEE_PEOPLE, MANAGE_DATA)
@require_POST
def merge_people(request: PageRequest) -> HttpResponse:
    """Make one person of two; a toast takes it back."""
    from cdp import pipeline

    numbers = [request.POST.get(name, "") for name in ("survivor", "absorbed")]
    survivor, absorbed = (
        get_object_or_404(Contact, pk=int(number) if number.isdecimal() else 0) for number in numbers
    )
    try:
        merge = pipeline.merge_contacts(
            survivor_id=survivor.pk, absorbed_id=absorbed.pk, by=request.user, now=timezone.now()
        )
    except MergeRefused as error:
        messages.error(request, str(error))
        return redirect("profile", survivor.pk)
    undoable(
        request,
        _("%(name)s is part of this profile now.") % {"name": absorbed.name},
        url=reverse("undo_merge", args=[merge.merge_id]),
    )
    return redirect("profile", survivor.pk)


@page(MANAGE_DATA)
@require_POST
def undo_merge(request: PageRequest, merge_id: int) -> HttpResponse:
    """Make two people of one again."""
    from cdp import pipeline

    merge = get_object_or_404(Merge, pk=merge_id)
    if merge.undone_at is None:
        undone = pipeline.undo_merge(merge.pk, by=request.user, now=timezone.now())
        absorbed = Contact.objects.get(pk=undone.absorbed_id)
        messages.success(request, _("%(name)s has a profile of their own again.") % {"name": absorbed.name})
    return redirect("profile", merge.survivor_id)


@page(SEE_PEOPLE)
@require_safe
def mailbox(request: PageRequest) -> HttpResponse:
    """The mails that would have gone out, newest first."""
    after = read_cursor(request.GET.get("after"))
    words = request.GET.get("q", "").strip()
    kept = TestMail.objects.defer("content")
    if words:
        kept = kept.filter(Q(recipient__icontains=words) | Q(subject__icontains=words))
    if after:
        moment, number = after
        kept = kept.filter(Q(received_at__lt=moment) | Q(received_at=moment, id__lt=number))
    rows = list(kept.order_by("-received_at", "-id")[: PAGE + 1])
    context = {
        "page": paged(rows, size=PAGE, after=after, cursor=lambda one: (one.received_at, one.pk)),
        "words": words,
    }
    return render(request, "cdp/mailbox.html", context)


@page(SEE_PEOPLE)
@require_safe
def mail(request: PageRequest, mail_id: int) -> HttpResponse:
    """One mail as its contact would see it."""
    kept = get_object_or_404(TestMail, pk=mail_id)
    contact = (
        Contact.objects.filter(email__iexact=kept.recipient, merged_into__isnull=True).order_by("id").first()
    )
    return render(
        request,
        "cdp/mail.html",
        {"mail": kept, "letter": mails.read(bytes(kept.content)), "contact": contact},
    )


@csp_override(MAIL_POLICY)
@xframe_options_sameorigin
@page(SEE_PEOPLE)
@require_safe
def mail_html(request: PageRequest, mail_id: int) -> HttpResponse:
    """The HTML part alone, for the frame it is shown in."""
    kept = get_object_or_404(TestMail, pk=mail_id)
    return HttpResponse(mails.read(bytes(kept.content)).html)
