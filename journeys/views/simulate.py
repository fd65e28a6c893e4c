"""Simulate: the way somebody would take through a journey as it is drawn, if they came in now. Nothing changes."""

from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from journeys.editor import arrival, drafting, simulation, telling, workbench
from journeys.editor.telling import Choice, Line, Teller
from journeys.editor.workbench import Bench
from journeys.flow import graph, publishing
from journeys.flow.shapes import Email, SetAttribute
from journeys.messages import quiet
from journeys.messages.quiet import Quiet
from journeys.models import Journey, Run
from profiles import people as everyone
from profiles import workspace
from profiles.models import Contact
from profiles.pages import PageRequest, page
from profiles.permissions import EDIT, SEE, SEE_PEOPLE

FOUND: Final = 8
OFFERED: Final = 3  # people to begin with


@page(SEE, SEE_PEOPLE)
@require_safe
def simulate(request: PageRequest, journey_id: int) -> HttpResponse:
    """The drawer: somebody to choose, and their way; with words, who is found by them."""
    journey = get_object_or_404(Journey, pk=journey_id, archived_at=None, kind=Journey.Kind.JOURNEY)
    if "q" in request.GET:
        said = request.GET["q"].strip()
        found = everyone.find(everyone.Search(words=said))[:FOUND] if said else []
        return render(
            request, "journeys/canvas/simulate.html#found", {"journey": journey, "found": found, "q": said}
        )
    bench = Bench(drafting.open_desk(journey), request.user.has_perm(EDIT), timezone.now())
    # Who chooses on the way, or draws meanwhile, keeps their place.
    focuses = "choose" not in request.GET and "still" not in request.GET
    context = simulate_context(request, bench) | {"journey": journey, "focuses": focuses}
    response = render(request, "journeys/canvas/simulate.html", context)
    response["HX-Replace-Url"] = f"{reverse('journey', args=[journey.pk])}?{context['query']}"
    return response


def simulate_context(request: PageRequest, bench: Bench) -> dict[str, Any]:
    """What the drawer shows: the address names the person and what was chosen on the way."""
    text = request.GET.get("simulate", "")
    number = int(text) if text.isdigit() and len(text) < 11 else 0
    contact = Contact.objects.filter(pk=number, merged_into=None).first() if number else None
    if contact is None:
        return {"found": _offered(bench.desk.journey), "query": "simulate="}
    return _way(bench, contact, request.GET.getlist("choose"))


def _offered(journey: Journey) -> list[Contact]:
    """A few to begin with: those who came in last and are inside; where there are none, the newest people."""
    runs = Run.objects.filter(journey=journey, state__in=workbench.INSIDE).select_related("contact")
    inside = list(dict.fromkeys(run.contact for run in runs.order_by("-pk")[: OFFERED * 2]))
    return inside[:OFFERED] or list(everyone.find(everyone.Search()).order_by("-pk")[:OFFERED])


def _way(bench: Bench, contact: Contact, chosen: list[str]) -> dict[str, Any]:
    drawn, _problems = graph.read(bench.definition)
    problems: dict[str, list[str]] = {}
    is_draft = bench.can_edit or bench.desk.version is None
    for one in publishing.problems(bench.desk.journey) if is_draft else ():
        if one.severity == "error":
            problems.setdefault(one.step, []).append(one.sentence)
    # A mail or an attribute that is not finished is passed all the same: the way on does not hang on it.
    stops = {
        name for name in problems if name and not isinstance(drawn.steps.get(name), Email | SetAttribute)
    }
    choices = telling.chosen(chosen)
    way = simulation.walk(drawn, contact.pk, now=bench.now, choices=choices, unfinished=stops)
    settings = workspace.current()
    zone = workspace.zone(contact.timezone) or workspace.home(settings)
    hours = Quiet(quiet.hours(settings), workspace.home(settings), {0: drawn.settings.quiet})
    lines = Teller(contact, bench.definition, bench.names, problems, zone, hours, bench.now).lines(way)
    return {
        "contact": contact,
        "place": zone.key.rpartition("/")[2].replace("_", " "),
        "facts": arrival.facts(
            bench.desk.journey.pk, drawn, bench.definition, contact.pk, names=bench.names, now=bench.now
        ),
        "start_problems": problems.get("", []),
        "lines": [(line, _linked(line, contact, choices)) for line in lines],
        "way": way,
        "most": simulation.MOST,
        "query": _query(contact, choices),
    }


def _linked(line: Line, contact: Contact, choices: simulation.Choices) -> list[tuple[Choice, str]]:
    """Each choice with the address that makes it."""
    return [(one, _query(contact, {**choices, line.step: one.outcome})) for one in line.choices]


def _query(contact: Contact, choices: simulation.Choices) -> str:
    pairs = [("choose", f"{step}:{outcome}") for step, outcome in choices.items()]
    return urlencode([("simulate", str(contact.pk)), *pairs])
