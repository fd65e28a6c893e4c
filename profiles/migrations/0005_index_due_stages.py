"""Whose stage has time changed? The index is built beside running work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("profiles", "0004_stages_and_notes")]

    operations = [
        AddIndexConcurrently(
            model_name="contactactivity",
            index=models.Index(
                condition=models.Q(("stage_due_at__isnull", False)),
                fields=["stage_due_at"],
                name="activity_stage_due",
            ),
        ),
    ]
