"""Messages: what is owed to a contact, what became of it, and what providers said afterwards."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cdp.lib.crypto import EncryptedTextField
from cdp.lib.db import PartitionedModel
from journeys.models.flow import Run, Version
from profiles.models import Brand, Channel, Contact, Persona, Purchase, Topic


class SmtpServer(models.Model):
    """Where real mail goes out. While there is none, everything goes to the test mailbox."""

    class Security(models.TextChoices):
        """How the connection is secured."""

        STARTTLS = "starttls", "STARTTLS"
        TLS = "tls", "TLS"
        NONE = "none", _("none (only inside your own network)")

    name = models.CharField(_("name"), max_length=120, unique=True)
    host = models.CharField(_("host"), max_length=255)
    port = models.PositiveIntegerField(_("port"), default=587)
    security = models.CharField(_("security"), max_length=8, choices=Security, default=Security.STARTTLS)
    username = models.CharField(_("user name"), max_length=255, default="", blank=True)
    password = EncryptedTextField(_("password"), default="", blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Sender(models.Model):
    """Who a message is from."""

    brand = models.ForeignKey(Brand, models.PROTECT)
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"))
    reply_to = models.EmailField(_("answers go to"), default="", blank=True)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["brand"], condition=models.Q(is_default=True), name="one_default_sender"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class Message(PartitionedModel):
    """One thing owed to one contact over one channel, then sent, not sent, or failed, with the reason.

    Monthly partitions by `run_entered_at`, which the run fixes: so one message a (run, visit) is a promise that
    the database keeps across partitions.
    """

    partition_key = "run_entered_at"

    class State(models.TextChoices):
        """Queued → claimed → handing over → sent, or one of the ends. Held ones are queued again when they are due."""

        QUEUED = "queued", _("on its way")
        HELD = "held", _("held back")
        CLAIMED = "claimed", _("being prepared")
        HANDING_OVER = "handing_over", _("being handed over")
        SENT = "sent", _("sent")
        UNCERTAIN = "uncertain", _("may have been sent")
        SKIPPED = "skipped", _("not sent")
        FAILED = "failed", _("failed")

    class Purpose(models.TextChoices):
        """Marketing names a topic; transactional names why."""

        MARKETING = "marketing", _("marketing")
        TRANSACTIONAL = "transactional", _("transactional")

    id = models.BigAutoField(primary_key=True)
    run_entered_at = models.DateTimeField()
    run = models.ForeignKey(Run, models.DO_NOTHING, db_constraint=False, db_index=False)
    visit_number = models.PositiveIntegerField()
    version = models.ForeignKey(Version, models.DO_NOTHING, db_constraint=False, db_index=False)
    step = models.CharField(max_length=40)
    contact = models.ForeignKey(Contact, models.DO_NOTHING, db_constraint=False, db_index=False)
    persona = models.ForeignKey(Persona, models.DO_NOTHING, db_constraint=False, db_index=False)
    channel = models.CharField(max_length=10, choices=Channel)
    purpose = models.CharField(max_length=13, choices=Purpose)
    topic = models.ForeignKey(Topic, models.DO_NOTHING, db_constraint=False, db_index=False, null=True)
    why = models.CharField(max_length=120, default="")  # of a transactional message
    brand = models.ForeignKey(Brand, models.DO_NOTHING, db_constraint=False, db_index=False, null=True)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    lease_until_at = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(
        default=0
    )  # counts claims: a late worker's answer is told by its number
    attempts = models.PositiveSmallIntegerField(default=0)
    address = models.CharField(max_length=254, default="")
    sent_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, default="")
    detail = models.TextField(default="")
    provider = models.CharField(max_length=40, default="")
    provider_id = models.CharField(max_length=200, default="")
    first_opened_at = models.DateTimeField(null=True)  # by a human, as far as can be told
    first_clicked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "visit_number", "channel", "run_entered_at"], name="one_message_a_visit"
            ),
            models.CheckConstraint(
                condition=models.Q(purpose="transactional") | models.Q(topic__isnull=False),
                name="marketing_names_a_topic",
            ),
        ]
        indexes = [
            # what delivery claims next
            models.Index(fields=["due_at"], name="message_due", condition=models.Q(state="queued")),
            # what was held until now
            models.Index(fields=["due_at"], name="message_held", condition=models.Q(state="held")),
            # leases that may have run out
            models.Index(
                fields=["lease_until_at"],
                name="message_leased",
                condition=models.Q(state__in=["claimed", "handing_over"]),
            ),
            models.Index(
                fields=["contact", "-created_at"], name="message_of_contact"
            ),  # profile; frequency cap
            models.Index(fields=["version", "step", "state"], name="message_of_step"),  # numbers
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"


class Receipt(PartitionedModel):
    """What a provider, a mail program or a browser told us about a message. Monthly by `received_at`."""

    partition_key = "received_at"

    class Kind(models.TextChoices):
        """One vocabulary for all providers."""

        DELIVERED = "delivered", _("delivered")
        DEFERRED = "deferred", _("delayed")
        BOUNCED = "bounced", _("bounced")
        OPENED = "opened", _("opened")
        CLICKED = "clicked", _("clicked")
        COMPLAINED = "complained", _("marked as spam")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
        REPLIED = "replied", _("replied")

    id = models.BigAutoField(primary_key=True)
    message_id = models.BigIntegerField()
    message_entered_at = models.DateTimeField()
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    is_machine = models.BooleanField(default=False)
    url = models.TextField(default="")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["message_id", "at"], name="receipt_of_message")]

    def __str__(self) -> str:
        return self.kind


class Credit(models.Model):
    """A purchase credited to the last message that earned it."""

    id = models.BigAutoField(primary_key=True)
    purchase = models.OneToOneField(Purchase, models.CASCADE)
    message_id = models.BigIntegerField()
    message_entered_at = models.DateTimeField()
    version = models.ForeignKey(Version, models.PROTECT)
    step = models.CharField(max_length=40)
    rule = models.CharField(max_length=10)  # click, delivery
    amount_base = models.DecimalField(max_digits=14, decimal_places=2)  # refunds take it back
    credited_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.amount_base}"
