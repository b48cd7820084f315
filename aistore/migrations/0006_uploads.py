from django.db import migrations, models
from django.db.models import F, Q, TextField, Value
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import Exact

import aistore.files.storage
import aistore.models.upload

PENDING_IS_NOT_PROCESSED = "UPDATE aistore_upload SET processed_at = NULL WHERE status = 'pending'"

# The key to the conversation holds the owner, too: no upload is in a conversation of somebody else, and a conversation
# that gets another owner takes its uploads along.
REFERENCE = """
    UPDATE aistore_upload AS u SET owner_id = c.owner_id
        FROM aistore_conversation AS c WHERE c.id = u.conversation_id AND c.owner_id <> u.owner_id;
    ALTER TABLE aistore_upload
        DROP CONSTRAINT upload_conversation,
        ADD CONSTRAINT upload_conversation
            FOREIGN KEY (conversation_id, owner_id) REFERENCES aistore_conversation (id, owner_id)
            ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE;
"""
REFERENCE_BEFORE = """
    ALTER TABLE aistore_upload
        DROP CONSTRAINT upload_conversation,
        ADD CONSTRAINT upload_conversation
            FOREIGN KEY (conversation_id) REFERENCES aistore_conversation (id)
            ON DELETE CASCADE DEFERRABLE;
"""
OWN_FILE = Concat(
    Value("aistore/"),
    Cast("owner", TextField()),
    Value("/"),
    Cast("id", TextField()),
    output_field=TextField(),
)


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
                condition=~Q(sha256="") & Q(Exact(F("file"), OWN_FILE)),
                name="upload_bytes_once",
            ),
        ),
        migrations.RunSQL(REFERENCE, REFERENCE_BEFORE),
    ]
