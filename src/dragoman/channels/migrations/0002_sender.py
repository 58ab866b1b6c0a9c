import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0001_initial"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="channel",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="channel",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="channel",
            name="delete_delete",
        ),
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_arm",
        ),
        migrations.RemoveField(
            model_name="channelevent",
            name="checked_at",
        ),
        migrations.AddField(
            model_name="attempt",
            name="answered",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="began",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="channel",
            name="circuit_checks",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="channel",
            name="circuit_next",
            field=models.DateTimeField(blank=True, db_index=True, null=True),
        ),
        migrations.AddField(
            model_name="channel",
            name="circuit_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="channel",
            name="circuit_why",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="channel",
            name="failures",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="channel",
            name="not_before",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="channel",
            name="not_before_why",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="channelevent",
            name="circuit_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="channelevent",
            name="circuit_why",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="account_fault",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ("queued", "armed"))),
                fields=["arm_at"],
                name="delivery_to_arm",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channel",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "channels_channelevent" ("circuit_since", "circuit_why", "health_says", "healthy", "id", "kind", "label", "languages", "mission_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "settings", "signed_in_until", "slug", "state", "state_at", "useful_hours", "who") VALUES (NEW."circuit_since", NEW."circuit_why", NEW."health_says", NEW."healthy", NEW."id", NEW."kind", NEW."label", NEW."languages", NEW."mission_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."settings", NEW."signed_in_until", NEW."slug", NEW."state", NEW."state_at", NEW."useful_hours", NEW."who"); RETURN NULL;',
                    hash="a0d6540c95b5c3cb30c79763c74d55d7dc5be6f8",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_b7417",
                    table="channels_channel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channel",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."circuit_since" IS DISTINCT FROM (NEW."circuit_since") OR OLD."circuit_why" IS DISTINCT FROM (NEW."circuit_why") OR OLD."health_says" IS DISTINCT FROM (NEW."health_says") OR OLD."healthy" IS DISTINCT FROM (NEW."healthy") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."label" IS DISTINCT FROM (NEW."label") OR OLD."languages" IS DISTINCT FROM (NEW."languages") OR OLD."mission_id" IS DISTINCT FROM (NEW."mission_id") OR OLD."settings" IS DISTINCT FROM (NEW."settings") OR OLD."signed_in_until" IS DISTINCT FROM (NEW."signed_in_until") OR OLD."slug" IS DISTINCT FROM (NEW."slug") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."state_at" IS DISTINCT FROM (NEW."state_at") OR OLD."useful_hours" IS DISTINCT FROM (NEW."useful_hours") OR OLD."who" IS DISTINCT FROM (NEW."who"))',
                    func='INSERT INTO "channels_channelevent" ("circuit_since", "circuit_why", "health_says", "healthy", "id", "kind", "label", "languages", "mission_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "settings", "signed_in_until", "slug", "state", "state_at", "useful_hours", "who") VALUES (NEW."circuit_since", NEW."circuit_why", NEW."health_says", NEW."healthy", NEW."id", NEW."kind", NEW."label", NEW."languages", NEW."mission_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."settings", NEW."signed_in_until", NEW."slug", NEW."state", NEW."state_at", NEW."useful_hours", NEW."who"); RETURN NULL;',
                    hash="2ab43bab9fa969eb2ac9f4a481d6d43e3d65e795",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_54642",
                    table="channels_channel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channel",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "channels_channelevent" ("circuit_since", "circuit_why", "health_says", "healthy", "id", "kind", "label", "languages", "mission_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "settings", "signed_in_until", "slug", "state", "state_at", "useful_hours", "who") VALUES (OLD."circuit_since", OLD."circuit_why", OLD."health_says", OLD."healthy", OLD."id", OLD."kind", OLD."label", OLD."languages", OLD."mission_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."settings", OLD."signed_in_until", OLD."slug", OLD."state", OLD."state_at", OLD."useful_hours", OLD."who"); RETURN NULL;',
                    hash="63873f32c4c898aa9a2919fcc864071d3bf94354",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_81dd5",
                    table="channels_channel",
                    when="AFTER",
                ),
            ),
        ),
    ]
