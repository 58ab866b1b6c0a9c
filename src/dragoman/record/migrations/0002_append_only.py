"""The database itself refuses to change or erase an entry, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION record_entry_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an entry of the record is never changed and never erased'
        USING HINT = 'Seal a correction or a withdrawal.';
END
$$;
CREATE TRIGGER record_entry_is_final BEFORE UPDATE OR DELETE ON record_entry
    FOR EACH ROW EXECUTE FUNCTION record_entry_is_final();
"""
BACKWARD = """
DROP TRIGGER record_entry_is_final ON record_entry;
DROP FUNCTION record_entry_is_final();
"""


class Migration(migrations.Migration):
    dependencies = [("record", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
