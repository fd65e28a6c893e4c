from django.db import migrations, models

from cdp.lib.partitions import AddIndexToPartitions


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY: delivery goes on meanwhile

    dependencies = [
        ("journeys", "0010_run_due_by_journey"),
    ]

    operations = [
        AddIndexToPartitions(
            model_name="message",
            index=models.Index(condition=models.Q(("state", "held")), fields=["due_at"], name="message_held"),
        ),
    ]
