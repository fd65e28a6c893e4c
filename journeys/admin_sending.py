"""Sending in the admin: senders and mail servers, messages and what became of them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminPasswordWidget

from cdp.lib import audit
from cdp.lib.admin import MOST_AT_ONCE, Fact, Shown, is_number
from journeys.messages import releasing
from journeys.models import Credit, Message, Receipt, Sender, SmtpServer
from profiles.admin_people import OfPeople
from profiles.permissions import MANAGE_DATA, SEE_PEOPLE

HELD = (Message.State.CLAIMED, Message.State.HANDING_OVER)


@admin.register(Sender)
class SenderAdmin(Shown):
    """Who messages are from."""

    needs = MANAGE_DATA
    may_add = True
    list_display = ("name", "email", "reply_to", "brand", "is_default")
    autocomplete_fields = ("brand",)


class SmtpServerForm(forms.ModelForm):  # type: ignore[type-arg]
    """A mail server; its password goes in and never comes out."""

    password = forms.CharField(
        label=_("password"),
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the present one."),
    )

    class Meta:
        model = SmtpServer
        fields = ("name", "host", "port", "security", "username", "password", "is_active")

    def clean_password(self) -> str:
        """The present one, unless another was typed."""
        return str(self.cleaned_data["password"] or self.instance.password)

    def clean_port(self) -> int:
        """A port that exists."""
        port = int(self.cleaned_data["port"])
        if not 0 < port < 65_536:
            raise forms.ValidationError(now_("A port is a number from 1 to 65535."))
        return port


@admin.register(SmtpServer)
class SmtpServerAdmin(Shown):
    """Where real mail goes out."""

    needs = MANAGE_DATA
    may_add = True
    form = SmtpServerForm
    list_display = ("name", "host", "port", "security", "is_active", "created_at")
    actions = ("rotate",)

    @action(description=_("Encrypt all stored secrets anew"), permissions=["rotate"])
    def rotate(self, request: HttpRequest, chosen: "QuerySet[SmtpServer]") -> HttpResponse | None:
        """Encrypt every secret of the installation with today's key."""
        page = self.confirmed(
            request,
            chosen,
            action="rotate",
            title=now_("Encrypt all stored secrets anew?"),
            sentence=now_(
                "Every stored secret of this installation, not of these servers alone, is encrypted with today's"
                " SECRET_KEY. Do this after the key was changed, while the old one stands in SECRET_KEY_FALLBACKS."
            ),
            yes=now_("Encrypt anew"),
        )
        if page is None:
            done = self.admin_site.rotate_secrets()  # type: ignore[attr-defined]  # the roof's own site
            messages.success(request, now_("%(n)d secrets are encrypted anew.") % {"n": done})
        return page

    def has_rotate_permission(self, request: HttpRequest) -> bool:
        """It concerns everybody's secrets."""
        return bool(request.user.is_superuser)


class Now(admin.SimpleListFilter):
    """Messages on their way, by the indexes that delivery itself uses."""

    title = _("on its way")
    parameter_name = "now"

    def lookups(self, request: Any, model_admin: Any) -> Any:
        """What there is to choose."""
        return (
            ("waiting", _("waiting to be sent")),
            ("later", _("held back until a later hour")),
            ("held", _("held by a worker")),
            ("stuck", _("held for too long")),
        )

    def queryset(self, request: Any, queryset: Any) -> Any:
        """Narrow the list."""
        match self.value():
            case "waiting":
                return queryset.filter(state=Message.State.QUEUED)
            case "later":
                return queryset.filter(state=Message.State.HELD)
            case "held":
                return queryset.filter(state__in=HELD)
            case "stuck":
                return queryset.filter(state__in=HELD, lease_until_at__lt=timezone.now())
            case _:
                return queryset


@admin.register(Message)
class MessageAdmin(OfPeople):
    """What is owed to somebody, and what became of it."""

    list_display = ("id", "contact", "channel", "purpose", "state", "due_at", "sent_at", "reason")
    list_filter = (Now,)
    actions = ("release",)
    jumps: ClassVar[tuple[str, ...]] = ("contact__id__exact", "version__id__exact")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The run by its number alone: it may be long gone."""
        return ["run_id" if name == "run" else name for name in super().get_fields(request, obj)]

    def get_ordering(self, request: HttpRequest) -> Any:
        """As the index of what is asked for has it."""
        by_lease, by_due = ("lease_until_at",), ("due_at",)
        orders = {"waiting": by_due, "later": by_due, "held": by_lease, "stuck": by_lease}
        return orders.get(request.GET.get("now", ""), ("-id",))

    def has_manage_permission(self, request: HttpRequest) -> bool:
        """Whoever may look after data."""
        return request.user.has_perm(MANAGE_DATA)

    @action(description=_("Take from a stuck worker"), permissions=["manage"])
    def release(self, request: HttpRequest, chosen: "QuerySet[Message]") -> HttpResponse | None:
        """Send what a stopped worker holds, without waiting for its time to run out."""
        page = self.confirmed(
            request,
            chosen,
            action="release",
            title=now_("Take these from their workers?"),
            sentence=now_(
                "What was only being prepared is sent by another worker. What was being handed over when its worker"
                " stopped may have been sent: it is said to be so, and nobody sends it again."
            ),
            yes=now_("Take them"),
        )
        if page is None:
            done = releasing.release(list(chosen[:MOST_AT_ONCE]), now=timezone.now())
            told = now_(
                "%(queued)d wait to be sent again, %(doubtful)d may have been sent, %(left)d stay as they are."
            ) % {"queued": done.queued, "doubtful": done.doubtful, "left": done.left}
            if done.queued or done.doubtful:
                audit.did(Message, "released", told)
            messages.success(request, told)
        return page


@admin.register(Receipt)
class ReceiptAdmin(Fact):
    """What was told us about a message."""

    needs = SEE_PEOPLE
    list_display = ("id", "message_id", "kind", "at", "is_machine", "url")
    search_help_text = _("A message's number, or a number")
    jumps: ClassVar[tuple[str, ...]] = ("message_id__exact", "message_id")

    def named(self, queryset: Any, term: str) -> Any:
        """All about one message, or the one of that number."""
        if not is_number(term):
            return queryset.none()
        return queryset.filter(Q(message_id=int(term)) | Q(pk=int(term)))


@admin.register(Credit)
class CreditAdmin(Fact):
    """A sale that a message earned."""

    needs = SEE_PEOPLE
    list_display = ("id", "purchase", "message_id", "version", "rule", "amount_base", "credited_at")
