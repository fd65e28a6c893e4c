"""Journeys: the drawing, its frozen published versions, and the people on their way."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cdp.lib.db import PartitionedModel
from profiles.models import Contact, EventDefinition, Named, Persona
from segments.models import Cause, Segment


class Journey(Named):
    """The drawing of a journey, a broadcast or a transactional message; its draft lies in `draft`."""

    class Kind(models.TextChoices):
        """All run on one engine; a broadcast is a version with one send."""

        JOURNEY = "journey", _("journey")
        BROADCAST = "broadcast", _("broadcast")
        TRANSACTIONAL = "transactional", _("transactional message")

    class Status(models.TextChoices):
        """What the whole does now. Paused holds people and drops nobody."""

        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        LIVE = "live", _("Live")
        PAUSED = "paused", _("Paused")
        FINISHING = "finishing", _("Finishing")
        COMPLETED = "completed", _("Completed")

    kind = models.CharField(max_length=13, choices=Kind, default=Kind.JOURNEY)
    status = models.CharField(max_length=9, choices=Status, default=Status.DRAFT)
    draft = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "kind", "name", condition=models.Q(archived_at__isnull=True), name="journey_name_unique"
            )
        ]


class Version(models.Model):
    """A published drawing. Its definition never changes; code may."""

    class State(models.TextChoices):
        """Whether it takes people in, only lets them finish, or is over."""

        LIVE = "live", _("Live")
        PAUSED = "paused", _("Paused")
        FINISHING = "finishing", _("Finishing")
        OVER = "over", _("Over")

    class Fate(models.TextChoices):
        """What becomes of people inside who are not in the newest version."""

        FINISH = "finish", _("finish the way they began")
        FOLLOW = "follow", _("go on in the new version")
        EXIT = "exit", _("leave")

    journey = models.ForeignKey(Journey, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    state = models.CharField(max_length=9, choices=State, default=State.LIVE)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True)
    # What the trigger listens to, lifted out of the definition so that the digest finds it by index.
    trigger_event = models.ForeignKey(
        EventDefinition, models.PROTECT, null=True, blank=True, related_name="+"
    )
    trigger_segment = models.ForeignKey(Segment, models.PROTECT, null=True, blank=True, related_name="+")
    # Names of events that its steps wait for: the digest appends a signal for these.
    awaited_events = ArrayField(models.IntegerField(), default=list, blank=True)
    # Members of the trigger's segment that were there before: enrolled in chunks up to this contact.
    backfilled_to = models.BigIntegerField(null=True, blank=True)
    # When the dates that start it are looked at next; null where it starts otherwise.
    sweep_at = models.DateTimeField(null=True, blank=True)
    # What becomes of the people inside once a newer version, or nobody, takes their place.
    fate = models.CharField(max_length=6, choices=Fate, default=Fate.FINISH, db_default=Fate.FINISH)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["journey", "number"], name="version_number_unique"),
            models.UniqueConstraint(
                fields=["journey"],
                condition=models.Q(state__in=["live", "paused"]),
                name="one_version_takes_people",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.journey_id} v{self.number}"


class Run(models.Model):
    """One contact on the way through one version."""

    class State(models.TextChoices):
        """Active: a step is due at `wake_at`. Waiting: for time or a signal. The rest are ends."""

        ACTIVE = "active", _("on the way")
        WAITING = "waiting", _("waiting")
        COMPLETED = "completed", _("completed")
        EXITED = "exited", _("left")
        FAILED = "failed", _("stopped by an error")

    id = models.BigAutoField(primary_key=True)
    journey = models.ForeignKey(Journey, models.PROTECT, db_index=False)
    version = models.ForeignKey(Version, models.PROTECT, db_index=False)
    contact = models.ForeignKey(Contact, models.PROTECT, db_index=False)
    persona = models.ForeignKey(Persona, models.PROTECT, db_index=False)
    key = models.CharField(max_length=200, default="")  # "once per order": the order; "" where not keyed
    state = models.CharField(max_length=9, choices=State, default=State.ACTIVE)
    step = models.CharField(max_length=40)
    visit_number = models.PositiveIntegerField(default=0)  # the visit on `step`; counts up
    wake_at = models.DateTimeField(null=True)
    awaits = ArrayField(models.IntegerField(), null=True, blank=True)  # event definitions that end the wait
    signal_seq = models.BigIntegerField(default=0)  # signals up to here belong to the past of this wait
    entered_at = models.DateTimeField()
    arrived_at = models.DateTimeField(db_default=Now())  # on the present step: waits count from here
    ended_at = models.DateTimeField(null=True, blank=True)
    exit_reason = models.CharField(max_length=20, default="", blank=True)
    error = models.TextField(default="", blank=True)
    cause = models.CharField(max_length=8, choices=Cause, default=Cause.FACT)
    variables = models.JSONField(default=dict, blank=True)  # the triggering event, webhook answers

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["journey", "contact", "key"],
                condition=models.Q(state__in=["active", "waiting"]),
                name="one_open_run_a_contact_and_key",
            )
        ]
        indexes = [
            # the engine: what is due now, journey by journey, so that a paused one costs nothing
            models.Index(
                fields=["journey", "wake_at"],
                name="run_due_in_journey",
                condition=models.Q(state__in=["active", "waiting"], wake_at__isnull=False),
            ),
            # signals: who waits for something at all
            models.Index(
                fields=["contact"],
                name="run_awaiting",
                condition=models.Q(state="waiting", awaits__isnull=False),
            ),
            models.Index(fields=["version", "state", "step"], name="run_on_step"),  # "N waiting" on each card
            models.Index(fields=["contact", "journey"], name="run_of_contact"),  # profile; re-entry; merge
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.version_id}"


class Visit(PartitionedModel):
    """One run on one step, numbered: written when the step is done. Monthly partitions by `arrived_at`."""

    partition_key = "arrived_at"

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, models.DO_NOTHING, db_constraint=False, db_index=False)
    number = models.PositiveIntegerField()
    version = models.ForeignKey(Version, models.DO_NOTHING, db_constraint=False, db_index=False)
    step = models.CharField(max_length=40)
    arrived_at = models.DateTimeField()
    left_at = models.DateTimeField()
    outcome = models.CharField(max_length=20)
    next_step = models.CharField(max_length=40, default="")

    class Meta:
        indexes = [
            models.Index(fields=["run", "number"], name="visit_of_run"),  # why did this person go there
            models.Index(
                fields=["version", "step", "arrived_at"], name="visit_on_step"
            ),  # numbers on the canvas
        ]

    def __str__(self) -> str:
        return f"{self.run_id}#{self.number}"


class Signal(PartitionedModel):
    """Something happened that a live journey may be waiting for. Appended by the digest, never changed."""

    partition_key = "signalled_at"

    seq = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, models.DO_NOTHING, db_constraint=False, db_index=False)
    persona = models.ForeignKey(Persona, models.DO_NOTHING, db_constraint=False, db_index=False)
    definition = models.ForeignKey(EventDefinition, models.DO_NOTHING, db_constraint=False, db_index=False)
    event_id = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    signalled_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["contact", "definition", "seq"], name="signal_of_contact")]

    def __str__(self) -> str:
        return f"{self.seq}"


class Bookmark(models.Model):
    """How far a reader of an append-only feed has come: everything up to `seq` is read."""

    name = models.CharField(max_length=40, primary_key=True)
    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.seq}"


class RunMerge(models.Model):
    """What the undo of a merge needs here: the runs that a merge ended or handed over."""

    merge = models.OneToOneField("profiles.Merge", models.CASCADE, primary_key=True)
    moved_runs = ArrayField(models.BigIntegerField(), default=list)
    ended_runs = models.JSONField(default=list)  # the run's former state, to be restored
    moved_messages = ArrayField(models.BigIntegerField(), default=list)

    def __str__(self) -> str:
        return str(self.pk)
