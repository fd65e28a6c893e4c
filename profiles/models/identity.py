"""Who is who: identifiers point to personas, personas to contacts."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _


class Contact(models.Model):
    """One person as we know them.

    A contact is created together with its first persona, under the same number. `provenance` says for each
    attribute whence its present value comes: {key: [party, epoch seconds of the event, source]}.
    """

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField(max_length=254, default="", blank=True)
    phone = models.CharField(max_length=20, default="", blank=True)
    first_name = models.CharField(max_length=150, default="", blank=True)
    last_name = models.CharField(max_length=150, default="", blank=True)
    birth_date = models.DateField(null=True, blank=True)
    gender = models.CharField(max_length=20, default="", blank=True)
    language = models.CharField(max_length=10, default="", blank=True)
    timezone = models.CharField(max_length=64, default="", blank=True)
    country = models.CharField(max_length=2, default="", blank=True)
    region = models.CharField(max_length=100, default="", blank=True)
    city = models.CharField(max_length=100, default="", blank=True)
    postal_code = models.CharField(max_length=20, default="", blank=True)
    lifecycle_stage = models.CharField(max_length=12, default="", blank=True)
    attributes = models.JSONField(default=dict, blank=True)
    provenance = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    known_since_at = models.DateTimeField(null=True, blank=True)
    do_not_track_since_at = models.DateTimeField(null=True, blank=True)
    random_bucket = models.PositiveSmallIntegerField()
    is_sample = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                # roaring bitmaps of contact ids hold 32 bits
                condition=models.Q(id__gt=0, id__lt=2**32),
                name="contact_id_fits_a_bitmap",
            ),
            models.CheckConstraint(
                condition=models.Q(random_bucket__lt=10_000), name="contact_bucket_below_10000"
            ),
        ]
        indexes = [
            # the contact list: known people, newest first
            models.Index(
                fields=["-known_since_at", "-id"],
                name="contact_known",
                condition=models.Q(known_since_at__isnull=False, merged_into__isnull=True),
            ),
            # the contact list of one country, and its length
            models.Index(
                fields=["country", "-known_since_at", "-id"],
                name="contact_of_country",
                condition=models.Q(known_since_at__isnull=False, merged_into__isnull=True),
            ),
            # the contact list by name, and with the visitors
            models.Index(
                fields=["last_name", "first_name", "id"],
                name="contact_by_name",
                condition=models.Q(known_since_at__isnull=False, merged_into__isnull=True),
            ),
            models.Index(
                fields=["-created_at", "-id"],
                name="contact_newest",
                condition=models.Q(merged_into__isnull=True),
            ),
            # search by name or address, anywhere in it
            GinIndex(
                OpClass(Upper("first_name"), "gin_trgm_ops"),
                OpClass(Upper("last_name"), "gin_trgm_ops"),
                OpClass(Upper("email"), "gin_trgm_ops"),
                OpClass("phone", "gin_trgm_ops"),
                name="contact_search",
            ),
            # nightly: visitors unseen for too long
            models.Index(
                fields=["created_at"],
                name="contact_visitors",
                condition=models.Q(known_since_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What a person is called on screen."""
        full = f"{self.first_name} {self.last_name}".strip()
        return full or self.email or self.phone or self._unnamed()

    def _unnamed(self) -> str:
        # Known by a customer number alone; a list that did not fetch it says "Visitor" of everybody unnamed.
        is_known = "known_since_at" not in self.get_deferred_fields() and self.known_since_at is not None
        words = _("Contact %(number)s") if is_known else _("Visitor %(number)s")
        return str(words) % {"number": self.pk}


class Persona(models.Model):
    """An identity as it first appeared. It never goes away; a merge only changes its contact."""

    id = models.BigIntegerField(primary_key=True)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="personas")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.pk)


class IdentifierRule(models.Model):
    """How one namespace of identifiers behaves: hard or soft, its rank, its limit, what it never accepts."""

    class Kind(models.TextChoices):
        """A hard identifier has one value per person; a soft one may have several."""

        HARD = "hard", _("Unique to one person")
        SOFT = "soft", _("May change")

    namespace = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=4, choices=Kind)
    priority = models.PositiveSmallIntegerField(help_text=_("1 is kept longest when identifiers disagree"))
    makes_known = models.BooleanField(default=False)
    limit = models.PositiveSmallIntegerField(_("values per person"), default=5)
    limit_days = models.PositiveSmallIntegerField(_("within (days; empty: ever)"), null=True, blank=True)
    blocked_values = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    blocked_patterns = ArrayField(models.CharField(max_length=200), default=list, blank=True)

    def __str__(self) -> str:
        return self.namespace


class IdentityLink(models.Model):
    """One identifier, and the persona it names now."""

    id = models.BigAutoField(primary_key=True)
    namespace = models.CharField(max_length=40)
    value = models.CharField(max_length=200)
    persona = models.ForeignKey(Persona, models.PROTECT, related_name="links")
    source = models.ForeignKey("profiles.Source", models.SET_NULL, null=True, db_index=False)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["namespace", "value"], name="one_persona_an_identifier")
        ]
        indexes = [
            # contact search by any identifier, from its beginning
            models.Index(OpClass("value", "text_pattern_ops"), name="identity_by_value")
        ]

    def __str__(self) -> str:
        return f"{self.namespace}:{self.value}"


class IdentityLinkMove(models.Model):
    """An identifier went from one persona to another: a shared device, a refused clash."""

    namespace = models.CharField(max_length=40)
    value = models.CharField(max_length=200)
    from_persona = models.ForeignKey(Persona, models.PROTECT, related_name="links_lost")
    to_persona = models.ForeignKey(Persona, models.PROTECT, related_name="links_won")
    moved_at = models.DateTimeField(db_default=Now())
    reason = models.CharField(max_length=40)

    def __str__(self) -> str:
        return f"{self.namespace}:{self.value}"


class Merge(models.Model):
    """Two contacts found to be one: which personas moved, on whose word, and what its undo needs."""

    class Cause(models.TextChoices):
        """Whose word it was."""

        IDENTIFIED = "identified", _("the same identifiers")
        BY_HAND = "by_hand", _("by hand")
        PROBABILISTIC = "probabilistic", _("very alike")

    survivor = models.ForeignKey(Contact, models.PROTECT, related_name="merges_won")
    absorbed = models.ForeignKey(Contact, models.PROTECT, related_name="merges_lost")
    personas = ArrayField(models.BigIntegerField())
    cause = models.CharField(max_length=16, choices=Cause)
    evidence = models.JSONField(default=dict)
    merged_at = models.DateTimeField()
    merged_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True)
    # Until the absorbed contact's rows have all been re-pointed, readers follow `Contact.merged_into`.
    rows_moved_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            # which merges still move rows: asked by the compiler on every question
            models.Index(
                fields=["absorbed"], name="merge_moving", condition=models.Q(rows_moved_at__isnull=True)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(survivor=models.F("absorbed")), name="merge_of_two_contacts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} → {self.survivor_id}"


class Fact(models.Model):
    """Fields every fact about a person has: the persona that it belongs to forever, the contact it counts for now."""

    persona = models.ForeignKey(Persona, models.PROTECT, related_name="+", db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True
