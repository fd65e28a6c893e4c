"""Whence the fields of a record come, so that the latest statement counts in whatever order they arrive."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('profiles', '0008_api_keys'),
    ]

    operations = [
        migrations.AddField(
            model_name='record',
            name='provenance',
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
    ]
