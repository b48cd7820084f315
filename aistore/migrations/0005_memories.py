"""Memories that supersede each other, and the table of their vectors. See Note [One chain, one tip] in aistore.models.remembering.

Triggers for the first, because a check constraint sees one row and a foreign key no circle. After the statement, and deferrable as
the foreign keys are: rows that point to each other may come in any order.
"""

from django.db import migrations

from aistore.embedding import table

CHAINS = """
    -- Two who link memories of one owner see each other's links: one waits until the other has committed.
    CREATE FUNCTION aistore_lock_memories(owner text) RETURNS void LANGUAGE sql VOLATILE AS
        $$ SELECT pg_advisory_xact_lock(hashtextextended('aistore_memory ' || owner, 0)) $$;

    CREATE FUNCTION aistore_memory_chain() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM aistore_lock_memories(NEW.owner_id::text);
        IF EXISTS (
            SELECT FROM aistore_memory AS own JOIN aistore_memory AS later ON later.id = own.superseded_by_id
            WHERE own.id = NEW.id AND own.owner_id <> later.owner_id
        ) OR EXISTS (
            SELECT FROM aistore_memory AS own JOIN aistore_memory AS earlier ON earlier.superseded_by_id = own.id
            WHERE own.id = NEW.id AND own.owner_id <> earlier.owner_id
        ) THEN
            RAISE EXCEPTION 'memory % is superseded by, or supersedes, a memory of another owner', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'memory_superseded_by_its_own',
                      HINT = 'Supersede it by a memory of the same owner.';
        END IF;
        IF EXISTS (
            WITH RECURSIVE chain (id) AS (
                SELECT superseded_by_id FROM aistore_memory WHERE id = NEW.id
                UNION
                SELECT m.superseded_by_id FROM chain JOIN aistore_memory AS m ON m.id = chain.id
            )
            SELECT FROM chain WHERE id = NEW.id
        ) THEN
            RAISE EXCEPTION 'memory % would supersede itself, through others', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'memory_supersedes_in_no_circle',
                      HINT = 'Remember the old fact anew; what is superseded stays so.';
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER memory_chain AFTER INSERT ON aistore_memory DEFERRABLE
        FOR EACH ROW WHEN (NEW.superseded_by_id IS NOT NULL)
        EXECUTE FUNCTION aistore_memory_chain();
    CREATE CONSTRAINT TRIGGER memory_chain_changed AFTER UPDATE OF superseded_by_id, owner_id ON aistore_memory
        DEFERRABLE FOR EACH ROW WHEN (
            NEW.superseded_by_id IS NOT NULL AND NEW.superseded_by_id IS DISTINCT FROM OLD.superseded_by_id
            OR NEW.owner_id <> OLD.owner_id)
        EXECUTE FUNCTION aistore_memory_chain();
"""

NO_CHAINS = """
    DROP TRIGGER memory_chain_changed ON aistore_memory;
    DROP TRIGGER memory_chain ON aistore_memory;
    DROP FUNCTION aistore_memory_chain();
    DROP FUNCTION aistore_lock_memories(text);
"""


class Migration(migrations.Migration):
    dependencies = [("aistore", "0004_search")]
    operations = [
        migrations.RunSQL(CHAINS, NO_CHAINS),
        migrations.RunSQL(table.CREATE, table.DROP),  # only where pgvector is; aistore_embed makes it later
    ]
