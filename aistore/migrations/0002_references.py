"""The foreign keys and the rules that Django cannot say. See Note [References] in aistore.models."""

from typing import Any

from django.conf import settings
from django.db import migrations

REFERENCES = """
    ALTER TABLE aistore_message
        ADD CONSTRAINT message_conversation
            FOREIGN KEY (conversation_id) REFERENCES aistore_conversation (id)
            ON DELETE CASCADE DEFERRABLE,
        ADD CONSTRAINT message_parent_same_conversation
            FOREIGN KEY (conversation_id, parent_id) REFERENCES aistore_message (conversation_id, id)
            DEFERRABLE,
        ADD CONSTRAINT message_parent_not_itself CHECK (parent_id <> id);

    ALTER TABLE aistore_conversation
        ADD CONSTRAINT conversation_head_its_own
            FOREIGN KEY (id, head_id) REFERENCES aistore_message (conversation_id, id)
            DEFERRABLE;

    ALTER TABLE aistore_messagerevision
        ADD CONSTRAINT revision_message
            FOREIGN KEY (message_id) REFERENCES aistore_message (id) ON DELETE CASCADE DEFERRABLE;

    ALTER TABLE aistore_memory
        ADD CONSTRAINT memory_conversation
            FOREIGN KEY (conversation_id) REFERENCES aistore_conversation (id)
            ON DELETE SET NULL DEFERRABLE,
        ADD CONSTRAINT memory_message
            FOREIGN KEY (message_id) REFERENCES aistore_message (id) ON DELETE SET NULL DEFERRABLE,
        ADD CONSTRAINT memory_superseded_by
            FOREIGN KEY (superseded_by_id) REFERENCES aistore_memory (id) ON DELETE CASCADE DEFERRABLE;

    ALTER TABLE aistore_upload
        ADD CONSTRAINT upload_conversation
            FOREIGN KEY (conversation_id) REFERENCES aistore_conversation (id)
            ON DELETE CASCADE DEFERRABLE,
        ADD CONSTRAINT upload_message
            FOREIGN KEY (message_id) REFERENCES aistore_message (id) ON DELETE SET NULL DEFERRABLE;
"""

NO_REFERENCES = """
    ALTER TABLE aistore_upload DROP CONSTRAINT upload_conversation, DROP CONSTRAINT upload_message;
    ALTER TABLE aistore_memory
        DROP CONSTRAINT memory_conversation, DROP CONSTRAINT memory_message,
        DROP CONSTRAINT memory_superseded_by;
    ALTER TABLE aistore_messagerevision DROP CONSTRAINT revision_message;
    ALTER TABLE aistore_conversation DROP CONSTRAINT conversation_head_its_own;
    ALTER TABLE aistore_message
        DROP CONSTRAINT message_conversation, DROP CONSTRAINT message_parent_same_conversation,
        DROP CONSTRAINT message_parent_not_itself;
"""

AUDIT_IS_APPEND_ONLY = """
    CREATE FUNCTION aistore_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'audit entries are append-only: % refused', TG_OP
            USING HINT = 'What was read, exported or erased stays on record.';
    END $$;
    CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON aistore_auditentry
        FOR EACH ROW EXECUTE FUNCTION aistore_audit_is_append_only();
"""

AUDIT_IS_AN_ORDINARY_TABLE = """
    DROP TRIGGER audit_is_append_only ON aistore_auditentry;
    DROP FUNCTION aistore_audit_is_append_only();
"""

OWNED = ("conversation", "memory", "upload")


def refer_to_owners(apps: Any, schema_editor: Any) -> None:
    user, quote = apps.get_model(settings.AUTH_USER_MODEL)._meta, schema_editor.quote_name
    with schema_editor.connection.cursor() as cursor:
        if user.db_table not in schema_editor.connection.introspection.table_names(cursor):
            return
    for table in OWNED:
        schema_editor.execute(
            f"ALTER TABLE aistore_{table} ADD CONSTRAINT {table}_owner FOREIGN KEY (owner_id)"
            f" REFERENCES {quote(user.db_table)} ({quote(user.pk.column)}) ON DELETE CASCADE DEFERRABLE"
        )


def do_not_refer_to_owners(apps: Any, schema_editor: Any) -> None:
    for table in OWNED:
        schema_editor.execute(f"ALTER TABLE aistore_{table} DROP CONSTRAINT IF EXISTS {table}_owner")


class Migration(migrations.Migration):
    dependencies = [
        ("aistore", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.RunSQL(REFERENCES, NO_REFERENCES),
        migrations.RunSQL(AUDIT_IS_APPEND_ONLY, AUDIT_IS_AN_ORDINARY_TABLE),
        migrations.RunPython(refer_to_owners, do_not_refer_to_owners),
    ]
