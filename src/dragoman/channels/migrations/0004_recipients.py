from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("channels", "0003_sign_in")]

    operations: list[migrations.operations.base.Operation] = []
