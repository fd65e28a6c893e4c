"""What the lifecycle's charts say, as rows that are counted in the background."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("profiles", "0010_sample_sources")]

    operations = [
        migrations.CreateModel(
            name="LifecycleCount",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("about", models.JSONField()),
                ("answer", models.JSONField()),
                ("counted_at", models.DateTimeField()),
            ],
        ),
    ]
