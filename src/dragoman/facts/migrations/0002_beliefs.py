import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import dragoman.base.clock


class Migration(migrations.Migration):
    dependencies = [
        ("facts", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="Belief",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("updated", models.DateTimeField(auto_now=True)),
                ("state", models.CharField(db_index=True, max_length=20)),
                ("state_at", models.DateTimeField(default=dragoman.base.clock.now)),
                ("code", models.CharField(max_length=5)),
                ("position", models.PositiveSmallIntegerField(editable=False)),
                ("title", models.CharField(max_length=200)),
                ("facts", models.JSONField(default=list)),
                ("statements", models.JSONField(default=dict)),
                ("corrections", models.JSONField(default=dict)),
                ("source", models.CharField(blank=True, max_length=500)),
                ("read_against", models.JSONField(blank=True, default=dict)),
                ("author", models.CharField(max_length=150)),
                ("decided_by", models.CharField(blank=True, max_length=150)),
                ("decided_why", models.CharField(blank=True, max_length=500)),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="beliefs", to="facts.sheet"
                    ),
                ),
            ],
            options={
                "ordering": ("sheet", "position"),
            },
        ),
        migrations.CreateModel(
            name="BeliefEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("state", models.CharField(max_length=20)),
                ("state_at", models.DateTimeField(default=dragoman.base.clock.now)),
                ("code", models.CharField(max_length=5)),
                ("position", models.PositiveSmallIntegerField(editable=False)),
                ("title", models.CharField(max_length=200)),
                ("facts", models.JSONField(default=list)),
                ("statements", models.JSONField(default=dict)),
                ("corrections", models.JSONField(default=dict)),
                ("source", models.CharField(blank=True, max_length=500)),
                ("read_against", models.JSONField(blank=True, default=dict)),
                ("author", models.CharField(max_length=150)),
                ("decided_by", models.CharField(blank=True, max_length=150)),
                ("decided_why", models.CharField(blank=True, max_length=500)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="facts.belief",
                    ),
                ),
                (
                    "sheet",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="facts.sheet",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="belief",
            constraint=models.UniqueConstraint(fields=("sheet", "code"), name="belief_code_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="belief",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "facts_beliefevent" ("author", "code", "corrections", "decided_by", "decided_why", "facts", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "read_against", "sheet_id", "source", "state", "state_at", "statements", "title") VALUES (NEW."author", NEW."code", NEW."corrections", NEW."decided_by", NEW."decided_why", NEW."facts", NEW."id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."position", NEW."read_against", NEW."sheet_id", NEW."source", NEW."state", NEW."state_at", NEW."statements", NEW."title"); RETURN NULL;',
                    hash="5f8b374275a8aa8b9dee81eeeee85ef443e42cbc",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_8a6be",
                    table="facts_belief",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="belief",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."author" IS DISTINCT FROM (NEW."author") OR OLD."code" IS DISTINCT FROM (NEW."code") OR OLD."corrections" IS DISTINCT FROM (NEW."corrections") OR OLD."decided_by" IS DISTINCT FROM (NEW."decided_by") OR OLD."decided_why" IS DISTINCT FROM (NEW."decided_why") OR OLD."facts" IS DISTINCT FROM (NEW."facts") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."position" IS DISTINCT FROM (NEW."position") OR OLD."read_against" IS DISTINCT FROM (NEW."read_against") OR OLD."sheet_id" IS DISTINCT FROM (NEW."sheet_id") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."state_at" IS DISTINCT FROM (NEW."state_at") OR OLD."statements" IS DISTINCT FROM (NEW."statements") OR OLD."title" IS DISTINCT FROM (NEW."title"))',
                    func='INSERT INTO "facts_beliefevent" ("author", "code", "corrections", "decided_by", "decided_why", "facts", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "read_against", "sheet_id", "source", "state", "state_at", "statements", "title") VALUES (NEW."author", NEW."code", NEW."corrections", NEW."decided_by", NEW."decided_why", NEW."facts", NEW."id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."read_against", NEW."sheet_id", NEW."source", NEW."state", NEW."state_at", NEW."statements", NEW."title"); RETURN NULL;',
                    hash="3a704fc5879b17a772e8edaff61986bcbfbe67a9",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_2437d",
                    table="facts_belief",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="belief",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "facts_beliefevent" ("author", "code", "corrections", "decided_by", "decided_why", "facts", "id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "read_against", "sheet_id", "source", "state", "state_at", "statements", "title") VALUES (OLD."author", OLD."code", OLD."corrections", OLD."decided_by", OLD."decided_why", OLD."facts", OLD."id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."position", OLD."read_against", OLD."sheet_id", OLD."source", OLD."state", OLD."state_at", OLD."statements", OLD."title"); RETURN NULL;',
                    hash="77eb0458bb89b56ca18dda3f378670bc82f3d07b",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_fb2d7",
                    table="facts_belief",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="beliefevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="925a63b119add0201b7b23fb0e55b6e2f5b32e71",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_187b2",
                    table="facts_beliefevent",
                    when="BEFORE",
                ),
            ),
        ),
    ]
