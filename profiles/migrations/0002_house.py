"""What every installation starts with, and storage settings that Django has no words for."""

from django.db import migrations

STANDARD = [
    ("email", "E-mail", "text", True),
    ("phone", "Phone", "text", True),
    ("first_name", "First name", "text", True),
    ("last_name", "Last name", "text", True),
    ("birth_date", "Birth date", "date", True),
    ("gender", "Gender", "text", True),
    ("language", "Language", "text", False),
    ("timezone", "Time zone", "text", False),
    ("country", "Country", "text", False),
    ("region", "Region", "text", False),
    ("city", "City", "text", False),
    ("postal_code", "Postal code", "text", True),
    ("lifecycle_stage", "Lifecycle stage", "text", False),
]
NEVER = ["-1", "0", "null", "none", "undefined", "nan", "anonymous", "unknown", "n/a", "na", "test", "true", "false"]
NOT_PEOPLE = [r"^[0-]*$"]
RULES = [
    # namespace, kind, priority, makes known, limit, days
    ("user_id", "hard", 1, True, 1, None),
    ("email", "soft", 2, True, 10, None),
    ("phone", "soft", 3, True, 10, None),
    ("device_token", "soft", 4, False, 50, None),
    ("anonymous_id", "soft", 5, False, 200, 365),
]


def furnish(apps, schema_editor):
    apps.get_model("profiles", "Settings").objects.create(id=1)
    apps.get_model("profiles", "Brand").objects.create(name="Default", is_default=True)
    apps.get_model("profiles", "Source").objects.create(name="Kindred", kind="system", lane=1)
    rule = apps.get_model("profiles", "IdentifierRule")
    for namespace, kind, priority, makes_known, limit, days in RULES:
        rule.objects.create(
            namespace=namespace, kind=kind, priority=priority, makes_known=makes_known, limit=limit,
            limit_days=days, blocked_values=NEVER,
            blocked_patterns=[*NOT_PEOPLE, r"^(unknown|noreply|no-reply|test)@"],
        )
    attribute = apps.get_model("profiles", "AttributeDefinition")
    attribute.objects.bulk_create(
        attribute(key=key, label=label, type=type_, is_standard=True, is_personal=personal)
        for key, label, type_, personal in STANDARD
    )


STORAGE = """
    -- Counters change in place: room on the page keeps their updates off the indexes (HOT).
    ALTER TABLE profiles_eventcount SET (fillfactor = 70);
    ALTER TABLE profiles_contactactivity SET (fillfactor = 70);
    -- The inbox is a queue: rows come and go, so vacuum it often and by number, not by share.
    ALTER TABLE profiles_inboxitem SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
    -- The payload is read once and deleted: compressing it costs more than it saves.
    ALTER TABLE profiles_inboxitem ALTER COLUMN payload SET STORAGE EXTERNAL;
    -- A contact is founded with its first persona, under one number.
    CREATE SEQUENCE profiles_persona_id_seq AS bigint OWNED BY profiles_persona.id;
"""


class Migration(migrations.Migration):
    dependencies = [("profiles", "0001_initial")]
    operations = [
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.RunPython(furnish, migrations.RunPython.noop),
    ]
