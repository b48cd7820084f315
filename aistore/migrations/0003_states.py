"""The state of a conversation: what changes with every write to it. See Note [Stamps are leases] in aistore.cache.

The three columns belong to the database alone: Django neither reads nor writes them, so nothing that goes through the
ORM, COPY or psql can forget them. There is no trigger on INSERT of messages: it would cost an append 20-40 %, and
whoever inserts by himself must raise message_count anyway, or the next append is refused.
"""

from django.db import migrations

STATES = """
    CREATE FUNCTION aistore_nonce() RETURNS bigint LANGUAGE sql VOLATILE AS
        $$ SELECT hashtextextended(gen_random_uuid()::text, 0) $$;

    ALTER TABLE aistore_conversation
        ADD COLUMN version bigint NOT NULL DEFAULT 1,
        ADD COLUMN nonce bigint NOT NULL DEFAULT aistore_nonce(),
        ADD COLUMN edits bigint NOT NULL DEFAULT 0;

    -- Whoever changes the row without a new version of his own, as the append has, gets one here.
    CREATE FUNCTION aistore_renew_state() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.version := OLD.version + 1;
        NEW.nonce := aistore_nonce();
        RETURN NEW;
    END $$;
    CREATE TRIGGER conversation_renew_state BEFORE UPDATE ON aistore_conversation
        FOR EACH ROW WHEN (NEW.version = OLD.version) EXECUTE FUNCTION aistore_renew_state();

    -- Messages that were changed or deleted change the state of their conversations. Locked in the order of ids first:
    -- without that, six writers of bulk edits waited for each other until PostgreSQL killed one (31 statements in 3 s
    -- instead of 14,155).
    CREATE FUNCTION aistore_renew_states() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM aistore_conversation
            WHERE id IN (SELECT conversation_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
        UPDATE aistore_conversation
            SET version = version + 1, nonce = aistore_nonce(), edits = edits + 1
            WHERE id IN (SELECT conversation_id FROM changed);
        RETURN NULL;
    END $$;
    CREATE TRIGGER message_update_renews_state AFTER UPDATE ON aistore_message
        REFERENCING NEW TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION aistore_renew_states();
    -- The one that a message was taken from; the one that it came to is renewed above.
    CREATE FUNCTION aistore_renew_state_left() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE aistore_conversation
            SET version = version + 1, nonce = aistore_nonce(), edits = edits + 1 WHERE id = OLD.conversation_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER message_move_renews_state AFTER UPDATE OF conversation_id ON aistore_message
        FOR EACH ROW WHEN (NEW.conversation_id <> OLD.conversation_id) EXECUTE FUNCTION aistore_renew_state_left();
    CREATE TRIGGER message_delete_renews_state AFTER DELETE ON aistore_message
        REFERENCING OLD TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION aistore_renew_states();
"""

NO_STATES = """
    DROP TRIGGER message_delete_renews_state ON aistore_message;
    DROP TRIGGER message_move_renews_state ON aistore_message;
    DROP TRIGGER message_update_renews_state ON aistore_message;
    DROP TRIGGER conversation_renew_state ON aistore_conversation;
    DROP FUNCTION aistore_renew_state_left();
    DROP FUNCTION aistore_renew_states();
    DROP FUNCTION aistore_renew_state();
    ALTER TABLE aistore_conversation DROP COLUMN version, DROP COLUMN nonce, DROP COLUMN edits;
    DROP FUNCTION aistore_nonce();
"""


class Migration(migrations.Migration):
    dependencies = [("aistore", "0002_references")]
    operations = [
        migrations.RunSQL(STATES, NO_STATES),
        *[
            migrations.AlterModelOptions(
                name=name,
                options={
                    "base_manager_name": "objects",
                    "verbose_name": name,
                    "verbose_name_plural": plural,
                },
            )
            for name, plural in [
                ("conversation", "conversations"),
                ("memory", "memories"),
                ("message", "messages"),
            ]
        ],
    ]
