"""Keys of the partner API, what each has left to ask, and the answers kept for repeated requests."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('profiles', '0007_order_contacts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('prefix', models.CharField(max_length=16, unique=True, verbose_name='begins with')),
                ('digest', models.BinaryField(max_length=32)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list)),
                ('per_minute', models.PositiveIntegerField(blank=True, null=True, verbose_name='requests a minute')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='expires')),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_keys', to='profiles.source')),
            ],
        ),
        migrations.CreateModel(
            name='ApiAllowance',
            fields=[
                ('pk', models.CompositePrimaryKey('key', 'name', blank=True, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=10)),
                ('tokens', models.FloatField()),
                ('at', models.DateTimeField()),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='profiles.apikey')),
            ],
        ),
        migrations.CreateModel(
            name='ApiAnswer',
            fields=[
                ('pk', models.CompositePrimaryKey('key', 'name', blank=True, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=255)),
                ('fingerprint', models.BinaryField(max_length=32)),
                ('status', models.PositiveSmallIntegerField()),
                ('headers', models.JSONField(default=dict)),
                ('body', models.JSONField(null=True)),
                ('answered_at', models.DateTimeField()),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='profiles.apikey')),
            ],
            options={
                'indexes': [models.Index(fields=['answered_at'], name='api_answer_age')],
            },
        ),
        # Each request updates one of its rows: room on the page keeps the index out of it.
        migrations.RunSQL("ALTER TABLE profiles_apiallowance SET (fillfactor = 50)", migrations.RunSQL.noop),
    ]
