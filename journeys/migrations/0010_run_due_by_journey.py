from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CONCURRENTLY: the engine goes on meanwhile

    dependencies = [
        ('journeys', '0009_entries'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='run',
            index=models.Index(condition=models.Q(('state__in', ['active', 'waiting']), ('wake_at__isnull', False)), fields=['journey', 'wake_at'], name='run_due_in_journey'),
        ),
        RemoveIndexConcurrently(
            model_name='run',
            name='run_due',
        ),
    ]
