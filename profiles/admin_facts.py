"""What people did and allow, in the admin: found and read, never changed."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter

from cdp.lib.admin import Fact
from profiles.admin_people import OfPeople
from profiles.models import (
    AttributeChange,
    ChannelAddress,
    Consent,
    ContactActivity,
    DeviceToken,
    Event,
    Product,
    Purchase,
    PurchaseItem,
    Record,
    RecordLink,
    Suppression,
    Touch,
)
from profiles.permissions import SEE_PEOPLE


@admin.register(Event)
class EventAdmin(OfPeople):
    """The newest arrivals first; of one kind, what happened last."""

    list_display = ("id", "definition", "contact", "occurred_at", "value", "source")
    list_filter = (("definition", AutocompleteSelectFilter),)
    list_filter_submit = True

    def get_ordering(self, request: HttpRequest) -> Any:
        """As the index of what is asked for has it."""
        return ("-occurred_at",) if request.GET.get("definition__id__exact") else ("-id",)


@admin.register(AttributeChange)
class AttributeChangeAdmin(OfPeople):
    """One statement about a person."""

    list_display = ("id", "definition", "contact", "value", "occurred_at", "source", "party")


@admin.register(Consent)
class ConsentAdmin(OfPeople):
    """The ledger of what people allowed, with its proof."""

    list_display = ("id", "contact", "topic", "channel", "state", "basis", "at", "source")


@admin.register(Suppression)
class SuppressionAdmin(Fact):
    """An address that is not written to."""

    needs = SEE_PEOPLE
    list_display = ("address", "channel", "reason", "since_at", "until_at")
    search_help_text = _("Exactly: the address")

    def named(self, queryset: Any, term: str) -> Any:
        """The address on whichever channel."""
        channels = [value for value, _label in Suppression._meta.get_field("channel").choices or ()]
        return queryset.filter(channel__in=channels, address__in={term, term.lower()})


@admin.register(ChannelAddress)
class ChannelAddressAdmin(OfPeople):
    """One more place where a person can be reached."""

    list_display = ("address", "channel", "contact", "verified_at", "last_used_at")


@admin.register(DeviceToken)
class DeviceTokenAdmin(OfPeople):
    """An app or browser that takes push messages."""

    list_display = ("id", "platform", "contact", "app", "last_seen_at", "revoked_at")
    fields = ("contact", "persona", "platform", "app", "last_seen_at", "revoked_at")


@admin.register(ContactActivity)
class ContactActivityAdmin(OfPeople):
    """When somebody was first and last seen."""

    list_display = ("contact", "first_seen_at", "last_seen_at", "event_count")
    jumps: ClassVar[tuple[str, ...]] = ("contact__id__exact",)


@admin.register(Purchase)
class PurchaseAdmin(OfPeople):
    """An order, as the digest understood it."""

    list_display = (
        "order_key",
        "contact",
        "occurred_at",
        "amount",
        "currency",
        "amount_base",
        "cancelled_at",
    )


@admin.register(PurchaseItem)
class PurchaseItemAdmin(Fact):
    """One line of an order."""

    needs = SEE_PEOPLE
    list_display = ("id", "purchase", "sku", "name", "quantity", "price")
    jumps: ClassVar[tuple[str, ...]] = ("purchase__id__exact",)


@admin.register(Product)
class ProductAdmin(Fact):
    """Something that can be bought; shops send it."""

    list_display = ("sku", "name", "brand", "country", "price", "currency", "stock", "updated_at")
    search_help_text = _("Exactly: the SKU, or a number")

    def named(self, queryset: Any, term: str) -> Any:
        """By its SKU, in every brand and country."""
        return queryset.filter(sku=term) | super().named(queryset, term)


@admin.register(Record)
class RecordAdmin(Fact):
    """A thing that belongs to people: a booking, a policy, a company."""

    needs = SEE_PEOPLE
    list_display = ("key", "type", "due_on", "updated_at")
    search_help_text = _("Exactly: the key, or a number")

    def named(self, queryset: Any, term: str) -> Any:
        """By its key, in every type."""
        from profiles.models import RecordType

        types = list(RecordType.objects.values_list("pk", flat=True))
        return queryset.filter(type__in=types, key=term) | super().named(queryset, term)


@admin.register(RecordLink)
class RecordLinkAdmin(OfPeople):
    """A person's part in a record."""

    list_display = ("id", "record", "contact", "role", "since_at")


@admin.register(Touch)
class TouchAdmin(Fact):
    """The feed of what changed, which segments and mirrors follow."""

    needs = SEE_PEOPLE
    list_display = ("seq", "contact", "what", "touched_at")
