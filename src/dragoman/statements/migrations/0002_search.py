"""Searching the list by words of a title, at any length of the list: trigrams over what `icontains` asks."""

from django.db import migrations

CREATE = """
CREATE INDEX statement_title_search ON statements_statement USING gin (UPPER(title::text) gin_trgm_ops)
"""


class Migration(migrations.Migration):
    dependencies = [("statements", "0001_initial"), ("audit", "0002_guard")]

    operations = [migrations.RunSQL(CREATE, "DROP INDEX statement_title_search")]
