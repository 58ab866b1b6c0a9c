import django.db.models.deletion
from django.db import migrations, models

import dragoman.base.clock


class Migration(migrations.Migration):
    dependencies = [("channels", "0005_arming")]

    operations = [
        migrations.CreateModel(
            name="Activity",
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
                ("outside_id", models.CharField(max_length=500)),
                ("verb", models.CharField(max_length=40)),
                ("who", models.CharField(max_length=64)),
                ("sealed", models.TextField(blank=True)),
                ("next_at", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("why", models.CharField(blank=True, max_length=300)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="activities",
                        to="channels.channel",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "activities",
                "ordering": ("id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")), fields=["next_at"], name="activity_clock"
                    ),
                    models.Index(fields=["channel", "who"], name="activity_who"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "outside_id"), name="activity_once")
                ],
            },
        ),
    ]
