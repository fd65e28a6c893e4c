"""What people allow (consent) and where messages can go at all (addresses, suppressions)."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from profiles.models.identity import Fact


class Channel(models.TextChoices):
    """The ways to reach a person."""

    EMAIL = "email", _("email")
    SMS = "sms", _("SMS")
    WHATSAPP = "whatsapp", _("WhatsApp")
    PUSH = "push", _("app push")
    WEB_PUSH = "web_push", _("web push")
    WEB = "web", _("on the website")
    POST = "post", _("post")


class Basis(models.TextChoices):
    """On what ground a person may be written to (GDPR art. 6; ePrivacy art. 13)."""

    CONSENT = "consent", _("consent")
    CUSTOMER = "customer", _("existing customer")
    CONTRACT = "contract", _("contract")
    INTEREST = "interest", _("legitimate interest")


class Topic(models.Model):
    """What a contact can subscribe to; purpose and lawful basis belong to it."""

    brand = models.ForeignKey("profiles.Brand", models.PROTECT)
    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), default="", blank=True)
    basis = models.CharField(_("lawful basis"), max_length=8, choices=Basis, default=Basis.CONSENT)
    needs_confirmation = models.BooleanField(_("double opt-in"), default=False)
    archived_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class ConsentState(models.TextChoices):
    """What a person said. Somebody who was never asked has no row."""

    SUBSCRIBED = "subscribed", _("subscribed")
    PENDING = "pending", _("waiting for confirmation")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")


class Consent(Fact):
    """The ledger: every statement of consent with its proof, append-only."""

    id = models.BigAutoField(primary_key=True)
    topic = models.ForeignKey(
        Topic, models.PROTECT, null=True, db_index=False
    )  # null: all topics of the channel
    channel = models.CharField(max_length=10, choices=Channel)
    basis = models.CharField(max_length=8, choices=Basis)
    state = models.CharField(max_length=12, choices=ConsentState)
    at = models.DateTimeField()
    source = models.ForeignKey("profiles.Source", models.PROTECT, null=True, db_index=False)
    wording_version = models.CharField(max_length=60, default="")
    proof = models.JSONField(default=dict)

    class Meta:
        indexes = [
            # "may we?" at delivery: the latest row wins
            models.Index(fields=["contact", "channel", "topic", "-at", "-id"], name="consent_current"),
            models.Index(
                fields=["topic", "channel", "contact", "-at", "-id"], name="consent_of_topic"
            ),  # segments
        ]

    def __str__(self) -> str:
        return f"{self.topic_id} {self.state}"


class Suppression(models.Model):
    """An address that must not be written to, whoever it belongs to: a fact of delivery, not a choice."""

    class Reason(models.TextChoices):
        """Why."""

        BOUNCED = "bounced", _("bounced")
        COMPLAINED = "complained", _("complained")
        INVALID = "invalid", _("not an address")
        BY_HAND = "by_hand", _("blocked by hand")

    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254)
    reason = models.CharField(max_length=10, choices=Reason)
    detail = models.TextField(default="")
    since_at = models.DateTimeField(db_default=Now())
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "address"], name="one_suppression_an_address")
        ]

    def __str__(self) -> str:
        return self.address


class ChannelAddress(Fact):
    """One more place where a contact can be reached, beside the e-mail and phone of the contact itself."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254)
    verified_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "address", "persona"], name="one_address_a_persona")
        ]
        indexes = [models.Index(fields=["contact", "channel"], name="address_of_contact")]

    def __str__(self) -> str:
        return self.address


class DeviceToken(Fact):
    """An app or browser that takes push messages."""

    id = models.BigAutoField(primary_key=True)
    platform = models.CharField(max_length=10)
    token = models.CharField(max_length=1024, unique=True)
    app = models.CharField(max_length=200, default="")
    subscription = models.JSONField(default=dict, blank=True)
    last_seen_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["contact"], name="device_of_contact")]

    def __str__(self) -> str:
        return self.platform

    @property
    def platform_words(self) -> str:
        """The platform as it is called."""
        named = {"ios": "iOS", "android": "Android", "web": _("Browser"), "": _("Device")}
        return str(named.get(self.platform.lower(), self.platform))
