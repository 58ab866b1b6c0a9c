import django.contrib.postgres.indexes
import django.db.models.fields.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0006_activity"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="arrival",
            name="arrival_once",
        ),
        migrations.AddField(
            model_name="arrival",
            name="version",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="listening",
            name="back_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="listening",
            name="back_cursor",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="listening",
            name="back_found",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="listening",
            name="back_next",
            field=models.DateTimeField(blank=True, db_index=True, null=True),
        ),
        migrations.AddField(
            model_name="listening",
            name="back_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="listening",
            name="back_tries",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="listening",
            name="back_why",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="listening",
            name="refilled",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="listening",
            name="refilled_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="listening",
            name="refilled_last",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="arrival",
            name="kind",
            field=models.CharField(
                choices=[
                    ("text", "text"),
                    ("gone", "taken back"),
                    ("receipt", "receipt"),
                    ("erased", "erased"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="arrival",
            name="sealed",
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name="arrival",
            name="way",
            field=models.CharField(
                choices=[
                    ("hook", "the network called"),
                    ("fetch", "the desk fetched"),
                    ("back", "found by looking back"),
                    ("desk", "done on the desk"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="arrival",
            index=models.Index(
                condition=models.Q(("kind", "text")), fields=["channel", "-at"], name="arrival_lately"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("remote_id", ""), _negated=True),
                fields=["remote_id"],
                name="delivery_remote",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=django.contrib.postgres.indexes.GinIndex(
                django.db.models.fields.json.KeyTransform("names", "remote"), name="delivery_names"
            ),
        ),
        migrations.AddConstraint(
            model_name="arrival",
            constraint=models.UniqueConstraint(
                fields=("channel", "kind", "outside_id", "version"), name="arrival_once"
            ),
        ),
        # Channels that are listened to already are looked back on as soon as the clock comes by.
        migrations.RunSQL(
            'UPDATE channels_listening SET back_next = next_at WHERE "on"', migrations.RunSQL.noop
        ),
    ]
