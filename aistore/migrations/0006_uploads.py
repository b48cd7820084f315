from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("aistore", "0005_memories")]
    operations: list[migrations.operations.base.Operation] = []
