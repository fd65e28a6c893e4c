"""The workspace: its one row of settings, its brands, the rates that make one currency of many."""

import datetime as dt
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from profiles import permissions
from profiles.models.named import Named


class Settings(models.Model):
    """What holds for the whole installation. There is exactly one row; the first migration makes it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(_("name"), max_length=120, default="Kindred")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    country = models.CharField(_("home country"), max_length=2, default="", blank=True)
    languages = models.JSONField(_("languages, in order of fallback"), default=list, blank=True)
    week_starts_on = models.PositiveSmallIntegerField(_("week starts on (0 = Monday)"), default=0)
    new_days = models.PositiveSmallIntegerField(_("new for (days)"), default=30)
    active_days = models.PositiveSmallIntegerField(_("active for (days)"), default=90)
    at_risk_days = models.PositiveSmallIntegerField(_("at risk until (days)"), default=180)
    stages_after = models.BigIntegerField(
        null=True, blank=True, db_default=0, editable=False
    )  # everybody's stage is being decided again, behind this contact; empty: nobody's is
    click_credit_days = models.PositiveSmallIntegerField(_("a click earns credit for (days)"), default=5)
    delivery_credit_hours = models.PositiveSmallIntegerField(
        _("an SMS, WhatsApp or push earns credit for (hours)"), default=24
    )
    freshness_hours = models.PositiveIntegerField(_("an event starts journeys for (hours)"), default=24)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    cap_messages = models.PositiveSmallIntegerField(
        _("at most this many marketing messages"), null=True, blank=True
    )
    cap_days = models.PositiveSmallIntegerField(_("in this many days"), default=7)
    large_send = models.PositiveIntegerField(
        _("sending to more people than this needs its own permission"), default=10_000, db_default=10_000
    )
    retention_months = models.PositiveSmallIntegerField(_("keep events for (months)"), default=60)
    visitor_months = models.PositiveSmallIntegerField(_("keep visitors for (months)"), default=13)

    class Meta:
        verbose_name_plural = _("settings")
        permissions = permissions.NAMED  # type: ignore[assignment]  # the stubs know no Promise
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="settings_is_one_row")]

    def __str__(self) -> str:
        return self.name

    @property
    def horizon(self) -> dt.timedelta:
        """How far back events are kept."""
        return dt.timedelta(days=30 * self.retention_months)


class Brand(models.Model):
    """A face towards customers: sender, colours, postal address. One always exists and is the default."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    is_default = models.BooleanField(_("default"), default=False)
    postal_address = models.TextField(_("postal address"), default="", blank=True)
    website = models.URLField(_("website"), default="", blank=True)
    theme = models.JSONField(_("colours and fonts"), default=dict, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "is_default", condition=models.Q(is_default=True), name="one_default_brand"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Campaign(Named):
    """A named initiative that groups broadcasts, journeys, forms and audiences and is reported as one."""

    campaign = None  # Django's way to leave out what Named has: none is part of another
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True, db_default=[])
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())
    utm_campaign = models.SlugField(_("utm_campaign of its links"), max_length=120, default="", blank=True)
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    goal = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(archived_at__isnull=True), name="campaign_name_unique"
            )
        ]

    def clean(self) -> None:
        """It ends after it begins."""
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("It ends before it begins.")})


class ExchangeRate(models.Model):
    """What one unit of `currency` was worth in the workspace's currency on a day."""

    pk = models.CompositePrimaryKey("currency", "on")
    currency = models.CharField(max_length=3)
    on = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=8, validators=[MinValueValidator(Decimal(0))])

    def __str__(self) -> str:
        return f"{self.currency} {self.on}"


class LifecycleCount(models.Model):
    """What one question about everybody's lifecycle came to, counted in the background."""

    name = models.CharField(max_length=20, primary_key=True)  # the chart, and how far it looks back
    about = models.JSONField()  # the thresholds and the zone that it was counted with
    answer = models.JSONField()
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
