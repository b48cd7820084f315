"""Search: messages know their owner, messages and memories their words. See Note [Words] in aistore.search.schema."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from ..conf import settings as aistore_settings
from ..search import schema

# That a message has an owner is no news to its conversation, so the trigger that would say so is asleep meanwhile.
FILL = """
    ALTER TABLE aistore_message DISABLE TRIGGER message_update_renews_state;
    UPDATE aistore_message AS m SET owner_id = c.owner_id
        FROM aistore_conversation AS c WHERE c.id = m.conversation_id;
    ALTER TABLE aistore_message ENABLE TRIGGER message_update_renews_state;
"""

# The key of a memory is made anew behind that of the messages, since keys act in the order in which they were made: a
# memory that lost its conversation first would be checked for a message that is just going, too.
MEMORY_CONVERSATION = """
    ALTER TABLE aistore_memory
        DROP CONSTRAINT memory_conversation,
        ADD CONSTRAINT memory_conversation
            FOREIGN KEY (conversation_id) REFERENCES aistore_conversation (id)
            ON DELETE SET NULL DEFERRABLE;
"""
# The key to the conversation holds the owner, too: no message has another one than its conversation, whoever writes it,
# and a conversation that gets another owner takes its messages along.
REFERENCES = f"""
    ALTER TABLE aistore_message
        DROP CONSTRAINT message_conversation,
        ADD CONSTRAINT message_conversation
            FOREIGN KEY (conversation_id, owner_id) REFERENCES aistore_conversation (id, owner_id)
            ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE;
    {MEMORY_CONVERSATION}"""
REFERENCES_BEFORE = f"""
    ALTER TABLE aistore_message
        DROP CONSTRAINT message_conversation,
        ADD CONSTRAINT message_conversation
            FOREIGN KEY (conversation_id) REFERENCES aistore_conversation (id)
            ON DELETE CASCADE DEFERRABLE;
    {MEMORY_CONVERSATION}"""


def add_search(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    schema.add_extension(connection, "btree_gin")
    schema.install(connection, aistore_settings.SEARCH_CONFIG)
    schema.add_words(connection)


def drop_search(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    schema.drop_words(connection)
    schema.uninstall(connection)
    schema.drop_extension(connection, "btree_gin")


def owner(**options: Any) -> Any:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        editable=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
        verbose_name="owner",
        **options,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("aistore", "0003_states"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField("message", "owner", owner(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("message", "owner", owner()),
        migrations.AddIndex(
            "message", models.Index(fields=["owner", "-created_at", "-id"], name="message_newest")
        ),
        migrations.AddConstraint(
            "conversation",
            models.UniqueConstraint(fields=["id", "owner"], name="conversation_owned"),
        ),
        migrations.RunSQL(REFERENCES, REFERENCES_BEFORE),
        migrations.RunPython(add_search, drop_search),
    ]
