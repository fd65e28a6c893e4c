"""Where data comes from, in the admin: sources, their keys, the inbox, and what was not accepted."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from cdp.lib import audit
from cdp.lib.admin import MOST_AT_ONCE, Fact, Shown
from profiles import admin_keys, replaying
from profiles.models import InboxItem, RejectedItem, Source, WriteKey
from profiles.permissions import MANAGE_DATA


@admin.register(Source)
class SourceAdmin(Shown):
    """A touchpoint. It is made in the product, which shows its key that once."""

    needs = MANAGE_DATA
    list_display = ("name", "kind", "party", "lane", "brand", "events_per_second", "disabled_at")
    search_fields = ("name",)
    fixed = ("kind", "party", "created_at")
    readonly_fields = ("disabled_at",)
    autocomplete_fields = ("brand",)
    actions = ("switch_off", "switch_on")

    def named(self, queryset: Any, term: str) -> Any:
        """There are few: any part of the name."""
        return queryset.filter(name__icontains=term)

    def view_on_site(self, obj: Any) -> str | None:
        """The page of all sources."""
        return reverse("sources")

    @action(description=_("Switch off: nothing can send any more"), permissions=["change"])
    def switch_off(self, request: HttpRequest, chosen: "QuerySet[Source]") -> HttpResponse | None:
        """Close the door to them; Kindred's own stays open."""
        page = self.confirmed(
            request,
            chosen,
            action="switch_off",
            title=now_("Switch these sources off?"),
            sentence=now_("Whatever they send is refused from now on. Nothing they sent before is lost."),
            yes=now_("Switch off"),
        )
        if page is None:
            open_ = chosen.filter(disabled_at=None).exclude(kind=Source.Kind.SYSTEM)
            count = audit.update(open_, disabled_at=timezone.now())
            said = ngettext("%(n)d source is switched off.", "%(n)d sources are switched off.", count)
            messages.success(request, said % {"n": count})
        return page

    @action(description=_("Switch on again"), permissions=["change"])
    def switch_on(self, request: HttpRequest, chosen: "QuerySet[Source]") -> None:
        """Open the door again."""
        count = audit.update(chosen.filter(disabled_at__isnull=False), disabled_at=None)
        said = ngettext("%(n)d source can send again.", "%(n)d sources can send again.", count)
        messages.success(request, said % {"n": count})


@admin.register(WriteKey)
class WriteKeyAdmin(Fact):
    """What lets a source send; only its beginning is known."""

    needs = MANAGE_DATA
    list_display = ("hint", "source", "created_at", "last_used_at", "revoked_at")
    search_help_text = _("Exactly: how the key begins")
    actions = ("revoke",)

    def named(self, queryset: Any, term: str) -> Any:
        """There are few: by their beginning."""
        return queryset.filter(hint__startswith=term[:8])

    def view_on_site(self, obj: Any) -> str | None:
        """The page of all sources."""
        return reverse("sources")

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whoever may in the product."""
        return request.user.has_perm(MANAGE_DATA)

    @action(description=_("Revoke"), permissions=["manage"])
    def revoke(self, request: HttpRequest, chosen: "QuerySet[WriteKey]") -> HttpResponse | None:
        """Let nobody send with these from now on."""
        return admin_keys.revoke(
            self,
            request,
            chosen.select_related("source"),
            sentence=now_("Whatever sends with them stops at once."),
        )


@admin.register(InboxItem)
class InboxItemAdmin(Fact):
    """What waits to be digested. Nobody holds these: the digest's lock ends with its connection."""

    needs = MANAGE_DATA
    list_display = ("id", "lane", "source", "received_at", "occurred_at")


@admin.register(RejectedItem)
class RejectedItemAdmin(Fact):
    """What was not accepted, with the reason."""

    needs = MANAGE_DATA
    list_display = ("received_at", "source", "reason", "detail", "replayed_at")
    ordering = ("-received_at",)
    search_help_text = _("A number")
    jumps: ClassVar[tuple[str, ...]] = ("source__id__exact",)
    actions = ("send_again",)

    def view_on_site(self, obj: Any) -> str | None:
        """The page Not accepted."""
        return reverse("not_accepted")

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whoever may in the product."""
        return request.user.has_perm(MANAGE_DATA)

    @action(description=_("Send in again"), permissions=["manage"])
    def send_again(self, request: HttpRequest, chosen: "QuerySet[RejectedItem]") -> HttpResponse | None:
        """Put them back into the inbox, after what stood in their way was put right."""
        page = self.confirmed(
            request,
            chosen,
            action="send_again",
            title=now_("Send these in again?"),
            sentence=now_(
                "They go back to the inbox and are judged anew. What is still at fault comes back here."
            ),
            yes=now_("Send in again"),
        )
        if page is None:
            done = replaying.replay(list(chosen[:MOST_AT_ONCE]), now=timezone.now())
            if done.sent:
                count = len(done.sent)
                audit.did(RejectedItem, "sent in again", _counted(count))
                messages.success(request, _counted(count))
            for item, why in done.staying[:5]:
                messages.warning(request, f"{item.pk}: {why}")
            if len(done.staying) > 5:
                messages.warning(request, now_("%(n)d more stay.") % {"n": len(done.staying) - 5})
        return page


def _counted(count: int) -> str:
    return ngettext("%(n)d item is in the inbox again.", "%(n)d items are in the inbox again.", count) % {
        "n": count
    }
