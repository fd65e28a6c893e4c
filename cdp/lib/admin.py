"""Admin pages that hold up under millions of rows: bounded pages, search by exact names, facts that nobody edits."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, Final

from django.contrib.admin import ModelAdmin as PlainAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ActionLocation
from django.core.paginator import Paginator
from django.db.models import BinaryField, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from cdp.lib.crypto import EncryptedTextField

MOST_COUNTED: Final = 10_000  # rows that can be leafed through; beyond it, search
MOST_AT_ONCE: Final = 1_000  # rows that an action takes


class AtLeast(int):
    """A number of rows that says "10,000+" where there are more than were counted."""

    def __str__(self) -> str:
        return f"{int(self):,}+"


class Bounded(Paginator):  # type: ignore[type-arg]
    """Counts no further than MOST_COUNTED: counting a hundred million rows takes minutes, and nobody leafs so far."""

    @cached_property
    def count(self) -> int:
        """How many rows there are, or MOST_COUNTED where there are more."""
        found = self.object_list
        if not isinstance(found, QuerySet):
            return len(found)
        number = found.order_by()[: MOST_COUNTED + 1].count()
        return AtLeast(MOST_COUNTED) if number > MOST_COUNTED else number


class Unjoined(ChangeList):
    """A list of one table: a join to each related one would begin at the wrong end, and leave out rows without."""

    def apply_select_related(self, qs: Any) -> Any:
        """Never; `Shown.get_queryset` fetches related rows by themselves."""
        return qs


class Shown(ModelAdmin):
    """Configuration as the admin shows it. `product` is the route of a thing's own page, which takes its number."""

    paginator = Bounded
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    list_fullwidth = True
    compressed_fields = True
    warn_unsaved_form = True
    actions_on_top = True
    needs = ""  # a permission of the product without which nobody sees this
    product = ""
    facts = False  # what happened stays as it is
    may_add = False
    may_delete = False
    fixed: ClassVar[Sequence[str]] = ()  # fields that are set once, when a thing is made
    jumps: ClassVar[Sequence[str]] = ()  # filters that links from other pages use

    def get_changelist(self, request: HttpRequest, **arguments: Any) -> type[ChangeList]:
        """See `Unjoined`."""
        return Unjoined

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """As Django says, and only with the product's own permission."""
        return self._needed(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, *arguments: Any) -> bool:
        """Where the product lets nobody make one, neither does the admin."""
        return (
            self.may_add and not self.facts and self._needed(request) and super().has_add_permission(request)
        )

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Facts are never changed."""
        return not self.facts and self._needed(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Things are archived, switched off or revoked; hardly any is deleted."""
        return self.may_delete and self._needed(request) and super().has_delete_permission(request, obj)

    def _needed(self, request: HttpRequest) -> bool:
        return not self.needs or request.user.has_perm(self.needs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is said once stays as it was said."""
        known: Any = super().get_readonly_fields(request, obj)
        return [*known, *self.fixed] if obj is not None else known

    def get_queryset(self, request: HttpRequest) -> Any:
        """Related rows come in one question each, never in a join that the planner might begin at the wrong end."""
        related = [
            one.name
            for one in self.model._meta.concrete_fields
            if one.is_relation and one.name in self.list_display
        ]
        return super().get_queryset(request).prefetch_related(*related)

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Links between the admin's pages narrow a list by what has an index."""
        allowed: bool = lookup in self.jumps or super().lookup_allowed(lookup, value, request)
        return allowed

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By exact names, through an index: "anywhere in it" would read every row."""
        term = search_term.replace("\0", "").strip()[:254]
        return (self.named(queryset, term) if term else queryset), False

    def named(self, queryset: Any, term: str) -> Any:
        """The rows that `term` names: here the one of that number."""
        return queryset.filter(pk=int(term)) if is_number(term) else queryset.none()

    def view_on_site(self, obj: Any) -> str | None:
        """The thing's page in the product."""
        try:
            return reverse(self.product, args=[obj.pk]) if self.product else None
        except NoReverseMatch:
            return None

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Nothing for what has no page."""
        return self.view_on_site(obj) if obj is not None and obj.pk else None

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """What the audit log says of this thing."""
        query = urlencode({"kind": self.model._meta.label_lower, "thing": object_id})
        return redirect(f"{reverse('audit_log')}?{query}")

    def get_action_choices(
        self,
        request: HttpRequest,
        default_choices: Any = None,
        action_location: ActionLocation = ActionLocation.CHANGE_LIST,
    ) -> Any:
        """As Django has them; the kit's own way is of an older Django."""
        blank = [("", _("Select action"))]
        choices: Any = PlainAdmin.get_action_choices  # the stubs know no `action_location`
        return choices(self, request, blank, action_location)

    def confirmed(
        self,
        request: HttpRequest,
        queryset: "QuerySet[Any]",
        *,
        action: str,
        title: str,
        sentence: str,
        yes: str,
    ) -> HttpResponse | None:
        """The page that asks whether it is meant; None once somebody said yes."""
        if request.POST.get("post") == "yes":
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "sentence": sentence,
            "yes": yes,
            "chosen": list(queryset[:MOST_AT_ONCE]),
            "action": action,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "opts": self.model._meta,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/confirm_action.html", context)


class Fact(Shown):
    """What happened: to be found and read, never added, changed or deleted here."""

    facts = True
    ordering: ClassVar[Any] = ("-pk",)
    search_fields: ClassVar[Any] = ("pk",)
    search_help_text = _("A number")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything."""
        shown = self.get_fields(request, obj)
        return [*dict.fromkeys([*shown, *self.readonly_fields])]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Every field but raw bytes and secrets; then what the page adds."""
        if self.fields:
            return self.fields
        meta = self.model._meta
        own = [
            one.name for one in meta.concrete_fields if not isinstance(one, BinaryField | EncryptedTextField)
        ]
        return [*own, *self.readonly_fields]


def is_number(term: str) -> bool:
    """Whether this can be a row's number."""
    return term.isdecimal() and len(term) < 18


def link(url: str, words: Any) -> str:
    """A link as the admin's pages show it."""
    from django.utils.html import format_html

    return format_html(
        '<a class="text-primary-600 underline dark:text-primary-500" href="{}">{}</a>', url, words
    )
