from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION kindred_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A person who leaves takes their account along; what they did stays, under their address.
    IF TG_OP = 'UPDATE' AND NEW.actor_id IS NULL
       AND to_jsonb(NEW) - 'actor_id' = to_jsonb(OLD) - 'actor_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The audit log is only ever added to.';
END $$;
CREATE TRIGGER kindred_audit_is_append_only BEFORE UPDATE OR DELETE ON auditlog_logentry
    FOR EACH ROW EXECUTE FUNCTION kindred_audit_is_append_only();
"""
NOT_APPEND_ONLY = """
DROP TRIGGER kindred_audit_is_append_only ON auditlog_logentry;
DROP FUNCTION kindred_audit_is_append_only();
"""


class Migration(migrations.Migration):
    """The audit log: nobody rewrites it, and any word in it is found by index."""

    dependencies = [
        ("cdp", "0002_daily_figures"),
        ("auditlog", "0017_add_actor_email"),
        ("profiles", "0001_initial"),  # pg_trgm
    ]

    operations = [
        migrations.RunSQL(
            # the page Audit log: newest first
            "CREATE INDEX audit_newest ON auditlog_logentry (timestamp DESC, id DESC)",
            "DROP INDEX audit_newest",
        ),
        migrations.RunSQL(
            # … and one kind of thing, or one person, newest first
            "CREATE INDEX audit_of_kind ON auditlog_logentry (content_type_id, timestamp DESC, id DESC);"
            "CREATE INDEX audit_of_actor ON auditlog_logentry (actor_id, timestamp DESC, id DESC)",
            "DROP INDEX audit_of_kind; DROP INDEX audit_of_actor",
        ),
        migrations.RunSQL(
            # any word, anywhere in it
            "CREATE INDEX audit_words ON auditlog_logentry USING gin (upper(changes_text) gin_trgm_ops)",
            "DROP INDEX audit_words",
        ),
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
    ]
