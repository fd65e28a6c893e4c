"""Parts of a row that differ from one row to the next by number and name alone: drawn once, then filled in.

Fifty menus with their addresses and words take longer to draw than everything else on a list.
"""

import functools
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from profiles.models import Named
from profiles.shelf.kinds import Shelf

NUMBER: Final = 918_273_645_546_372  # the address of no thing
NAME: Final = "NameOfTheThingInThisRow"
HERE: Final = "AddressOfThisPage"
ROUTES: Final = ("star", "archive", "restore", "duplicate", "details", "uses")


def star(shelf: Shelf[Any], thing: Named, *, is_starred: bool) -> SafeString:
    """The button that gives a star or takes it back."""
    return _filled(_draw("shelf/star.html", shelf, is_starred=is_starred), thing)


def menu(shelf: Shelf[Any], thing: Named, *, may_edit: bool, here: str) -> SafeString:
    """What can be done with it; `here` is where its details lead back to."""
    is_archived = thing.archived_at is not None
    words = {"copies": str(shelf.copies), "uses_label": str(shelf.uses_label)}
    said = _draw("shelf/row_menu.html", shelf, may_edit=may_edit, is_archived=is_archived, **words)
    return _filled(said.replace(HERE, quote(here)), thing)


def _filled(said: str, thing: Named) -> SafeString:
    return mark_safe(said.replace(str(NUMBER), str(thing.pk)).replace(NAME, escape(thing.name)))  # noqa: S308


def _draw(template: str, shelf: Shelf[Any], **said: bool | str) -> str:
    draw = _drawn.__wrapped__ if settings.DEBUG else _drawn
    return draw(template, shelf.slug, shelf.duplicates, get_language() or "en", tuple(said.items()))


@functools.cache
def _drawn(
    template: str, slug: str, duplicates: bool, language: str, said: tuple[tuple[str, bool | str], ...]
) -> str:
    flags = dict(said)
    context = {
        "thing": {"pk": NUMBER, "name": NAME, "archived_at": flags.get("is_archived", False)},
        "shelf": {"duplicates": duplicates},
        "routes": {name: f"{slug}_{name}" for name in ROUTES},
        "star_url": reverse(f"{slug}_star", args=[NUMBER]),
        "here": HERE,
        **flags,
    }
    return render_to_string(template, context)
