"""Pages about files of people: sent up, matched column by column, watched, and what was not accepted."""

import contextlib
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from kombu.exceptions import OperationalError as BrokerAway

from profiles import attributes, imports, tables, tasks
from profiles.models import AttributeDefinition, Import, RefusedRow, Topic
from profiles.pages import PageRequest, page, paged
from profiles.permissions import MANAGE_DATA, SEE_PEOPLE
from profiles.tables import Unreadable

PAGE: Final = 50
REFUSED: Final = 100  # rows shown; the rest are in the file


@page(MANAGE_DATA)
@require_safe
def every(request: PageRequest) -> HttpResponse:
    """Every file, the latest first."""
    after = request.GET.get("after", "")
    before = int(after) if after.isdigit() and len(after) < 18 else None
    rows = Import.objects.select_related("made_by").defer("content").order_by("-pk")
    listed = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    context = {"page": paged(listed, size=PAGE, after=before, cursor=lambda one: one.pk)}
    return render(request, "profiles/imports.html", context)


@page(MANAGE_DATA, SEE_PEOPLE)
@require_http_methods(["GET", "POST"])
def upload(request: PageRequest) -> HttpResponse:
    """A new file."""
    problem = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None or not file.name:
                raise Unreadable(_("Choose a file first."))
            if (file.size or 0) > tables.MOST_BYTES:
                raise Unreadable(_("The file is larger than 20 MB. Cut it into several."))
            table = tables.read(file.read())
        except Unreadable as error:
            problem = str(error)
        else:
            made = Import.objects.create(
                name=file.name[-120:],
                content=table.text.encode(),
                separator=table.separator,
                columns=tables.guess(table.heading),
                rows=table.rows,
                made_by=request.user,
            )
            return redirect("import", made.pk)
    return render(
        request, "profiles/import_upload.html", {"problem": problem}, status=422 if problem else 200
    )


def _one(import_id: int) -> Import:
    return get_object_or_404(Import.objects.defer("content").select_related("topic", "made_by"), pk=import_id)


@page(MANAGE_DATA, SEE_PEOPLE)
@require_safe
def one(request: PageRequest, import_id: int) -> HttpResponse:
    """Before it begins: what its columns are. Afterwards: how far it has come."""
    return _shown(request, _one(import_id))


def _shown(request: PageRequest, found: Import, *, problem: str = "") -> HttpResponse:
    is_draft = found.state == Import.State.DRAFT
    context = {"import": found, "problem": problem, **(_matching(found) if is_draft else _result(found))}
    return render(request, "profiles/import.html", context, status=422 if problem else 200)


def _matching(found: Import) -> dict[str, Any]:
    heading, *rows = imports.sample(found)
    known = {one.key: str(one) for one in AttributeDefinition.objects.exclude(key__in=imports.NAMING)}
    standard = {key: known.get(key, key) for key in attributes.STANDARD if key not in imports.NAMING}
    labels = standard | {key: known[key] for key in sorted(known, key=lambda key: known[key].casefold())}
    offered = {*imports.NAMING, *labels}
    columns = []
    for place, name in enumerate(heading):
        chosen = found.columns[place] if place < len(found.columns) else ""
        columns.append(
            {
                "place": place,
                "name": name,
                "chosen": chosen,
                "is_new": bool(chosen) and chosen not in offered,
                "examples": [row[place] for row in rows if place < len(row) and row[place].strip()][:3],
            }
        )
    return {
        "columns": columns,
        "identifiers": [("email", _("E-mail")), ("phone", _("Phone")), ("user_id", _("Customer number"))],
        "attributes": list(labels.items()),
        "topics": Topic.objects.filter(archived_at=None).order_by("name"),
    }


def _result(found: Import) -> dict[str, Any]:
    return {"refusals": RefusedRow.objects.filter(imported=found).order_by("number")[:REFUSED]}


@page(MANAGE_DATA, SEE_PEOPLE)
@require_POST
def begin(request: PageRequest, import_id: int) -> HttpResponse:
    """Say what the columns are, and let it run."""
    found = _one(import_id)
    if found.state != Import.State.DRAFT:
        return redirect("import", found.pk)
    places = range(len(found.columns))
    found.columns = [request.POST.get(f"column-{place}", "")[: attributes.LONGEST_KEY] for place in places]
    found.topic = _topic(request.POST.get("topic", ""))
    found.proof = request.POST.get("proof", "").strip()[:200]
    problem = (
        _("Say where and when they agreed: you may be asked.") if found.topic and not found.proof else ""
    )
    if not problem:
        try:
            found.save(update_fields=["columns", "topic", "proof"])
            imports.begin(found, now=timezone.now())
        except Unreadable as error:
            problem = str(error)
    if problem:
        return _shown(request, found, problem=problem)
    with contextlib.suppress(BrokerAway):  # only a nudge: the timetable takes on what was left
        tasks.import_waiting.apply_async(retry=False)
    return redirect("import", found.pk)


def _topic(said: str) -> Topic | None:
    number = int(said) if said.isdigit() and len(said) < 10 else 0
    return Topic.objects.filter(pk=number, archived_at=None).first()


@page(MANAGE_DATA, SEE_PEOPLE)
@require_POST
def stop(request: PageRequest, import_id: int) -> HttpResponse:
    """Take no more of its rows; those that were taken stay."""
    stopped = Import.objects.filter(
        pk=import_id, state__in=[Import.State.RUNNING, Import.State.DRAFT]
    ).update(state=Import.State.STOPPED, finished_at=timezone.now())
    if stopped:
        messages.success(request, _("Stopped. What was imported before stays."))
    return redirect("import", import_id)


@page(MANAGE_DATA, SEE_PEOPLE)
@require_safe
def progress(request: PageRequest, import_id: int) -> HttpResponse:
    """How far it has come."""
    found = _one(import_id)
    return render(request, "profiles/parts/import_progress.html", {"import": found, **_result(found)})


@page(MANAGE_DATA, SEE_PEOPLE)
@require_safe
def refused(request: PageRequest, import_id: int) -> HttpResponse:
    """The rows that were not accepted, as CSV, to be mended and sent up again."""
    found = get_object_or_404(Import, pk=import_id)
    answer = StreamingHttpResponse(imports.refusals_as_csv(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="not-accepted-{found.pk}.csv"'
    return answer  # type: ignore[return-value]
