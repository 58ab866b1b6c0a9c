"""Lists and search of messages, at any length of the list.

`search` is worked out by PostgreSQL itself with the configuration of the message's language. Languages that
have none are also looked into by trigrams. Every list is read backwards along one of the indexes.
"""

from django.db import migrations

# As in dragoman.inbox.search_configs when this was written; a change there needs a migration.
NAMED = (
    "ar=arabic hy=armenian eu=basque ca=catalan da=danish nl=dutch en=english fi=finnish fr=french "
    "de=german el=greek hi=hindi hu=hungarian id=indonesian ga=irish it=italian lt=lithuanian "
    "ne=nepali no=norwegian nb=norwegian pt=portuguese ro=romanian ru=russian sr=serbian es=spanish "
    "sv=swedish ta=tamil tr=turkish yi=yiddish"
)
CONFIGS = dict(one.split("=") for one in NAMED.split())
CASES = "\n".join(
    f"    WHEN '{lang}' THEN to_tsvector('pg_catalog.{name}', text)" for lang, name in CONFIGS.items()
)
COLUMN = f"""
ALTER TABLE inbox_message ADD COLUMN search tsvector GENERATED ALWAYS AS (
    CASE split_part(lang, '-', 1)
{CASES}
    ELSE to_tsvector('pg_catalog.simple', text) END
) STORED
"""
KNOWN = ", ".join(f"'{lang}'" for lang in (*CONFIGS, "und"))
INDEXES = {
    "message_search": "USING gin (search)",
    "message_parts": f"USING gin (text gin_trgm_ops) WHERE split_part(lang, '-', 1) NOT IN ({KNOWN})",
    "message_mission_state": "(mission_id, state, at DESC, id DESC)",
    "message_mission_kind": "(mission_id, kind, at DESC, id DESC)",
    "message_mission_lang": "(mission_id, lang, at DESC, id DESC)",
    "message_channel_newest": "(channel_id, at DESC, id DESC)",
    "message_thread": "(channel_id, conversation) WHERE conversation <> ''",
    "message_answers": "(channel_id, in_reply_to) WHERE in_reply_to <> ''",
    "message_private": "(mission_id, at DESC, id DESC) WHERE private",
    "message_personal": "(mission_id, at DESC, id DESC) WHERE personal <> '[]'::jsonb",
    "message_first_words": "(id) WHERE state = 'new' AND help_model = ''",
}


class Migration(migrations.Migration):
    dependencies = [("inbox", "0002_misunderstandings"), ("audit", "0002_guard")]

    operations = [
        migrations.RunSQL(COLUMN, "ALTER TABLE inbox_message DROP COLUMN search"),
        *(
            migrations.RunSQL(f"CREATE INDEX {name} ON inbox_message {how}", f"DROP INDEX {name}")
            for name, how in INDEXES.items()
        ),
    ]
