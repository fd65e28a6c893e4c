"""The states that a draft went through, so that undo and redo work across sessions and people."""

from django.db import models


class DraftState(models.Model):
    """One state of a draft, as its editor keeps it. `kind` is "journey" or "content"."""

    kind = models.CharField(max_length=10)
    thing_id = models.BigIntegerField()
    number = models.PositiveIntegerField()
    state = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "thing_id", "number"], name="one_draft_state_a_number")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.thing_id} s{self.number}"


class DraftPlace(models.Model):
    """Where in its states a draft stands now; before it lies what undo brings back, after it what redo does."""

    pk = models.CompositePrimaryKey("kind", "thing_id")
    kind = models.CharField(max_length=10)
    thing_id = models.BigIntegerField()
    number = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.kind} {self.thing_id} at s{self.number}"
