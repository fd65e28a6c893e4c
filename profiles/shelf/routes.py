"""The addresses of a shelf, each with the permission it asks for."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from profiles.pages import page
from profiles.shelf import views
from profiles.shelf.kinds import Shelf


def routes(shelf: Shelf[Any]) -> list[URLPattern]:
    """What a kind's list, its buttons and its dialogs are reached by; names begin with the shelf's slug."""
    see, edit = page(shelf.see), page(shelf.edit)

    def route(where: str, view: Callable[..., Any], name: str) -> URLPattern:
        return path(shelf.path + where, view, {"shelf": shelf}, name=f"{shelf.slug}_{name}".rstrip("_"))

    return [
        route("", see(require_safe(views.things)), ""),
        route("export/", see(require_safe(views.export)), "export"),
        route("columns/", see(require_POST(views.columns)), "columns"),
        route("views/", see(require_POST(views.save_view)), "view_save"),
        route("views/<int:view_id>/remove/", see(require_POST(views.remove_view)), "view_remove"),
        route("bulk/", edit(require_POST(views.bulk)), "bulk"),
        route("<int:thing_id>/star/", see(require_POST(views.star)), "star"),
        route("<int:thing_id>/archive/", edit(require_POST(views.archive)), "archive"),
        route("<int:thing_id>/restore/", edit(require_POST(views.restore)), "restore"),
        route("<int:thing_id>/copy/", edit(require_POST(views.duplicate)), "duplicate"),
        route("<int:thing_id>/name/", edit(require_POST(views.rename)), "rename"),
        route("<int:thing_id>/used-in/", see(require_safe(views.uses)), "uses"),
        route(
            "<int:thing_id>/details/", edit(require_http_methods(["GET", "POST"])(views.details)), "details"
        ),
    ]
