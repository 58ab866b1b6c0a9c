from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("channels", "0004_recipients")]

    operations: list[migrations.operations.base.Operation] = []
