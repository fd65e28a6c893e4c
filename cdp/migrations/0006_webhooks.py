"""Webhooks: who is told what happens, what is owed to them, and every attempt to tell it."""

import cdp.lib.crypto
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cdp', '0005_team'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('failed', 'Given up')], db_default='waiting', default='waiting', max_length=9)),
                ('attempts', models.PositiveIntegerField(db_default=0, default=0)),
                ('tries', models.PositiveSmallIntegerField(db_default=0, default=0)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('attempted_at', models.DateTimeField()),
                ('milliseconds', models.PositiveIntegerField()),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('error', models.CharField(default='', max_length=300)),
                ('answer', models.TextField(default='')),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='log', to='cdp.webhookdelivery')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('url', models.URLField(max_length=1000, verbose_name='address')),
                ('wants', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), verbose_name='tell it when')),
                ('event_names', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, verbose_name='events')),
                ('secret', cdp.lib.crypto.EncryptedTextField()),
                ('secret_before', cdp.lib.crypto.EncryptedTextField(blank=True, default='')),
                ('secret_before_until_at', models.DateTimeField(blank=True, null=True)),
                ('status', models.CharField(choices=[('active', 'Active'), ('paused', 'Paused'), ('disabled', 'Switched off after failures')], default='active', max_length=8, verbose_name='status')),
                ('failing_since_at', models.DateTimeField(blank=True, null=True)),
                ('disabled_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='webhookdelivery',
            name='endpoint',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='cdp.webhookendpoint'),
        ),
        migrations.CreateModel(
            name='WebhookMessage',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=40, unique=True)),
                ('kind', models.CharField(max_length=40)),
                ('contact_id', models.BigIntegerField(null=True)),
                ('happened_at', models.DateTimeField()),
                ('body', models.TextField()),
            ],
            options={
                'indexes': [models.Index(fields=['happened_at'], name='webhook_message_age')],
            },
        ),
        migrations.AddField(
            model_name='webhookdelivery',
            name='message',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='cdp.webhookmessage'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['endpoint', 'next_attempt_at'], name='webhook_delivery_due'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['endpoint', '-id'], name='webhook_delivery_log'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(fields=('endpoint', 'message'), name='one_delivery_an_endpoint'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'waiting'), ('next_attempt_at__isnull', True), _connector='XOR'), name='webhook_delivery_waits_for_a_moment'),
        ),
    ]
