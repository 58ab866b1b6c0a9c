"""Append-only by rights and by triggers, and the chain, which the database itself extends at commit."""

from django.db import migrations

RIGHTS = """
DO $$
BEGIN
    EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit_event, audit_link FROM %I', current_user);
    REVOKE UPDATE, DELETE, TRUNCATE ON audit_event, audit_link FROM PUBLIC;
END
$$;
"""
RIGHTS_BACK = """
DO $$
BEGIN
    EXECUTE format('GRANT UPDATE, DELETE, TRUNCATE ON audit_event, audit_link TO %I', current_user);
END
$$;
"""

REFUSE = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_event_refuse BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_event_keep BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_link_refuse BEFORE UPDATE OR DELETE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_link_keep BEFORE TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
REFUSE_BACK = """
DROP TRIGGER audit_event_refuse ON audit_event;
DROP TRIGGER audit_event_keep ON audit_event;
DROP TRIGGER audit_link_refuse ON audit_link;
DROP TRIGGER audit_link_keep ON audit_link;
DROP FUNCTION audit_refuse();
"""

# Deferred to the commit: the lock is then held for the blink of a commit and not for a whole deed, so that
# two deeds never wait for each other and cannot deadlock over it. The lock's number is arbitrary and only has
# to be nobody else's: it spells "audit" in ASCII.
CHAIN = """
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    last_seq bigint;
    last_hash text;
BEGIN
    PERFORM pg_advisory_xact_lock(418581342580);
    SELECT seq, hash INTO last_seq, last_hash FROM audit_link ORDER BY seq DESC LIMIT 1;
    INSERT INTO audit_link (seq, event_id, hash) VALUES (
        coalesce(last_seq, 0) + 1,
        NEW.id,
        encode(sha256(convert_to(coalesce(last_hash, repeat('0', 64)) || NEW.digest, 'UTF8')), 'hex')
    );
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER audit_event_chain AFTER INSERT ON audit_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_chain();
"""
CHAIN_BACK = """
DROP TRIGGER audit_event_chain ON audit_event;
DROP FUNCTION audit_chain();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
        migrations.RunSQL(
            "CREATE INDEX audit_event_words ON audit_event USING gin (words gin_trgm_ops)",
            "DROP INDEX audit_event_words",
        ),
        migrations.RunSQL(CHAIN, CHAIN_BACK),
        migrations.RunSQL(REFUSE, REFUSE_BACK),
        migrations.RunSQL(RIGHTS, RIGHTS_BACK),
    ]
