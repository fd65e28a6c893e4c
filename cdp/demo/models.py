"""How far the sample shop is loaded, and what it brought along."""

from typing import Final

from django.db import models

# The stages of loading in their order, and how much of a hundred each takes.
LOADING: Final = (
    ("furnish", 1),
    ("people", 66),
    ("digested", 4),
    ("plans", 1),
    ("partings", 2),
    ("things", 6),
    ("builds", 3),
    ("past", 12),
    ("credits", 1),
    ("today", 1),
    ("settled", 3),
)


class Demo(models.Model):
    """The sample shop: how far it is loaded, or removed. At most one row; none where nobody ever asked for it."""

    class Phase(models.TextChoices):
        """What is being done with it."""

        ABSENT = "absent", "absent"
        LOADING = "loading", "loading"
        READY = "ready", "ready"
        REMOVING = "removing", "removing"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    phase = models.CharField(max_length=8, choices=Phase, default=Phase.ABSENT)
    seed = models.PositiveIntegerField(default=1)
    people = models.PositiveIntegerField(default=2000)
    began_at = models.DateTimeField(null=True)  # the "today" that all of it is told for
    stage = models.CharField(max_length=20, default="")  # of the loading or the removal
    place = models.PositiveIntegerField(default=0)  # how far within the stage
    beat_at = models.DateTimeField(null=True)  # when its people last did something
    ready_at = models.DateTimeField(null=True)
    problem = models.TextField(default="")  # what stopped it last, for the log and the page

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="demo_is_one_row")]

    def __str__(self) -> str:
        return self.phase

    @property
    def is_on(self) -> bool:
        """Whether its people are there, or on their way."""
        return self.phase in (self.Phase.LOADING, self.Phase.READY)

    @property
    def percent(self) -> int:
        """How far the loading is, 0 to 100."""
        if self.phase == self.Phase.READY:
            return 100
        before = 0
        for name, share in LOADING:
            if name == self.stage:
                within = min(1.0, self.place / max(1, self.people)) if name in ("people", "past") else 0.0
                return before + int(share * within)
            before += share
        return 0


class SampleThing(models.Model):
    """Something with a name that the sample shop brought along, and how it looked then.

    `kind` is the model's label, "segments.segment" say. What somebody has changed since is theirs and stays.
    """

    key = models.CharField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=60)
    thing_id = models.BigIntegerField()
    fingerprint = models.CharField(max_length=64, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "thing_id"], name="one_sample_a_thing")]

    def __str__(self) -> str:
        return self.key
