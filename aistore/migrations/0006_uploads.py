from django.db import migrations, models
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast, Right
from django.db.models.lookups import Exact

import aistore.files.storage
import aistore.models.upload

PENDING_IS_NOT_PROCESSED = "UPDATE aistore_upload SET processed_at = NULL WHERE status = 'pending'"


class Migration(migrations.Migration):
    dependencies = [("aistore", "0005_memories")]
    operations = [
        migrations.AddField(
            "upload",
            "claim_ends_at",
            models.DateTimeField(blank=True, editable=False, null=True, verbose_name="claim ends"),
        ),
        migrations.AddField(
            "upload",
            "attempts",
            models.PositiveSmallIntegerField(default=0, editable=False, verbose_name="attempts"),
        ),
        migrations.AlterField(
            "upload",
            "file",
            models.FileField(
                max_length=500,
                storage=aistore.files.storage.UPLOADS,
                upload_to=aistore.models.upload.storage_name,
                verbose_name="file",
            ),
        ),
        migrations.AddIndex(
            "upload", models.Index(fields=["owner", "sha256"], name="upload_bytes", condition=~Q(sha256=""))
        ),
        migrations.AddIndex("upload", models.Index(fields=["file"], name="upload_file")),
        migrations.RunSQL(PENDING_IS_NOT_PROCESSED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "upload",
            models.CheckConstraint(
                condition=~Q(status="pending") | Q(processed_at__isnull=True),
                name="upload_pending_not_processed",
            ),
        ),
        migrations.AddConstraint(
            "upload",
            models.UniqueConstraint(
                fields=["owner", "sha256"],
                condition=~Q(sha256="") & Q(Exact(Right(F("file"), 36), Cast(F("id"), TextField()))),
                name="upload_bytes_once",
            ),
        ),
    ]
