from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inbox", "0003_answers")]

    operations = [
        migrations.AddField(
            model_name="misunderstanding",
            name="asking",
            field=models.PositiveIntegerField(default=0),
        ),
    ]
