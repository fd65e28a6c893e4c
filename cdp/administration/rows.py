"""Tables with a key of two parts, which Django's admin refuses: read by one of the parts, a page at a time."""

from dataclasses import dataclass
from typing import Any, Final

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cdp.lib.admin import is_number
from cdp.models import DailyFigure
from journeys.models import DraftPlace
from profiles.models import EventCount, ExchangeRate, SeenMessage
from profiles.permissions import MANAGE_DATA, SEE, SEE_PEOPLE
from segments.models import Flip, Membership

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Table:
    """One table. Rows come in `order`, which an index has; `parts` are what they can be narrowed by."""

    model: type[Model]
    label: Promise
    needs: str
    columns: tuple[str, ...]
    order: tuple[str, ...]
    parts: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As addresses name it."""
        return self.model._meta.label_lower


TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        Table(
            Membership,
            _("Segments people are in"),
            SEE_PEOPLE,
            ("segment", "contact", "entered_at", "cause"),
            ("segment", "contact"),
            ("segment", "contact"),
        ),
        Table(
            EventCount,
            _("How often people did what"),
            SEE_PEOPLE,
            ("contact", "persona", "definition", "count", "first_at", "last_at", "value_sum"),
            ("persona", "definition"),
            ("contact", "persona"),
        ),
        Table(
            Flip,
            _("When time will change a condition"),
            SEE_PEOPLE,
            ("due_at", "leaf", "contact"),
            ("due_at",),
            ("leaf",),
        ),
        Table(
            SeenMessage,
            _("Message ids of the last 30 days"),
            MANAGE_DATA,
            ("source", "message_hash", "seen_on"),
            ("source", "message_hash", "seen_on"),
            ("source",),
        ),
        Table(
            ExchangeRate,
            _("Exchange rates"),
            SEE,
            ("currency", "on", "rate"),
            ("currency", "-on"),
            ("currency",),
        ),
        Table(
            DailyFigure,
            _("Figures of Home"),
            SEE,
            ("name", "on", "value", "counted_at"),
            ("name", "-on"),
            ("name",),
        ),
        Table(
            DraftPlace,
            _("Where drafts stand"),
            SEE,
            ("kind", "thing_id", "number"),
            ("kind", "thing_id"),
            ("kind",),
        ),
    )
}


def rows(request: HttpRequest, name: str, *, site: AdminSite) -> HttpResponse:
    """The first rows of one table, narrowed by the parts of its key that the address names."""
    table = TABLES.get(name)
    if table is None:
        raise Http404
    user = request.user
    meta = table.model._meta
    if not (user.has_perm(table.needs) and user.has_perm(f"{meta.app_label}.view_{meta.model_name}")):
        raise PermissionDenied
    found = list(_found(table, request)[: MOST + 1])
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": table.label,
        "table": table,
        "tables": [one for one in TABLES.values() if user.has_perm(one.needs)],
        "heads": [_label(table, column) for column in table.columns],
        "rows": [[_cell(row, column) for column in table.columns] for row in found[:MOST]],
        "more": len(found) > MOST,
        "most": MOST,
        "parts": [(part, _label(table, part), request.GET.get(part, "")) for part in table.parts],
    }
    return render(request, "admin/rows.html", context)


def _label(table: Table, column: str) -> str:
    return str(getattr(table.model._meta.get_field(column), "verbose_name", column))


def _found(table: Table, request: HttpRequest) -> Any:
    found = table.model._default_manager.all()
    order = list(table.order)
    for part in table.parts:
        value = request.GET.get(part, "").strip()[:100]
        if not value:
            continue
        is_relation = table.model._meta.get_field(part).is_relation
        found = found.filter(**{part: value}) if not is_relation or is_number(value) else found.none()
        order = [one for one in order if one.lstrip("-") != part]
    related = [one for one in table.columns if table.model._meta.get_field(one).is_relation]
    return found.order_by(*order).prefetch_related(*related)


def _cell(row: Any, column: str) -> Any:
    value = getattr(row, column)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value
