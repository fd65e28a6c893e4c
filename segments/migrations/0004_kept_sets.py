from django.db import migrations, models

# Unlogged: what is lost in a crash is worked out again. External: bitmaps are small already.
UNLOGGED = """
    ALTER TABLE segments_keptset SET UNLOGGED;
    ALTER TABLE segments_keptset ALTER COLUMN ids SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('segments', '0003_versions_and_untold_changes'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeptSet',
            fields=[
                ('key', models.BinaryField(max_length=16, primary_key=True, serialize=False)),
                ('as_of', models.DateTimeField()),
                ('ids', models.BinaryField()),
            ],
        ),
        migrations.RunSQL(UNLOGGED, migrations.RunSQL.noop),
    ]
