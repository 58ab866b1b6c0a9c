import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import dragoman.base.clock


class Migration(migrations.Migration):
    dependencies = [
        ("facts", "0002_beliefs"),
        ("pghistory", "0007_auto_20250421_0444"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Conditions",
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
                ("version", models.PositiveIntegerField(default=1)),
                ("table", models.JSONField(default=dict)),
                ("risk", models.CharField(max_length=20)),
                ("leans_on", models.JSONField(default=dict)),
                ("digest", models.CharField(max_length=64)),
                ("author", models.CharField(max_length=150)),
                ("why", models.CharField(blank=True, max_length=500)),
                ("decided_by", models.CharField(blank=True, max_length=150)),
                ("decided_why", models.CharField(blank=True, max_length=500)),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tables", to="facts.sheet"
                    ),
                ),
            ],
            options={
                "ordering": ("sheet", "-version"),
            },
        ),
        migrations.CreateModel(
            name="ConditionsEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("state", models.CharField(max_length=20)),
                ("state_at", models.DateTimeField(default=dragoman.base.clock.now)),
                ("version", models.PositiveIntegerField(default=1)),
                ("risk", models.CharField(max_length=20)),
                ("leans_on", models.JSONField(default=dict)),
                ("digest", models.CharField(max_length=64)),
                ("author", models.CharField(max_length=150)),
                ("why", models.CharField(blank=True, max_length=500)),
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
                        to="facts.conditions",
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
        migrations.CreateModel(
            name="ConditionsYes",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("at", models.DateTimeField(default=dragoman.base.clock.now)),
                (
                    "conditions",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="yeses",
                        to="facts.conditions",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("at",),
            },
        ),
        migrations.AddConstraint(
            model_name="conditions",
            constraint=models.UniqueConstraint(fields=("sheet", "version"), name="conditions_version_once"),
        ),
        migrations.AddConstraint(
            model_name="conditions",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "current")), fields=("sheet",), name="conditions_one_current"
            ),
        ),
        migrations.AddConstraint(
            model_name="conditions",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "review")), fields=("sheet",), name="conditions_one_in_review"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="conditions",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "facts_conditionsevent" ("author", "decided_by", "decided_why", "digest", "id", "leans_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "risk", "sheet_id", "state", "state_at", "version", "why") VALUES (NEW."author", NEW."decided_by", NEW."decided_why", NEW."digest", NEW."id", NEW."leans_on", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."risk", NEW."sheet_id", NEW."state", NEW."state_at", NEW."version", NEW."why"); RETURN NULL;',
                    hash="837808776c5064aa7e9059d2168b6b26c8d78e63",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_1b4f8",
                    table="facts_conditions",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="conditions",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."author" IS DISTINCT FROM (NEW."author") OR OLD."decided_by" IS DISTINCT FROM (NEW."decided_by") OR OLD."decided_why" IS DISTINCT FROM (NEW."decided_why") OR OLD."digest" IS DISTINCT FROM (NEW."digest") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."leans_on" IS DISTINCT FROM (NEW."leans_on") OR OLD."risk" IS DISTINCT FROM (NEW."risk") OR OLD."sheet_id" IS DISTINCT FROM (NEW."sheet_id") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."state_at" IS DISTINCT FROM (NEW."state_at") OR OLD."version" IS DISTINCT FROM (NEW."version") OR OLD."why" IS DISTINCT FROM (NEW."why"))',
                    func='INSERT INTO "facts_conditionsevent" ("author", "decided_by", "decided_why", "digest", "id", "leans_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "risk", "sheet_id", "state", "state_at", "version", "why") VALUES (NEW."author", NEW."decided_by", NEW."decided_why", NEW."digest", NEW."id", NEW."leans_on", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."risk", NEW."sheet_id", NEW."state", NEW."state_at", NEW."version", NEW."why"); RETURN NULL;',
                    hash="727f8e696105eebc0c468375c43ee119ed63c91e",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_9dacb",
                    table="facts_conditions",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="conditions",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "facts_conditionsevent" ("author", "decided_by", "decided_why", "digest", "id", "leans_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "risk", "sheet_id", "state", "state_at", "version", "why") VALUES (OLD."author", OLD."decided_by", OLD."decided_why", OLD."digest", OLD."id", OLD."leans_on", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."risk", OLD."sheet_id", OLD."state", OLD."state_at", OLD."version", OLD."why"); RETURN NULL;',
                    hash="95356ac6f38e2810246ca406029d09698ba2ba36",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_4f668",
                    table="facts_conditions",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="conditionsevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="941239d877dffe4519e4365da3eabd02ff79fc17",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_d585a",
                    table="facts_conditionsevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="conditionsyes",
            constraint=models.UniqueConstraint(fields=("conditions", "officer"), name="conditions_yes_once"),
        ),
    ]
