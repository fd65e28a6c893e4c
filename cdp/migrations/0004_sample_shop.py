"""The sample shop: how far it is loaded, and what it brought along."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cdp', '0003_audit_log'),
    ]

    operations = [
        migrations.CreateModel(
            name='Demo',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('phase', models.CharField(choices=[('absent', 'absent'), ('loading', 'loading'), ('ready', 'ready'), ('removing', 'removing')], default='absent', max_length=8)),
                ('seed', models.PositiveIntegerField(default=1)),
                ('people', models.PositiveIntegerField(default=2000)),
                ('began_at', models.DateTimeField(null=True)),
                ('stage', models.CharField(default='', max_length=20)),
                ('place', models.PositiveIntegerField(default=0)),
                ('beat_at', models.DateTimeField(null=True)),
                ('ready_at', models.DateTimeField(null=True)),
                ('problem', models.TextField(default='')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='demo_is_one_row')],
            },
        ),
        migrations.CreateModel(
            name='SampleThing',
            fields=[
                ('key', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=60)),
                ('thing_id', models.BigIntegerField()),
                ('fingerprint', models.CharField(default='', max_length=64)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('kind', 'thing_id'), name='one_sample_a_thing')],
            },
        ),
    ]
