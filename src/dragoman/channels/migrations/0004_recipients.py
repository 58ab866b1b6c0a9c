import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import dragoman.base.clock


class Migration(migrations.Migration):
    dependencies = [("channels", "0003_sign_in")]

    operations = [
        migrations.CreateModel(
            name="Recipient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("updated", models.DateTimeField(auto_now=True)),
                ("state_at", models.DateTimeField(default=dragoman.base.clock.now)),
                ("ref", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("sealed", models.TextField(blank=True)),
                ("address_hash", models.CharField(max_length=64)),
                ("lang", models.CharField(blank=True, max_length=35)),
                (
                    "topics",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list, size=None
                    ),
                ),
                ("basis", models.CharField(blank=True, max_length=300)),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("letter_at", models.DateTimeField(blank=True, null=True)),
                ("letters", models.PositiveSmallIntegerField(default=0)),
                ("soft_bounces", models.PositiveSmallIntegerField(default=0)),
                ("state", models.CharField(max_length=20)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipients",
                        to="channels.channel",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Copy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("state_at", models.DateTimeField(default=dragoman.base.clock.now)),
                ("claim", models.CharField(blank=True, max_length=40)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("next_at", models.DateTimeField(blank=True, null=True)),
                ("why", models.CharField(blank=True, max_length=300)),
                ("remote_id", models.CharField(blank=True, max_length=300)),
                ("state", models.CharField(max_length=10)),
                (
                    "delivery",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="copies",
                        to="channels.delivery",
                    ),
                ),
                (
                    "recipient",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="copies",
                        to="channels.recipient",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Mailing",
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
                ("total", models.PositiveIntegerField(default=0)),
                ("next_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("tally", models.JSONField(blank=True, default=dict)),
                ("why", models.TextField(blank=True)),
                ("shown", models.TextField(blank=True)),
                (
                    "delivery",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mailing",
                        to="channels.delivery",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "running")), fields=["next_at"], name="mailing_clock"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(fields=["channel", "state", "lang"], name="recipient_counts"),
        ),
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(
                condition=models.Q(("letter_at__isnull", False)),
                fields=["letter_at"],
                name="recipient_letter",
            ),
        ),
        migrations.AddIndex(
            model_name="recipient",
            index=models.Index(
                condition=models.Q(("state", "confirmed"), _negated=True),
                fields=["state_at"],
                name="recipient_purge",
            ),
        ),
        migrations.AddConstraint(
            model_name="recipient",
            constraint=models.UniqueConstraint(
                fields=("channel", "address_hash"), name="recipient_once_a_channel"
            ),
        ),
        migrations.AddIndex(
            model_name="copy",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["delivery", "next_at", "id"],
                name="copy_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="copy",
            index=models.Index(
                condition=models.Q(("state", "sending")), fields=["delivery", "next_at"], name="copy_leased"
            ),
        ),
        migrations.AddIndex(
            model_name="copy",
            index=models.Index(
                condition=models.Q(("state", "unsure")), fields=["delivery"], name="copy_unsure"
            ),
        ),
        migrations.AddConstraint(
            model_name="copy",
            constraint=models.UniqueConstraint(
                fields=("delivery", "recipient"), name="copy_once_a_recipient"
            ),
        ),
    ]
