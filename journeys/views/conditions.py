"""What can be asked in a journey's conditions: everything that segments ask, and who read its mails."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from journeys.editor import conditions, drafting, names, titles
from journeys.views.editor import journey_of
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT
from segments import pickers
from segments.offers import offers


@page(EDIT)
@require_safe
def picker(request: PageRequest, journey_id: int) -> HttpResponse:
    """Everything that can be added as a condition."""
    definition = drafting.draft(journey_of(journey_id))
    known = names.of([definition])
    mails = titles.mails(definition, known)
    shelves = [*conditions.shelf(list(mails.items())), *pickers.shelves(offers(known.catalogue))]
    return render(request, "segments/picker.html", {"shelves": shelves})
