"""The page of examples."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cdp import examples
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT


@page(EDIT)
@require_safe
def every(request: PageRequest) -> HttpResponse:
    """Examples by kind; each opens its editor."""
    return render(request, "cdp/examples.html", {"shelves": examples.shelves()})
