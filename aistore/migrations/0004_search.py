from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("aistore", "0003_states")]
    operations: list[migrations.operations.base.Operation] = []
