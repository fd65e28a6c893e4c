"""The contact list of one country, and its length. The index is built beside running work."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("profiles", "0011_lifecycle_counts")]

    operations = [
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(known_since_at__isnull=False, merged_into__isnull=True),
                fields=["country", "-known_since_at", "-id"],
                name="contact_of_country",
            ),
        ),
    ]
