"""The pages and buttons of a shelf. Each is a function of the shelf; `routes` gives it permission and address."""

import csv
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import slugify
from django.utils.translation import gettext as _

from profiles.models import SavedView
from profiles.pages import PageRequest
from profiles.shelf import archive as archives
from profiles.shelf import bulk as bulks
from profiles.shelf import labels, listing, names, toasts
from profiles.shelf.forms import DetailsForm
from profiles.shelf.kinds import Shelf

YEAR: Final = 365 * 24 * 3600
MOST_EXPORTED: Final = 20_000

type AnyShelf = Shelf[Any]


def things(request: PageRequest, shelf: AnyShelf) -> HttpResponse:
    """The list; its part with the rows when only that is asked for."""
    part = "#results" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"shelf/list.html{part}", listing.draw(request, shelf))


def export(request: PageRequest, shelf: AnyShelf) -> HttpResponse:
    """The list as it is filtered, as CSV."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(shelf.slug)}.csv"'
    writer = csv.writer(response)
    for line in listing.lines(request, shelf, MOST_EXPORTED):
        writer.writerow([_harmless(word) for word in line])
    return response


def _harmless(word: str) -> str:
    """Spreadsheets take what begins like a formula for one."""
    return f"'{word}" if word[:1] in ("=", "+", "-", "@", "\t", "\r") else word


def columns(request: PageRequest, shelf: AnyShelf) -> HttpResponse:
    """Keep the columns that somebody chose."""
    response = _back(request, shelf)
    kept = ".".join(key for key in request.POST.getlist("column") if key.isidentifier())
    response.set_cookie(
        listing.cookie(shelf), kept, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
    )
    return response


def save_view(request: PageRequest, shelf: AnyShelf) -> HttpResponse:
    """Keep this search under a name; the same name again means the new one."""
    name = " ".join(request.POST.get("name", "").split())[:60]
    if name:
        SavedView.objects.update_or_create(
            user=request.user,
            kind=shelf.slug,
            name=name,
            defaults={"query": request.POST.get("query", "")[:1000]},
        )
        messages.success(request, _("Saved as “%(name)s”.") % {"name": name})
    return _back(request, shelf)


def remove_view(request: PageRequest, shelf: AnyShelf, view_id: int) -> HttpResponse:
    """Forget a saved search, until Undo saves it again."""
    view = get_object_or_404(SavedView, pk=view_id, user=request.user, kind=shelf.slug)
    view.delete()
    toasts.undoable(
        request,
        _("“%(name)s” is no longer a saved view.") % {"name": view.name},
        url=reverse(f"{shelf.slug}_view_save"),
        name=view.name,
        query=view.query,
    )
    return redirect(shelf.slug)


def star(request: PageRequest, shelf: AnyShelf, thing_id: int) -> HttpResponse:
    """Give a star, or take it back."""
    thing = _thing(shelf, thing_id)
    is_starred = labels.star(shelf, thing, by=request.user)
    if not request.htmx:
        return _back(request, shelf)
    context = {"thing": thing, "is_starred": is_starred, "star_url": request.path}
    return render(request, "shelf/star.html", context)


def archive(request: PageRequest, shelf: AnyShelf, thing_id: int) -> HttpResponse:
    """Put one thing away; the toast takes it out again."""
    bulks.archive(request, shelf, [_thing(shelf, thing_id)], now=timezone.now())
    return _back(request, shelf, not_to=shelf.url(_thing(shelf, thing_id)))


def restore(request: PageRequest, shelf: AnyShelf, thing_id: int) -> HttpResponse:
    """Take one thing out of the archive."""
    for thing in archives.restore(shelf, [_thing(shelf, thing_id)], by=request.user, now=timezone.now()):
        messages.success(request, _("“%(name)s” is back.") % {"name": thing.name})
    return _back(request, shelf)


def duplicate(request: PageRequest, shelf: AnyShelf, thing_id: int) -> HttpResponse:
    """Make a copy and open it."""
    copy = names.duplicate(shelf, _thing(shelf, thing_id), by=request.user, now=timezone.now())
    toasts.undoable(
        request,
        shelf.copy_said(copy) or _("This is “%(name)s”.") % {"name": copy.name},
        url=shelf.uncopy(copy) if shelf.uncopy else reverse(f"{shelf.slug}_archive", args=[copy.pk]),
    )
    return redirect(shelf.url(copy))


def bulk(request: PageRequest, shelf: AnyShelf) -> HttpResponse:
    """Do one thing to many."""
    chosen = bulks.chosen(request, shelf)
    deed = bulks.DEEDS.get(request.POST.get("deed", ""))
    if deed and not chosen:
        messages.warning(request, _("Choose something first."))
    elif deed:
        deed(request, shelf, chosen, now=timezone.now())
    return _back(request, shelf)


def uses(request: PageRequest, shelf: AnyShelf, thing_id: int) -> HttpResponse:
    """Where a thing is used."""
    thing = _thing(shelf, thing_id)
    context = {"shelf": shelf, "thing": thing, "uses": shelf.uses([thing.pk]).get(thing.pk, ())}
    context["thing_url"] = shelf.url(thing)
    return render(request, "shelf/uses.html" + ("#uses" if request.htmx else ""), context)


def details(request: PageRequest, shelf: AnyShelf, thing_id: int) -> HttpResponse:
    """Name, description, tags, campaign, owner: a dialog on any page, a page of its own without a script."""
    thing = _thing(shelf, thing_id)
    form = (shelf.form or DetailsForm)(request.POST or None, shelf=shelf, thing=thing)
    if request.method == "POST" and form.is_valid():
        form.save(by=request.user)
        messages.success(request, _("Saved."))
        if request.htmx:
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        return _back(request, shelf, otherwise=shelf.url(thing))
    context = {"shelf": shelf, "thing": thing, "form": form, "here": _target(request, shelf.url(thing))}
    context["action"] = request.path
    part = "#form" if request.htmx else ""
    # htmx swaps only what was answered with success.
    status = 422 if form.errors and not request.htmx else 200
    return render(request, f"shelf/details.html{part}", context, status=status)


def rename(request: PageRequest, shelf: AnyShelf, thing_id: int) -> HttpResponse:
    """Give a thing the name that was typed over its heading."""
    thing = _thing(shelf, thing_id)
    name = " ".join(request.POST.get("name", "").split())[:120]
    problem = ""
    if not name:
        problem = _("It needs a name.")
    elif names.is_taken(shelf, name, besides=thing.pk):
        problem = _("“%(name)s” is already used.") % {"name": name}
    elif name != thing.name:
        thing.name, thing.edited_by = name, request.user
        thing.save(update_fields=["name", "edited_by", "updated_at"])
    if not request.htmx:
        if problem:
            messages.error(request, problem)
        return _back(request, shelf, otherwise=shelf.url(thing))
    context = {"shelf": shelf, "thing": thing, "name": name or thing.name, "problem": problem}
    context["rename_url"] = request.path
    return render(request, "shelf/name.html", context)


def _thing(shelf: AnyShelf, thing_id: int) -> Any:
    return get_object_or_404(shelf.things(), pk=thing_id)


def _back(request: HttpRequest, shelf: AnyShelf, *, otherwise: str = "", not_to: str = "") -> HttpResponse:
    """To the page that the button was on."""
    target = _target(request, otherwise or reverse(shelf.slug))
    return redirect(reverse(shelf.slug) if not_to and target.startswith(not_to) else target)


def _target(request: HttpRequest, otherwise: str) -> str:
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours else otherwise
