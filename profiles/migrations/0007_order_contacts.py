"""The contact list by name, and with the visitors. The indexes are built beside running work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("profiles", "0006_large_send")]

    operations = [
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(known_since_at__isnull=False, merged_into__isnull=True),
                fields=["last_name", "first_name", "id"],
                name="contact_by_name",
            ),
        ),
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(merged_into__isnull=True),
                fields=["-created_at", "-id"],
                name="contact_newest",
            ),
        ),
    ]
