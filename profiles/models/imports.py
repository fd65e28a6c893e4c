"""Files of people that were brought in: what their columns mean, how far it has come, and what was not accepted."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from profiles.models.consent import Topic
from profiles.models.sources import Source


class Import(models.Model):
    """One file. Its rows up to `place` are in the inbox, or among the refused."""

    class State(models.TextChoices):
        """A draft waits for somebody to say what its columns mean."""

        DRAFT = "draft", _("Not started")
        RUNNING = "running", _("Being imported")
        DONE = "done", _("Imported")
        STOPPED = "stopped", _("Stopped")

    name = models.CharField(_("name"), max_length=120)
    content = models.BinaryField()  # UTF-8, however it came
    separator = models.CharField(max_length=1, default=",")
    columns = models.JSONField(default=list)  # what each column is: an identifier, an attribute's key, or ""
    topic = models.ForeignKey(Topic, models.PROTECT, null=True, blank=True)  # they agreed to this by e-mail
    proof = models.CharField(max_length=200, default="", blank=True)  # where and when they agreed
    source = models.ForeignKey(Source, models.PROTECT, null=True, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.DRAFT)
    rows = models.PositiveIntegerField(default=0)
    place = models.PositiveIntegerField(default=0)
    offset = models.PositiveIntegerField(
        default=0, db_default=0
    )  # characters of the file up to that row's end
    accepted = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    made_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"], name="import_running", condition=models.Q(state="running")
            )  # the sweep
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def percent(self) -> int:
        """How far it has come."""
        return 100 * self.place // self.rows if self.rows else 100


class RefusedRow(models.Model):
    """A row that was not accepted, as it stood in the file, and why."""

    imported = models.ForeignKey(Import, models.CASCADE, related_name="refusals")
    number = models.PositiveIntegerField()  # the line a person would count, the heading being 1
    reason = models.CharField(max_length=300)
    cells = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["imported", "number"], name="one_refusal_a_row")]

    def __str__(self) -> str:
        return f"{self.imported_id}, row {self.number}"
