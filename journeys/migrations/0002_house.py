"""Storage settings that Django has no words for, and the first topic."""

from django.db import migrations


def furnish(apps, schema_editor):
    brand = apps.get_model("profiles", "Brand").objects.get(is_default=True)
    apps.get_model("profiles", "Topic").objects.create(brand=brand, key="news", name="News and offers")
    apps.get_model("journeys", "Sender").objects.create(
        brand=brand, name="Kindred", email="hello@kindred.example", is_default=True
    )


class Migration(migrations.Migration):
    dependencies = [("journeys", "0001_initial"), ("profiles", "0002_house")]
    operations = [
        # Runs change in place on every step: room on the page for the new row version.
        migrations.RunSQL("ALTER TABLE journeys_run SET (fillfactor = 70)", migrations.RunSQL.noop),
        migrations.RunPython(furnish, migrations.RunPython.noop),
    ]
