"""What everything with a name shares: owner, tags, campaign, brand, favourites, the archive."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Named(models.Model):
    """Something people of the workspace make, find again by its name, and put away in the archive."""

    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), default="", blank=True)
    owner = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")
    edited_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    campaign = models.ForeignKey("profiles.Campaign", models.SET_NULL, null=True, blank=True)
    brand = models.ForeignKey("profiles.Brand", models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Favourite(models.Model):
    """A star that one person of the workspace gave. `kind` is the model's label, "segments.segment" say."""

    user = models.ForeignKey("auth.User", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    thing_id = models.BigIntegerField()
    starred_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "thing_id"], name="one_star_a_thing"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.thing_id}"


class SavedView(models.Model):
    """A list's search and filters under a name: `query` is what stands after the ? of its address."""

    user = models.ForeignKey("auth.User", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000, default="", blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "name"], name="one_saved_view_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
