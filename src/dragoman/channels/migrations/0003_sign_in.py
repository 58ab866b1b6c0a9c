from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("channels", "0002_sender")]

    operations: list[migrations.operations.base.Operation] = []
