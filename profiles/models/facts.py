"""What people did and what we know of them: events, attributes, purchases, records."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cdp.lib.db import PartitionedModel
from profiles.models.identity import Contact, Fact, Persona
from profiles.models.sources import Party, Source


class EventDefinition(models.Model):
    """A kind of event, as first seen or as described by a person."""

    name = models.CharField(max_length=200, unique=True)
    label = models.CharField(max_length=200, default="", blank=True)
    description = models.TextField(default="", blank=True)
    properties = models.JSONField(default=dict, blank=True)  # name -> type as seen
    is_system = models.BooleanField(default=False)
    is_blocked = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField(db_default=Now())
    retention_days = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.label or self.name


class Event(PartitionedModel):
    """Something that happened to a person. Monthly partitions by `occurred_at`."""

    partition_key = "occurred_at"

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(
        Contact, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    persona = models.ForeignKey(
        Persona, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    definition = models.ForeignKey(EventDefinition, models.DO_NOTHING, db_constraint=False, db_index=False)
    source = models.ForeignKey(Source, models.DO_NOTHING, db_constraint=False, db_index=False)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    value = models.DecimalField(max_digits=18, decimal_places=4, null=True)  # in the workspace's currency
    properties = models.JSONField(default=dict)
    context = models.JSONField(default=dict)  # click ids, UTM, referrer, ad consent, IP country, device

    class Meta:
        indexes = [
            # one person's timeline; "did X in the window" for few people
            models.Index(fields=["contact", "definition", "occurred_at"], name="event_of_contact"),
            # "did X in the window" for everyone, without touching the table
            models.Index(
                fields=["definition", "occurred_at"], include=["contact", "value"], name="event_of_definition"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.definition_id} {self.occurred_at:%Y-%m-%d %H:%M}"


class EventCount(models.Model):
    """How often a persona did something, ever: makes "ever", "never", "first" and "in total" instant.

    One row a persona, not a contact, so that the undo of a merge needs no arithmetic. No index on what changes.
    """

    pk = models.CompositePrimaryKey("persona", "definition")
    persona = models.ForeignKey(
        Persona, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    definition = models.ForeignKey(EventDefinition, models.DO_NOTHING, db_constraint=False, db_index=False)
    contact = models.ForeignKey(
        Contact, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    count = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    value_sum = models.DecimalField(max_digits=20, decimal_places=4, default=0)

    class Meta:
        indexes = [
            # "who ever did X"; covers the anti-join of "never"
            models.Index(fields=["definition", "contact"], name="event_count_of_definition"),
            models.Index(fields=["contact"], name="event_count_of_contact"),  # a profile; a merge
        ]

    def __str__(self) -> str:
        return f"{self.count}"


class ContactActivity(models.Model):
    """The hot fields of a contact, apart from the wide row so that its updates stay small."""

    contact = models.OneToOneField(Contact, models.CASCADE, primary_key=True, related_name="activity")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    event_count = models.PositiveIntegerField(default=0)
    stage_due_at = models.DateTimeField(null=True, blank=True)  # when time alone changes the lifecycle stage

    class Meta:
        indexes = [
            # whose stage has time changed? Looked at several times a second
            models.Index(
                fields=["stage_due_at"], name="activity_stage_due", condition=Q(stage_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}"


class AttributeDefinition(models.Model):
    """What a contact can have: the catalogue of attributes. Standard ones are columns of the contact."""

    class Type(models.TextChoices):
        """What values are; they are coerced at the door."""

        TEXT = "text", _("text")
        NUMBER = "number", _("number")
        BOOLEAN = "boolean", _("yes or no")
        DATE = "date", _("date")
        DATETIME = "datetime", _("date and time")
        LIST = "list", _("list")
        OBJECT = "object", _("group of values")

    key = models.CharField(max_length=100, unique=True)
    label = models.CharField(max_length=200, default="", blank=True)
    type = models.CharField(max_length=8, choices=Type)
    is_standard = models.BooleanField(default=False)
    is_personal = models.BooleanField(default=False)
    third_party_days = models.PositiveSmallIntegerField(
        _("third-party values expire after (days)"), default=180
    )
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.label or self.key


class AttributeChange(PartitionedModel):
    """One statement about a contact: append-only. The present value is a fold: party, then latest event."""

    partition_key = "occurred_at"

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(
        Contact, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    persona = models.ForeignKey(
        Persona, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    definition = models.ForeignKey(
        AttributeDefinition, models.DO_NOTHING, db_constraint=False, db_index=False
    )
    value = models.JSONField(null=True)  # null: removed
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.ForeignKey(Source, models.DO_NOTHING, db_constraint=False, db_index=False)
    party = models.PositiveSmallIntegerField(choices=Party)

    class Meta:
        indexes = [
            # history of one attribute on the profile; refolding after a merge or its undo
            models.Index(fields=["contact", "definition", "occurred_at"], name="attribute_of_contact")
        ]

    def __str__(self) -> str:
        return f"{self.definition_id}"


class Product(models.Model):
    """Something that can be bought, per brand and country."""

    brand = models.ForeignKey("profiles.Brand", models.PROTECT)
    country = models.CharField(max_length=2, default="", blank=True)
    sku = models.CharField(max_length=120)
    name = models.CharField(max_length=300, default="")
    maker = models.CharField(max_length=120, default="", blank=True)
    category_path = models.JSONField(default=list, blank=True)
    price = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    sale_price = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, default="")
    stock = models.IntegerField(null=True)
    variant_of = models.ForeignKey("self", models.SET_NULL, null=True)
    picture_url = models.URLField(max_length=1000, default="", blank=True)
    url = models.URLField(max_length=1000, default="", blank=True)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "country", "sku"], name="one_product_a_sku_and_market")
        ]

    def __str__(self) -> str:
        return self.name or self.sku


class Purchase(Fact):
    """An order: what it was worth in its own currency and, at that day's rate, in the workspace's."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, models.PROTECT, db_index=False)
    order_key = models.CharField(
        max_length=200
    )  # the shop's order id, or the event's number where it has none
    event_id = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField()
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3)
    amount_base = models.DecimalField(max_digits=14, decimal_places=2)
    refunded = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    refunded_base = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "order_key"], name="one_purchase_an_order")]
        indexes = [
            # "spent in the window", "days since last order": of some people, and of all
            models.Index(
                fields=["contact", "occurred_at"], include=["amount_base"], name="purchase_of_contact"
            ),
            models.Index(fields=["occurred_at"], include=["contact", "amount_base"], name="purchase_by_time"),
        ]

    def __str__(self) -> str:
        return self.order_key


