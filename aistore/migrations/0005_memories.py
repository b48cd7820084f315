from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("aistore", "0004_search")]
    operations: list[migrations.operations.base.Operation] = []
