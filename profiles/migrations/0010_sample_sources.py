"""Sources whose people are nobody real."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('profiles', '0009_record_provenance'),
    ]

    operations = [
        migrations.AddField(
            model_name='source',
            name='is_sample',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