class PurchaseItem(models.Model):
    """One line of an order."""

    id = models.BigAutoField(primary_key=True)
    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, models.SET_NULL, null=True)
    sku = models.CharField(max_length=120)
    name = models.CharField(max_length=300, default="")
    maker = models.CharField(max_length=120, default="")
    category = models.CharField(max_length=200, default="")
    quantity = models.DecimalField(max_digits=12, decimal_places=3, default=1)
    price = models.DecimalField(max_digits=14, decimal_places=2, null=True)

    def __str__(self) -> str:
        return self.name or self.sku


class RecordType(models.Model):
    """A kind of thing contacts have: a booking, a policy, a subscription, a company."""

    key = models.CharField(max_length=60, unique=True)
    label = models.CharField(max_length=120)
    fields = models.JSONField(default=list)  # [{key, label, type}]
    date_field = models.CharField(max_length=60, default="", blank=True)  # the date that matters
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.label


class Record(models.Model):
    """A thing that belongs to contacts and is not an event."""

    id = models.BigAutoField(primary_key=True)
    type = models.ForeignKey(RecordType, models.PROTECT, db_index=False)
    key = models.CharField(max_length=200)
    fields = models.JSONField(default=dict)
    # Whence each field's present value comes: {key: [party, epoch seconds, source, arrival]}.
    provenance = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), blank=True)
    due_on = models.DateField(null=True, blank=True)  # lifted from the type's date field
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["type", "key"], name="one_record_a_key")]
        indexes = [
            models.Index(fields=["type", "due_on"], name="record_by_date")
        ]  # "renews in the next 30 days"

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What the record is called on screen: by its own name, or by its key."""
        name = self.fields.get("name")
        return name if isinstance(name, str) and name else self.key


class RecordLink(Fact):
    """A contact's part in a record: owner, employee, passenger."""

    id = models.BigAutoField(primary_key=True)
    record = models.ForeignKey(Record, models.CASCADE, related_name="links")
    role = models.CharField(max_length=60, default="")
    since_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["record", "persona", "role"], name="one_link_a_record_and_role")
        ]
        indexes = [models.Index(fields=["contact"], name="record_link_of_contact")]

    def __str__(self) -> str:
        return self.role


class Touch(PartitionedModel):
    """The feed of what changed: "something of kind `what` about this contact is new". Monthly by `touched_at`."""

    partition_key = "touched_at"

    class What(models.IntegerChoices):
        """What kind of fact changed."""

        EVENT = 1
        ATTRIBUTE = 2
        PURCHASE = 3
        CONSENT = 4
        RECORD = 5
        MERGE = 6
        SCORE = 7

    seq = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(
        Contact, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    what = models.PositiveSmallIntegerField(choices=What)
    touched_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.contact_id} {self.what}"
