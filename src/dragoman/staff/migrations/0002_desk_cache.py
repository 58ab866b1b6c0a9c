"""The table of the desk's cache: sign-in limits count across all processes and survive a restart."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TABLE desk_cache (
                cache_key varchar(255) PRIMARY KEY,
                value text NOT NULL,
                expires timestamp with time zone NOT NULL
            );
            CREATE INDEX desk_cache_expires ON desk_cache (expires);
            """,
            "DROP TABLE desk_cache",
        ),
    ]
