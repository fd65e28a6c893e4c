"""What the shell's templates say: who somebody of the workspace is, what a toast can undo, a thing's head."""

import json
from typing import Any

from django import template
from django.contrib.auth.models import User
from django.contrib.messages.storage.base import Message
from django.urls import reverse
from django.utils.safestring import SafeString

from cdp.shelves import SHELVES
from profiles.models import Favourite
from profiles.shelf import Shelf, stencils
from profiles.shelf.forms import person as name_of

register = template.Library()


@register.filter
def person(user: User | None) -> str:
    """What somebody of the workspace is called."""
    return name_of(user) if user else "–"


@register.filter
def undo(message: Message) -> dict[str, Any] | None:
    """What the toast's Undo button posts, and where; None where nothing can be undone."""
    if not (message.extra_tags or "").startswith("{"):
        return None
    told: dict[str, Any] = json.loads(message.extra_tags or "{}")
    return told


@register.simple_tag
def star_of(shelf: Shelf[Any], thing: Any, is_starred: bool) -> SafeString:
    """The star in a row of a list."""
    return stencils.star(shelf, thing, is_starred=is_starred)


@register.simple_tag
def menu_of(shelf: Shelf[Any], thing: Any, may_edit: bool, here: str) -> SafeString:
    """The menu of a row of a list."""
    return stencils.menu(shelf, thing, may_edit=may_edit, here=here)


@register.inclusion_tag("parts/named_head.html", takes_context=True)
def named_head(context: dict[str, Any], slug: str, thing: Any) -> dict[str, Any]:
    """The star, the tags and the menu of a thing, for its own page: {% named_head "segments" segment %}."""
    shelf, request = SHELVES[slug], context["request"]
    stars = Favourite.objects.filter(user=request.user, kind=shelf.kind, thing_id=thing.pk)
    return {
        "shelf": shelf,
        "thing": thing,
        "is_starred": stars.exists(),
        "may_edit": request.user.has_perm(shelf.edit),
        "here": request.get_full_path(),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("shelf/name.html", takes_context=True)
def named_name(context: dict[str, Any], slug: str, thing: Any) -> dict[str, Any]:
    """A thing's name that can be typed over in place: {% named_name "segments" segment %}."""
    return {
        "thing": thing,
        "rename_url": reverse(f"{slug}_rename", args=[thing.pk]),
        "csrf_token": context.get("csrf_token"),
    }
